"""What torihiki says by SCIM: users, groups, lists, and what it can do (RFC 7643, 4 to 8.7; RFC 7644, 4)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from torihiki.identity.sso.models import ProvisionedGroup, ProvisionedUser
from torihiki.identity.sso.scim.door import place
from torihiki.identity.sso.scim.resources import OPERATIONS_MAX, User

CORE = "urn:ietf:params:scim:schemas:core:2.0:"
USER, GROUP = CORE + "User", CORE + "Group"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
ROWS, ROWS_MAX = 100, 200


def user_json(row: ProvisionedUser, said: User, groups: Iterable[ProvisionedGroup]) -> dict[str, Any]:
    name = {"formatted": said.name.formatted, "familyName": said.name.familyname, "givenName": said.name.givenname}
    body = {
        "schemas": [USER],
        "id": str(row.pk),
        "externalId": said.externalid,
        "userName": said.username,
        "displayName": said.displayname,
        "name": {key: value for key, value in name.items() if value},
        "emails": [each.model_dump() for each in said.emails],
        "active": said.active,
        "groups": [
            {"value": str(group.pk), "display": group.display_name, "$ref": place("Groups", group.pk)}
            for group in groups
        ],
    }
    kept = {key: value for key, value in body.items() if value not in ("", {}, [])}
    return {**kept, "meta": _meta("User", "Users", row)}


def group_json(row: ProvisionedGroup, users: Iterable[ProvisionedUser]) -> dict[str, Any]:
    body = {
        "schemas": [GROUP],
        "id": str(row.pk),
        "externalId": row.external_id,
        "displayName": row.display_name,
        "members": [
            {"value": str(user.pk), "display": user.attributes["username"], "$ref": place("Users", user.pk)}
            for user in users
        ],
    }
    return {**{key: value for key, value in body.items() if value != ""}, "meta": _meta("Group", "Groups", row)}


def list_json(resources: Collection[Mapping[str, Any]], total: int, start: int) -> dict[str, Any]:
    return {
        "schemas": [LIST],
        "totalResults": total,
        "itemsPerPage": len(resources),
        "startIndex": start,
        "Resources": list(resources),
    }


def chosen(body: dict[str, Any], attributes: str, excluded: str) -> dict[str, Any]:
    """Only the attributes that are asked for, or all but those that are not (RFC 7644, 3.9); of the first level."""

    def names(text: str) -> set[str]:
        return {word.rpartition(":")[2].partition(".")[0].strip().lower() for word in text.split(",") if word.strip()}

    always = {"id", "schemas", "meta"}
    if wanted := names(attributes):
        return {key: value for key, value in body.items() if key in always or key.lower() in wanted}
    return {key: value for key, value in body.items() if key in always or key.lower() not in names(excluded)}


def _meta(kind: str, plural: str, row: ProvisionedUser | ProvisionedGroup) -> dict[str, str]:
    return {
        "resourceType": kind,
        "created": _moment(row.created_at),
        "lastModified": _moment(row.changed_at),
        "location": place(plural, row.pk),
        "version": f'W/"{row.version}"',
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def provider_config() -> dict[str, Any]:
    return {
        "schemas": [CORE + "ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": ROWS_MAX},
        "changePassword": {"supported": False},
        "sort": {"supported": False},
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "OAuth Bearer Token",
                "description": "A token that an administrator makes on the page of the connection.",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": place("ServiceProviderConfig")},
    }


def resource_types() -> list[dict[str, Any]]:
    return [
        {
            "schemas": [CORE + "ResourceType"],
            "id": kind,
            "name": kind,
            "endpoint": f"/{kind}s",
            "schema": CORE + kind,
            "meta": {"resourceType": "ResourceType", "location": place("ResourceTypes", kind)},
        }
        for kind in ("User", "Group")
    ]


def schemas() -> list[dict[str, Any]]:
    email = [_attribute("value", required=True), _attribute("type"), _attribute("primary", "boolean")]
    members = [_attribute("value", required=True, mutability="immutable"), _attribute("display", mutability="readOnly")]
    names = [_attribute("formatted"), _attribute("familyName"), _attribute("givenName")]
    described = {
        USER: (
            "User",
            [
                _attribute("userName", required=True, uniqueness="server"),
                _attribute("externalId", exact=True),
                _attribute("displayName"),
                _attribute("name", "complex", parts=names),
                _attribute("emails", "complex", many=True, parts=email),
                _attribute("active", "boolean"),
                _attribute("groups", "complex", many=True, mutability="readOnly", parts=members),
            ],
        ),
        GROUP: (
            "Group",
            [
                _attribute("displayName", required=True, uniqueness="server"),
                _attribute("externalId", exact=True),
                _attribute("members", "complex", many=True, parts=members),
            ],
        ),
    }
    return [
        {
            "schemas": [CORE + "Schema"],
            "id": schema,
            "name": name,
            "description": f"{name}: at most {OPERATIONS_MAX} operations in one PATCH.",
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": place("Schemas", schema)},
        }
        for schema, (name, attributes) in described.items()
    ]


def _attribute(
    name: str,
    kind: str = "string",
    *,
    required: bool = False,
    many: bool = False,
    exact: bool = False,
    mutability: str = "readWrite",
    uniqueness: str = "none",
    parts: Collection[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    described = {
        "name": name,
        "type": kind,
        "multiValued": many,
        "required": required,
        "caseExact": exact,
        "mutability": mutability,
        "returned": "default",
        "uniqueness": uniqueness,
    }
    return {**described, "subAttributes": list(parts)} if parts else described
