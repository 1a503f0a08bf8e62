"""Filters and paths of RFC 7644 (3.4.2.2 and 3.5.2), as far as providers send them: comparisons by `eq`, joined by
`and`. Attribute names are told apart without regard to case (RFC 7643, 2.1); here they are in lower case."""

import json
import re
from dataclasses import dataclass

from torihiki.identity.sso.scim.refusals import ScimRefused

LENGTH_MAX = 1_000
CONDITIONS_MAX = 5
USER = "urn:ietf:params:scim:schemas:core:2.0:user"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"
ATTRIBUTE = re.compile(r"\$?[a-z][a-z0-9_-]*\Z")
COMPARISON = re.compile(
    r"""\s*(?P<path>[A-Za-z$][A-Za-z0-9_.:$-]*)\s+(?P<verb>[A-Za-z]{2})\s+"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|[A-Za-z]+|-?[0-9.]+)(?=\s|\Z)"""
)
JOIN = re.compile(r"\s+and\s+", re.IGNORECASE)
VALUE_PATH = re.compile(
    r"(?P<attribute>[^\[\]]+)\[(?P<filter>.*)\](?:\.(?P<sub>[A-Za-z$][A-Za-z0-9_-]*))?\Z", re.DOTALL
)

Value = str | bool | None


@dataclass(frozen=True)
class Condition:
    """`path` equals `value`: `username`, `emails.value`."""

    path: str
    value: Value


@dataclass(frozen=True)
class Path:
    """What an operation of PATCH is about: `attribute[where].sub`. `extension` tells that it is another schema's."""

    attribute: str
    sub: str = ""
    where: tuple[Condition, ...] | None = None
    extension: bool = False


def read_filter(text: str) -> tuple[Condition, ...]:
    """At least one condition. Raises ScimRefused (invalidFilter) for what is no filter, or none that is served."""
    if len(text) > LENGTH_MAX:
        raise _unfit(f"A filter has {LENGTH_MAX} characters at most.")
    found: list[Condition] = []
    position = 0
    while True:
        match = COMPARISON.match(text, position)
        if match is None or match["verb"].lower() != "eq":
            raise _unfit("Filters are comparisons by “eq”, joined by “and”.")
        found.append(Condition(_name(match["path"]), _value(match["value"])))
        position = match.end()
        if not text[position:].strip():
            return tuple(found)
        join = JOIN.match(text, position)
        if join is None or len(found) >= CONDITIONS_MAX:
            raise _unfit(f"Filters are {CONDITIONS_MAX} comparisons by “eq” at most, joined by “and”.")
        position = join.end()


def read_path(text: str) -> Path:
    """Raises ScimRefused (invalidPath, or invalidFilter for what stands between brackets)."""
    if len(text) > LENGTH_MAX:
        raise _no_path()
    text = text.strip()
    match = VALUE_PATH.match(text)
    where = read_filter(match["filter"]) if match else None
    name, extension = _local(match["attribute"] if match else text)
    attribute, _, sub = name.partition(".")
    if match and match["sub"]:
        if sub:
            raise _no_path()
        sub = match["sub"].lower()
    if extension and not attribute:
        return Path("", extension=True)
    if not ATTRIBUTE.match(attribute) or (sub and not ATTRIBUTE.match(sub)):
        raise _no_path()
    return Path(attribute, sub, where, extension)


def _name(text: str) -> str:
    name, extension = _local(text)
    if extension or not all(ATTRIBUTE.match(part) for part in name.split(".")):
        raise _unfit("There is no such attribute to filter by.")
    return name


def _local(text: str) -> tuple[str, bool]:
    """Without the schema's URN, and whether that was an extension's."""
    name = text.lower()
    for schema in (USER, GROUP):
        name = name.removeprefix(schema + ":")
    if name == ENTERPRISE or name.startswith(ENTERPRISE + ":"):
        return name[len(ENTERPRISE) + 1 :], True
    return name, False


def _value(text: str) -> Value:
    """A JSON string, true, false or null; the words also as some providers write them (`True`)."""
    try:
        value = json.loads(text if text.startswith('"') else text.lower())
    except ValueError as error:
        raise _unfit("A filter compares with a string, true, false or null, as JSON writes them.") from error
    if value is not None and not isinstance(value, str | bool):
        raise _unfit("No attribute here is a number.")
    if isinstance(value, str) and not value.isprintable():
        raise _unfit("A filter compares with characters that can be printed.")
    return value


def _unfit(detail: str) -> ScimRefused:
    return ScimRefused(detail, scim_type="invalidFilter")


def _no_path() -> ScimRefused:
    return ScimRefused("The path names no attribute.", scim_type="invalidPath")
