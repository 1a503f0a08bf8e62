"""PATCH (RFC 7644, 3.5.2), as Entra ID and Okta send it: from what is there and the operations to what shall be there.
Nothing is written here, so that one operation that is refused refuses all."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from torihiki.identity.sso.scim.filters import Condition, Path, read_path
from torihiki.identity.sso.scim.refusals import ScimRefused
from torihiki.identity.sso.scim.resources import Group, Operation, Part, User, read_as

SIMPLE = frozenset({"username", "externalid", "displayname", "active"})
REQUIRED = frozenset({"username", "active"})
NAMES = frozenset({"formatted", "givenname", "familyname"})
EMAIL = frozenset({"value", "type", "primary"})
READ_ONLY = frozenset({"id", "meta", "groups", "schemas"})
NOT_KEPT = frozenset(
    [
        "nickname",
        "profileurl",
        "title",
        "usertype",
        "preferredlanguage",
        "locale",
        "timezone",
        "password",
        "phonenumbers",
        "ims",
        "photos",
        "addresses",
        "entitlements",
        "roles",
        "x509certificates",
    ]
)
"""Attributes of the core schema that a provider may map and that nothing here needs; a password is never read."""

Shape = TypeVar("Shape", bound=Part)
Apply = Callable[[dict[str, Any], str, Path, Any], None]


def patched_user(user: User, operations: Sequence[Operation]) -> User:
    """Raises ScimRefused: invalidPath, noTarget, mutability or invalidValue."""
    return _patched(user, operations, _apply_to_user)


def patched_group(group: Group, operations: Sequence[Operation]) -> Group:
    """Raises ScimRefused: invalidPath, mutability or invalidValue."""
    return _patched(group, operations, _apply_to_group)


def _patched(resource: Shape, operations: Sequence[Operation], apply: Apply) -> Shape:
    state = resource.model_dump(mode="json")
    for each in operations:
        if each.path is not None:
            apply(state, each.op, read_path(each.path), each.value)
            continue
        if each.op == "remove":
            raise ScimRefused("“remove” needs a path.", scim_type="noTarget")
        if not isinstance(each.value, dict):
            raise ScimRefused("Without a path the value is an object.", scim_type="invalidValue")
        for name, value in each.value.items():
            path = read_path(name)
            if path.attribute not in READ_ONLY:  # Okta repeats the id beside what changes
                apply(state, each.op, path, value)
    return read_as(type(resource), state)


def _apply_to_user(state: dict[str, Any], op: str, path: Path, value: Any) -> None:
    name = path.attribute
    if path.extension or name in NOT_KEPT:
        return
    _writable(path)
    if name in SIMPLE and not path.sub and path.where is None:
        if op == "remove" and name in REQUIRED:
            raise ScimRefused("This attribute cannot be removed.", scim_type="mutability")
        state[name] = "" if op == "remove" else value
    elif name == "name" and path.where is None and (not path.sub or path.sub in NAMES):
        _name(state, op, path.sub, value)
    elif name == "emails" and (not path.sub or path.sub in EMAIL):
        _emails(state, op, path, value)
    else:
        raise ScimRefused("There is no such attribute.", scim_type="invalidPath")


def _apply_to_group(state: dict[str, Any], op: str, path: Path, value: Any) -> None:
    if path.extension:
        return
    _writable(path)
    if path.sub or (path.where is not None and (path.attribute != "members" or op != "remove")):
        raise ScimRefused("There is no such attribute.", scim_type="invalidPath")
    if path.attribute in ("displayname", "externalid"):
        if op == "remove" and path.attribute == "displayname":
            raise ScimRefused("This attribute cannot be removed.", scim_type="mutability")
        state[path.attribute] = "" if op == "remove" else value
    elif path.attribute == "members":
        _members(state, op, path, value)
    else:
        raise ScimRefused("There is no such attribute.", scim_type="invalidPath")


def _writable(path: Path) -> None:
    if path.attribute in READ_ONLY:
        raise ScimRefused("This attribute is read only.", scim_type="mutability")


def _name(state: dict[str, Any], op: str, sub: str, value: Any) -> None:
    if sub:
        state["name"][sub] = "" if op == "remove" else value
    elif op == "remove":
        state["name"] = {}
    elif isinstance(value, dict):
        state["name"] |= {str(key).lower(): each for key, each in value.items()}
    else:
        raise ScimRefused("A name is an object.", scim_type="invalidValue")


def _emails(state: dict[str, Any], op: str, path: Path, value: Any) -> None:
    present: list[dict[str, Any]] = state["emails"]
    chosen = [each for each in present if path.where is None or _fits(each, path.where)]
    if op == "remove":
        if path.sub == "value" or not path.sub:
            state["emails"] = [each for each in present if each not in chosen]
        else:
            for each in chosen:
                each.pop(path.sub, None)
    elif path.where is not None and not chosen:  # Entra ID replaces what was never there
        made = {condition.path: condition.value for condition in path.where}
        state["emails"] = [*present, made | ({path.sub: value} if path.sub else _object(value))]
    elif path.sub:
        for each in chosen:
            each[path.sub] = value
    elif path.where is not None:
        for each in chosen:
            each.update(_object(value))
    else:
        given = [_object(each) for each in (value if isinstance(value, list) else [value])]
        known = {str(each.get("value", "")).lower() for each in given}
        kept = [] if op == "replace" else [each for each in present if str(each.get("value", "")).lower() not in known]
        if any(each.get("primary") for each in given):
            kept = [each | {"primary": False} for each in kept]
        state["emails"] = kept + given


def _members(state: dict[str, Any], op: str, path: Path, value: Any) -> None:
    """Entra ID removes by a value beside the path, Okta by a filter in it."""
    present = {each["value"]: each for each in state["members"]}
    given: dict[str, dict[str, Any]] = {}
    if path.where is not None:
        gone = {key for key, each in present.items() if _fits(each, path.where)}
    elif op == "remove" and value is None:
        gone = set(present)
    else:
        references = value if isinstance(value, list) else [value]
        given = {str(each.get("value", "")): each for each in map(_object, references)}
        gone = set(given) if op == "remove" else set(present) if op == "replace" else set()
    kept = {key: each for key, each in present.items() if key not in gone}
    state["members"] = list((kept if op == "remove" else kept | given).values())


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ScimRefused("The values of this attribute are objects.", scim_type="invalidValue")
    return {str(key).lower(): each for key, each in value.items()}


def _fits(each: dict[str, Any], where: tuple[Condition, ...]) -> bool:
    return all(_same(each.get(condition.path), condition.value) for condition in where)


def _same(held: Any, wanted: Any) -> bool:
    if isinstance(held, str) and isinstance(wanted, str):
        return held.casefold() == wanted.casefold()
    return bool(held == wanted)
