"""Members as a file: what goes out comes in again, a preview says what each line does, and all lines count or none."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from torihiki.identity.actions import add_role, add_unit
from torihiki.identity.models import Invitation, Member, RoleGrant

HEADING = "メンバーID,氏名,メールアドレス,役割,自社の役割,部署・拠点,ステータス,この部署の文書のみ"


def upload(desk, content, **more):
    body = content if isinstance(content, bytes) else content.encode()
    return desk.post("/members/import", {"file": SimpleUploadedFile("members.csv", body), **more})


def carry_out(desk, preview):
    context = preview.context
    return desk.post("/members/import", {"text": context["text"], "seen": context["result"].digest})


def outcomes(response):
    return [done.outcome.value for done in response.context["result"].lines]


def exported(desk, encoding="utf-8"):
    response = desk.get("/members.csv", {"encoding": encoding})
    assert response.status_code == 200
    text = response.content.decode("cp932" if encoding == "cp932" else "utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def as_file(rows, encoding="utf-8"):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_what_goes_out_comes_in_as_it_is(issuer, encoding):
    with issuer.acting() as actor:
        Member.objects.filter(pk=issuer.viewer.actor.member_id).update(name="=HYPERLINK(1)", unit=None)
        role = add_role(actor, name="+経理", permissions=["invoices.read"], at=timezone.now())
        RoleGrant.objects.create(
            company_id=actor.company, member_id=issuer.viewer.actor.member_id, role=role, granted_at=timezone.now()
        )
    rows = exported(issuer, encoding)
    assert ",".join(rows[0]) == HEADING
    assert [row[1] for row in rows[1:]].count("'=HYPERLINK(1)") == 1, "a spreadsheet computes nothing"
    assert issuer.events()[-1] == "identity.members_exported"
    preview = upload(issuer, as_file(rows, encoding))
    assert preview.status_code == 200
    assert set(outcomes(preview)) == {"same"}


def test_a_file_invites_changes_and_suspends_after_a_preview(issuer):
    with issuer.acting() as actor:
        role = add_role(actor, name="経理", permissions=["invoices.read"], at=timezone.now())
        unit = add_unit(actor, name="大阪店", code="OSK", parent_id=None, at=timezone.now())
    rows = {row[2]: row for row in exported(issuer)[1:]}
    clerk, viewer = rows["clerk@aoba.example"], rows["viewer@aoba.example"]
    clerk[3:6] = ["承認者", "経理", "osk"]
    viewer[6] = "停止中"
    new = ["", "新人 四郎", "shiro@aoba.example", "limited", "経理", "", ""]
    count = issuer.count_entries()
    preview = upload(issuer, as_file([HEADING.split(","), clerk, viewer, new], "cp932"))
    assert outcomes(preview) == ["changed", "suspended", "invited"]
    assert issuer.count_entries() == count, "a preview leaves nothing"
    assert issuer.viewer.get("/profile").status_code == 200
    assert carry_out(issuer, preview)["Location"] == "/members"
    with issuer.acting():
        changed = Member.objects.get(pk=issuer.clerk.actor.member_id)
        assert (changed.role, changed.unit_id) == ("approver", unit.pk)
        assert RoleGrant.objects.get(member=changed).role == role
        assert Invitation.objects.get().own_roles == [role.pk]
    assert issuer.viewer.get("/profile").status_code == 302
    assert issuer.events()[count:] == [
        "identity.member_changed",
        "identity.member_suspended",
        "identity.member_invited",
        "identity.members_imported",
    ]


def test_one_refused_line_undoes_all_and_each_says_why(issuer):
    rows = {row[2]: row for row in exported(issuer)[1:]}
    administrator, clerk = rows["administrator@aoba.example"], rows["clerk@aoba.example"]
    administrator[3] = "閲覧者"
    moved = [*clerk[:2], "elsewhere@aoba.example", *clerk[3:]]
    renamed = [clerk[0], "改名", *clerk[2:]]
    lines = [
        renamed,
        renamed,
        administrator,
        ["", "x", "x@x.example", "王様", "", "", ""],
        ["", "x", "なし", "clerk", "", "", ""],
        ["", "x", "y@x.example", "clerk", "", "火星支店", ""],
        ["00000000-0000-7000-8000-000000000000", "x", "z@x.example", "clerk", "", "", ""],
        moved,
    ]
    preview = upload(issuer, as_file([HEADING.split(","), *lines]))
    assert preview.status_code == 422
    assert outcomes(preview) == ["changed", *["refused"] * 7]
    assert all(str(done.reason) for done in preview.context["result"].lines[1:])
    assert "火星支店" in preview.content.decode()
    assert carry_out(issuer, preview).status_code == 422
    with issuer.acting():
        assert not Member.objects.filter(name="改名").exists()
        assert not Invitation.objects.exists()


def test_what_was_previewed_is_what_is_carried_out(issuer):
    new = ["", "新人", "shiro@aoba.example", "clerk", "", "", ""]
    preview = upload(issuer, as_file([HEADING.split(","), new]))
    stale = issuer.post("/members/import", {"text": preview.context["text"], "seen": "0" * 64})
    assert stale.status_code == 422
    with issuer.acting():
        assert not Invitation.objects.exists()
    assert carry_out(issuer, preview).status_code == 302
    assert outcomes(upload(issuer, as_file([HEADING.split(","), new]))) == ["refused"], "invited already"


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", "名前だけ\nx\n".encode(), b'name,email,role\n"x', b"x" * (512 * 1024 + 1)],
    ids=["empty", "encoding", "columns", "quotes", "size"],
)
def test_what_is_no_such_file_is_refused_in_words(issuer, content):
    response = upload(issuer, content)
    assert response.status_code == 422
    assert "何も変更" in response.content.decode()


def test_another_companys_member_is_nobody_and_a_clerk_has_no_file(issuer, stranger):
    foreign = [str(stranger.clerk.actor.member_id), "x", "clerk@yama.example", "viewer", "", "", ""]
    assert outcomes(upload(issuer, as_file([HEADING.split(","), foreign]))) == ["refused"]
    assert issuer.clerk.get("/members.csv").status_code == 403
    assert issuer.clerk.get("/members/import").status_code == 403
    with issuer.acting():
        Member.objects.filter(pk=issuer.clerk.actor.member_id).update(name="𠮷野")
    assert issuer.get("/members.csv", {"encoding": "cp932"}).status_code == 422


def test_a_file_limits_members_to_their_unit_and_says_what_cannot_be(issuer):
    with issuer.acting() as actor:
        add_unit(actor, name="大阪店", code="OSK", parent_id=None, at=timezone.now())
    heading, *rows = exported(issuer)
    clerk = next(row for row in rows if row[2] == "clerk@aoba.example")
    boss = next(row for row in rows if row[3] == "管理者")
    assert clerk[7] == "いいえ"
    clerk[5], clerk[7] = "osk", "はい"
    carry_out(issuer, upload(issuer, as_file([heading, clerk])))
    with issuer.acting():
        assert Member.objects.get(pk=clerk[0]).unit_only
    assert outcomes(upload(issuer, as_file([heading[:7], clerk[:7]]))) == ["same"], "a file without the column"
    for row in ([*clerk[:5], "", *clerk[6:]], [*boss[:5], "osk", boss[6], "yes"], [*clerk[:7], "maybe"]):
        assert outcomes(upload(issuer, as_file([heading, row]))) == ["refused"], row
