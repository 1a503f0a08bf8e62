"""What providers call: users and groups by SCIM 2.0 (RFC 7644)."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone

from torihiki.identity.sso.access import access_groupings, access_groups, access_users
from torihiki.identity.sso.actions.provisioning import (
    change_group,
    change_user,
    group_of,
    provision_group,
    provision_user,
    remove_group,
    remove_user,
    said_of,
    user_of,
)
from torihiki.identity.sso.models import ProvisionedGroup, ProvisionedUser
from torihiki.identity.sso.scim.answers import (
    ROWS,
    ROWS_MAX,
    chosen,
    group_json,
    list_json,
    provider_config,
    resource_types,
    schemas,
    user_json,
)
from torihiki.identity.sso.scim.door import ScimRequest, answer, body_of, resource, seen_version
from torihiki.identity.sso.scim.filters import Condition, read_filter
from torihiki.identity.sso.scim.patching import patched_group, patched_user
from torihiki.identity.sso.scim.refusals import ScimRefused
from torihiki.identity.sso.scim.resources import Group, Patch, Shape, User, read_as, read_json
from torihiki.lib.ids import id_of

START_MAX = 1_000_000
Row = TypeVar("Row", bound=Model)


def config(request: ScimRequest) -> HttpResponse:
    return answer(provider_config())


def types(request: ScimRequest) -> HttpResponse:
    return _fixed(resource_types())


def one_type(request: ScimRequest, key: str) -> HttpResponse:
    return _one(resource_types(), key)


def all_schemas(request: ScimRequest) -> HttpResponse:
    return _fixed(schemas())


def one_schema(request: ScimRequest, key: str) -> HttpResponse:
    return _one(schemas(), key)


def not_here(request: ScimRequest) -> HttpResponse:
    """/Me and /Bulk: a connection is nobody, and bulk is not supported (3.7, 3.11)."""
    raise ScimRefused("This is not supported.", status=501)


def list_users(request: ScimRequest) -> HttpResponse:
    rows = access_users(request.actor, request.provider.pk)
    rows = rows.filter(_where(request, USER_CONDITIONS))
    found, total, start = _page(request, rows)
    return _listed(request, _users(request, found), total, start)


def create_user(request: ScimRequest) -> HttpResponse:
    row = provision_user(request.actor, request.provider, _said(request, User), at=timezone.now())
    return resource(_users(request, [row])[0], 201)


def get_user(request: ScimRequest, user_id: UUID) -> HttpResponse:
    [body] = _users(request, [user_of(request.actor, request.provider, user_id)])
    return resource(_chosen(request, body))


def replace_user(request: ScimRequest, user_id: UUID) -> HttpResponse:
    row = change_user(
        request.actor,
        request.provider,
        user_id,
        lambda before: _said(request, User),
        seen=seen_version(request),
        at=timezone.now(),
    )
    return resource(_users(request, [row])[0])


def patch_user(request: ScimRequest, user_id: UUID) -> HttpResponse:
    row = change_user(
        request.actor,
        request.provider,
        user_id,
        lambda before: patched_user(before, _said(request, Patch).operations),
        seen=seen_version(request),
        at=timezone.now(),
    )
    return resource(_users(request, [row])[0])


def delete_user(request: ScimRequest, user_id: UUID) -> HttpResponse:
    remove_user(request.actor, request.provider, user_id, seen=seen_version(request), at=timezone.now())
    return answer(None, 204)


def list_groups(request: ScimRequest) -> HttpResponse:
    rows = access_groups(request.actor, request.provider.pk).filter(_where(request, GROUP_CONDITIONS))
    found, total, start = _page(request, rows)
    return _listed(request, _groups(request, found), total, start)


def create_group(request: ScimRequest) -> HttpResponse:
    row = provision_group(request.actor, request.provider, _said(request, Group), at=timezone.now())
    return resource(_groups(request, [row])[0], 201)


def get_group(request: ScimRequest, group_id: UUID) -> HttpResponse:
    [body] = _groups(request, [group_of(request.actor, request.provider, group_id)])
    return resource(_chosen(request, body))


def replace_group(request: ScimRequest, group_id: UUID) -> HttpResponse:
    row = change_group(
        request.actor,
        request.provider,
        group_id,
        lambda before: _said(request, Group),
        seen=seen_version(request),
        at=timezone.now(),
    )
    return resource(_groups(request, [row])[0])


def patch_group(request: ScimRequest, group_id: UUID) -> HttpResponse:
    row = change_group(
        request.actor,
        request.provider,
        group_id,
        lambda before: patched_group(before, _said(request, Patch).operations),
        seen=seen_version(request),
        at=timezone.now(),
    )
    return resource(_groups(request, [row])[0])


def delete_group(request: ScimRequest, group_id: UUID) -> HttpResponse:
    remove_group(request.actor, request.provider, group_id, seen=seen_version(request), at=timezone.now())
    return answer(None, 204)


def _said(request: ScimRequest, shape: type[Shape]) -> Shape:
    """The body. Raises ScimRefused."""
    return read_as(shape, read_json(body_of(request)))


USER_CONDITIONS = {
    "id": "pk",
    "username": "user_name",
    "externalid": "external_id",
    "displayname": "member__name",
    "emails": "member__email__iexact",
    "emails.value": "member__email__iexact",
    "active": "member__suspended_at__isnull",
}
GROUP_CONDITIONS = {
    "id": "pk",
    "displayname": "display_name__iexact",
    "externalid": "external_id",
    "members": "groupings__user_id",
    "members.value": "groupings__user_id",
}
IDS = frozenset({"pk", "groupings__user_id"})
NOBODY = UUID(int=0)  # nobody's id


def _where(request: ScimRequest, known: dict[str, str]) -> Q:
    """Of the request's filter. Raises ScimRefused (invalidFilter)."""
    text = request.GET.get("filter", "")
    found = Q()
    for condition in read_filter(text) if text else ():
        found &= _condition(condition, known)
    return found


def _condition(condition: Condition, known: dict[str, str]) -> Q:
    column, value = known.get(condition.path), condition.value
    if column is None:
        raise ScimRefused("There is no such attribute to filter by.", scim_type="invalidFilter")
    if column.endswith("__isnull"):
        if not isinstance(value, bool):
            raise ScimRefused("This attribute is true or false.", scim_type="invalidFilter")
        return Q(**{column: value})
    if not isinstance(value, str):
        raise ScimRefused("This attribute is a string.", scim_type="invalidFilter")
    if column in IDS:
        return Q(**{column: id_of(value) or NOBODY})
    return Q(**{column: value.lower() if column == "user_name" else value})


def _page(request: ScimRequest, rows: QuerySet[Row]) -> tuple[list[Row], int, int]:
    """RFC 7644, 3.4.2.4: what is out of bounds is brought within them."""
    start = min(max(_number(request.GET.get("startIndex", ""), 1), 1), START_MAX)
    count = min(max(_number(request.GET.get("count", ""), ROWS), 0), ROWS_MAX)
    return list(rows[start - 1 : start - 1 + count]), rows.count(), start


def _number(text: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if len(text) > 9 or not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit():
        raise ScimRefused("startIndex and count are numbers.", scim_type="invalidValue")
    return int(text)


def _users(request: ScimRequest, rows: list[ProvisionedUser]) -> list[dict[str, Any]]:
    groups: dict[UUID, list[ProvisionedGroup]] = {row.pk: [] for row in rows}
    for each in access_groupings(request.actor, request.provider.pk).filter(user_id__in=groups):
        groups[each.user_id].append(each.group)
    return [user_json(row, said_of(row), groups[row.pk]) for row in rows]


def _groups(request: ScimRequest, rows: list[ProvisionedGroup]) -> list[dict[str, Any]]:
    users: dict[UUID, list[ProvisionedUser]] = {row.pk: [] for row in rows}
    if "members" not in request.GET.get("excludedAttributes", "").lower():
        for each in access_groupings(request.actor, request.provider.pk).filter(group_id__in=users):
            users[each.group_id].append(each.user)
    return [group_json(row, users[row.pk]) for row in rows]


def _chosen(request: ScimRequest, body: dict[str, Any]) -> dict[str, Any]:
    return chosen(body, request.GET.get("attributes", ""), request.GET.get("excludedAttributes", ""))


def _listed(request: ScimRequest, bodies: list[dict[str, Any]], total: int, start: int) -> HttpResponse:
    return answer(list_json([_chosen(request, body) for body in bodies], total, start))


def _fixed(bodies: list[dict[str, Any]]) -> HttpResponse:
    return answer(list_json(bodies, len(bodies), 1))


def _one(bodies: list[dict[str, Any]], key: str) -> HttpResponse:
    found = next((body for body in bodies if body["id"].lower() == key.lower()), None)
    if found is None:
        raise ScimRefused("There is nothing here.", status=404)
    return answer(found)
