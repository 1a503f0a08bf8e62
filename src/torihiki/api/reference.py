"""The document of the API as people read it: operations by subject, and the shapes that they take and give."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Member:
    """A parameter or a member of an object."""

    name: str
    type: str
    needed: bool
    words: str
    place: str = ""
    shape: str = ""  # the name of the shape that it is of, to link to


@dataclass(frozen=True)
class Entry:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    scope: str
    parameters: list[Member]
    body: str  # the name of its shape, or a media type
    answer: str
    status: str
    problems: list[str]


@dataclass(frozen=True)
class Shape:
    name: str
    words: str
    members: list[Member]


@dataclass(frozen=True)
class Reference:
    subjects: list[tuple[str, list[Entry]]]
    shapes: list[Shape]


def reference_of(document: dict[str, Any]) -> Reference:
    subjects: dict[str, list[Entry]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                entry = _entry(path, method, operation, item["parameters"])
                subjects.setdefault(operation.get("tags", [""])[0], []).append(entry)
    shapes = [_shape(name, schema) for name, schema in document["components"]["schemas"].items()]
    return Reference(list(subjects.items()), shapes)


def _entry(path: str, method: str, operation: dict[str, Any], shared: list[dict[str, Any]]) -> Entry:
    status, success = next(iter(operation["responses"].items()))
    return Entry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        words=operation.get("description", ""),
        scope=operation["x-scope"],
        parameters=[_parameter(one) for one in (*shared, *operation["parameters"])],
        body=_content(operation.get("requestBody", {})),
        answer=_content(success),
        status=status,
        problems=[code for code in operation["responses"] if code != status],
    )


def _parameter(described: dict[str, Any]) -> Member:
    schema = described["schema"]
    words = described.get("description", "")
    return Member(described["name"], _type(schema), described.get("required", False), words, described["in"])


def _content(described: dict[str, Any]) -> str:
    for media, content in described.get("content", {}).items():
        reference = content.get("schema", {}).get("$ref", "")
        return reference.rpartition("/")[2] or str(media)
    return ""


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    needed = schema.get("required", ())
    members = [
        Member(member, _type(one), member in needed, one.get("description", ""), shape=_referred(one))
        for member, one in schema.get("properties", {}).items()
    ]
    if "enum" in schema:
        members.append(Member("", _type(schema), True, ""))
    return Shape(name, schema.get("description", "").partition("\n")[0], members)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(choice) for choice in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(f'"{value}"' for value in schema["enum"])
    if "const" in schema:
        return f'"{schema["const"]}"'
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return str(schema.get("format") or schema.get("type") or "any")


def _referred(schema: dict[str, Any]) -> str:
    for part in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in part:
            return str(part["$ref"].rpartition("/")[2])
        if "$ref" in part.get("items", {}):
            return str(part["items"]["$ref"].rpartition("/")[2])
    return ""
