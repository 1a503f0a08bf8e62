"""Canonical JSON (RFC 8785) with decimals, dates and ids as strings: the bytes that are hashed and kept."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import rfc8785

INTEGER_MAX = 2**53 - 1


def canonical_json(value: object) -> bytes:
    """RFC 8785 bytes of `value`. Decimals become strings that keep their written precision; binary floats are refused,
    because their text is not the number that somebody typed. Raises TypeError for what else JSON cannot carry."""
    if _is_plain(value):
        return _PLAIN.encode(value).encode()
    return rfc8785.dumps(_plain(value))


# For texts, small integers, booleans, nothing, and objects with ASCII names, RFC 8785 asks for what this encoder (in C)
# writes: names in order of code units, the shortest escapes, no spaces. A test holds both against each other.
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def _is_plain(value: object) -> bool:
    """Whether there is nothing in it that the two ways of writing could write differently."""
    kind = type(value)
    if kind is dict:
        names: Collection[str] = value.keys()  # type: ignore[attr-defined]
        return set(map(type, names)) <= _TEXT and all(map(str.isascii, names)) and _are_plain(value.values())  # type: ignore[attr-defined]
    if kind is list:
        return _are_plain(value)  # type: ignore[arg-type]
    if kind is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX  # type: ignore[operator]
    return kind in _PLAIN_KINDS


def _are_plain(values: Collection[object]) -> bool:
    """Most values are text or nothing: these are passed over without a call for each."""
    return set(map(type, values)) <= _PLAIN_KINDS or all(
        _is_plain(value) for value in values if type(value) not in _PLAIN_KINDS
    )


_TEXT = frozenset({str})
_PLAIN_KINDS = frozenset({str, bool, type(None)})


def _plain(value: object) -> "rfc8785.JSON":  # type: ignore[name-defined]
    match value:
        case None | bool() | int():
            return value
        case Enum():
            return _plain(value.value)
        case str():
            return value
        case Decimal():
            return f"{value:f}"
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no canonical JSON form")
