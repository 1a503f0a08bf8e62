"""What Entra ID and Okta send, read as they mean it; and whatever else somebody sends is refused, never a fault."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torihiki.identity.sso.scim.filters import Condition, Path, read_filter, read_path
from torihiki.identity.sso.scim.patching import patched_group, patched_user
from torihiki.identity.sso.scim.refusals import ScimRefused
from torihiki.identity.sso.scim.resources import PATCH, Group, Patch, User, read_as, read_json

HANAKO = User.model_validate(
    {
        "userName": "hanako@aoba.example",
        "externalId": "e-1",
        "name": {"familyName": "山田", "givenName": "花子"},
        "emails": [{"value": "hanako@aoba.example", "type": "work", "primary": True}],
        "password": "never read",
    }
)


def patch(*operations, of=HANAKO):
    body = read_as(Patch, {"schemas": [PATCH], "Operations": list(operations)})
    return (patched_user if isinstance(of, User) else patched_group)(of, body.operations)


def refused(kind, ask, *values, **named):
    with pytest.raises(ScimRefused) as caught:
        ask(*values, **named)
    assert caught.value.scim_type == kind
    assert 400 <= caught.value.status < 500
    return caught.value


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ('userName eq "a@b.example"', [("username", "a@b.example")]),
        ('USERNAME EQ "a \\" and b eq c"', [("username", 'a " and b eq c')]),
        ('externalId eq "1" and active eq true', [("externalid", "1"), ("active", True)]),
        ('emails.value eq "x"  AND  active eq False', [("emails.value", "x"), ("active", False)]),
        ('urn:ietf:params:scim:schemas:core:2.0:User:userName eq "x"', [("username", "x")]),
    ],
)
def test_filters_are_read(text, conditions):
    assert read_filter(text) == tuple(Condition(*each) for each in conditions)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "userName",
        "userName eq",
        'userName co "a"',
        'userName eq "a" or active eq true',
        'not (userName eq "a")',
        'userName eq "a',
        'userName eq "a"active eq true',
        "userName eq 'a'",
        'userName eq "\\ud800"',
        'userName eq "\\u0000"',
        "userName eq 12",
        " and ".join(['userName eq "a"'] * 6),
        "a" * 2_000,
        'a..b eq "x"',
    ],
)
def test_other_filters_are_refused(text):
    refused("invalidFilter", read_filter, text)


def test_paths_are_read():
    work = (Condition("type", "work"),)
    assert read_path('emails[type eq "work"].value') == Path("emails", "value", work)
    assert read_path("name.givenName") == Path("name", "givenname")
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert read_path(f"{enterprise}:department").extension
    for text in ("", "emails[", "a.b.c", 'emails[type eq "w"].a.b', "9", "[x]"):
        refused_path(text)


def refused_path(text):
    with pytest.raises(ScimRefused):
        read_path(text)


def test_entra_id_suspends_renames_and_moves_the_address():
    assert patch({"op": "Replace", "path": "active", "value": "False"}).active is False
    changed = patch(
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "hana@aoba.example"},
        {"op": "Add", "path": "name.familyName", "value": "鈴木"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "営業"},
    )
    assert (changed.email, changed.shown_name) == ("hana@aoba.example", "鈴木 花子")
    assert changed.emails[0].primary
    dotted = patch(
        {"op": "Add", "value": {"name.givenName": "はなこ", 'emails[type eq "home"].value': "h@home.example"}}
    )
    assert dotted.name.givenname == "はなこ"
    assert [each.type for each in dotted.emails] == ["work", "home"]


def test_okta_suspends_without_a_path():
    assert patch({"op": "replace", "value": {"active": False}}).active is False
    group = Group.model_validate({"displayName": "sales", "members": [{"value": "1"}, {"value": "2"}]})
    renamed = patch({"op": "replace", "value": {"id": "g", "displayName": "営業"}}, of=group)
    assert (renamed.displayname, len(renamed.members)) == ("営業", 2)


def test_members_of_a_group_come_and_go():
    group = Group.model_validate({"displayName": "sales", "members": [{"value": "1"}, {"value": "2"}]})

    def members(**operation):
        return [each.value for each in patch(operation, of=group).members]

    assert members(op="Add", path="members", value=[{"value": "3"}, {"value": "1"}]) == ["1", "2", "3"]
    assert members(op="Remove", path="members", value=[{"value": "1"}]) == ["2"]
    assert members(op="remove", path='members[value eq "2"]') == ["1"]
    assert members(op="replace", path="members", value=[{"value": "9"}]) == ["9"]
    assert members(op="remove", path="members") == []


def test_one_refused_operation_refuses_all_and_says_why():
    rename = {"op": "replace", "path": "displayName", "value": "別人"}
    for kind, operation in [
        ("invalidPath", {"op": "add", "path": "colour", "value": "red"}),
        ("mutability", {"op": "replace", "path": "id", "value": "other"}),
        ("mutability", {"op": "remove", "path": "userName"}),
        ("noTarget", {"op": "remove"}),
        ("invalidValue", {"op": "replace", "path": "active", "value": "perhaps"}),
        ("invalidValue", {"op": "replace", "path": "userName", "value": ""}),
        ("invalidValue", {"op": "replace", "path": "userName", "value": "a\x00"}),
        ("invalidValue", {"op": "add", "path": "emails", "value": ["x"]}),
        ("invalidValue", {"op": "add", "path": "emails", "value": [{"value": "no address"}]}),
        ("invalidValue", {"op": "move", "path": "active"}),
    ]:
        refusal = refused(kind, patch, rename, operation)
        assert "perhaps" not in str(refusal.body())
    assert HANAKO.shown_name == "山田 花子"
    assert "password" not in HANAKO.model_dump()


def test_bodies_that_are_no_usable_json_are_refused():
    deep = b"[" * 200_000
    for content in (b"", b"[]", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', deep, b'{"a":' + deep, b"1" * 5_000):
        refused("invalidSyntax", read_json, content)
    assert refused("", read_json, b" " * (2**20 + 1)).status == 413


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "type", "primary", "active", "userName", "name", "emails", "x"]), each
        )
    ),
    max_leaves=8,
)
PATHS = (
    st.none()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "active",
            "emails",
            "emails.value",
            'emails[type eq "work"]',
            "emails[primary eq true].type",
            "name",
            "name.formatted",
            "members",
            'members[value eq "1"]',
            "userName",
            "displayName",
            "id",
            "addresses",
            'emails[x eq "1"].value',
        ]
    )
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Add", "remove", "replace", "x"]), "path": PATHS, "value": VALUES}
)


@settings(max_examples=300, deadline=None)
@given(st.lists(OPERATIONS, min_size=1, max_size=4), st.booleans())
def test_whatever_is_sent_gives_a_resource_or_a_refusal(operations, is_group):
    of = Group.model_validate({"displayName": "g", "members": [{"value": "1"}]}) if is_group else HANAKO
    refused = 0
    try:
        changed = patch(*operations, of=of)
    except ScimRefused as refusal:
        refused = refusal.status
    if refused:
        assert 400 <= refused < 500
    else:
        text = json.dumps(changed.model_dump(mode="json"), ensure_ascii=False)
        text.encode()
        assert "\\u0000" not in text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='userName eq"[]\\.and ', max_size=40), VALUES)
def test_whatever_is_asked_is_read_or_refused(text, value):
    for read in (
        read_filter,
        read_path,
        lambda each: read_as(User, value),
        lambda each: read_json(each.encode("utf-8", "replace")),
    ):
        status = 400
        try:
            read(text)
        except ScimRefused as refusal:
            status = refusal.status
        assert 400 <= status < 500
