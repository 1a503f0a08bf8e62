"""The document that describes the API (OpenAPI 3.1), made from the operations as they are declared."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from torihiki.api.operations import ADDRESSES, Address, Operation
from torihiki.api.problems import MEDIA_TYPE, TITLES, ProblemDetails
from torihiki.api.reading import KEY_LENGTH_MAX

VERSION = "1.0.0"
REF = "#/components/schemas/{model}"
CONVERTERS: dict[str, dict[str, Any]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer", "minimum": 0},
}
ALWAYS = (401, 403, 429, 500)


def document() -> dict[str, Any]:
    """The whole document, its words in the active language."""
    addresses = list(ADDRESSES.values())
    bodies: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (operation.body, "validation") for operation in _operations(addresses) if operation.body
    ]
    answers: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in _answers(addresses)]
    schemas, defined = models_json_schema([*answers, *bodies], ref_template=REF)
    return {
        "openapi": "3.1.0",
        "info": {"title": "torihiki", "version": VERSION, "description": _("Documents between companies.")},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            address.template: {
                "parameters": _path_parameters(address),
                **{found.method.lower(): _operation(found, schemas) for found in address.operations},
            }
            for address in addresses
        },
        "components": {
            "schemas": defined.get("$defs", {}),
            "responses": {str(status): _problem(status) for status in TITLES},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": _("A token that an administrator made in the portal: tk_…"),
                }
            },
        },
    }


def statuses(operation: Operation, *, has_path: bool) -> list[int]:
    """The statuses of the problems that an operation may answer with."""
    found = {*ALWAYS, *operation.problems}
    found |= {404} if has_path else set()
    found |= {422}  # unknown parameters of the query
    if operation.body or operation.content:
        found |= {400, 413, 415}
    if operation.keyed:
        found |= {400}
    if operation.conditional:
        found |= {400, 412}
    if operation.conditional == "needed":
        found |= {428}
    return sorted(found)


def _operations(addresses: Iterable[Address]) -> list[Operation]:
    return [operation for address in addresses for operation in address.operations]


def _answers(addresses: Iterable[Address]) -> list[type[BaseModel]]:
    models = [operation.answer for operation in _operations(addresses) if operation.answer]
    return list(dict.fromkeys([*models, ProblemDetails]))


def _operation(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "summary": str(operation.summary),
        "parameters": [*_query_parameters(operation), *_header_parameters(operation)],
        "responses": {
            str(operation.status): _success(operation, schemas),
            **{
                str(status): {"$ref": f"#/components/responses/{status}"}
                for status in statuses(operation, has_path=_has_path(operation))
            },
        },
        "x-scope": operation.permission or "",
    }
    if operation.description or operation.view.__doc__:
        found["description"] = str(operation.description or operation.view.__doc__)
    if operation.tag:
        found["tags"] = [str(operation.tag)]
    if operation.body:
        schema = schemas[operation.body, "validation"]
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif operation.content:
        found["requestBody"] = {"required": True, "content": {media: {} for media in operation.content}}
    return found


def _has_path(operation: Operation) -> bool:
    return any(operation in address.operations and address.parameters for address in ADDRESSES.values())


def _success(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": _("Done") if operation.method != "GET" else _("Found")}
    if operation.answer:
        found["content"] = {"application/json": {"schema": schemas[operation.answer, "serialization"]}}
    elif operation.media:
        found["content"] = {media: {} for media in operation.media}
    return found


def _path_parameters(address: Address) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": CONVERTERS[converter]}
        for name, converter in address.parameters
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    assert "$defs" not in schema, "parameters of a query are plain"
    found = []
    for name, described in schema["properties"].items():
        description = described.pop("description", "")
        parameter = {"name": name, "in": "query", "schema": _plain(described)}
        if name in schema.get("required", ()):
            parameter["required"] = True
        found.append(parameter | ({"description": description} if description else {}))
    return found


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be left out is not given: a query has no null."""
    schema.pop("title", None)
    if "anyOf" in schema:
        real = [choice for choice in schema.pop("anyOf") if choice != {"type": "null"}]
        assert len(real) == 1, "one type for each parameter"
        schema.pop("default", None)
        return {**real[0], **schema}
    return schema


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if operation.keyed:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": _("One for each act: the same request again is answered, not done twice."),
                "schema": {"type": "string", "pattern": f"^[!-~]{{1,{KEY_LENGTH_MAX}}}$"},
            }
        )
    if operation.conditional:
        found.append(
            {
                "name": "If-Match",
                "in": "header",
                "required": operation.conditional == "needed",
                "description": _("The ETag of the state that was seen."),
                "schema": {"type": "string", "pattern": '^"[!#-~]{1,90}"$'},
            }
        )
    return found


def _problem(status: int) -> dict[str, Any]:
    reference = {"$ref": REF.format(model=ProblemDetails.__name__)}
    return {"description": str(TITLES[status]), "content": {MEDIA_TYPE: {"schema": reference}}}
