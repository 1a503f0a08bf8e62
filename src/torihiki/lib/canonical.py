"""Canonical JSON (RFC 8785) with decimals, dates and ids as strings: the bytes that are hashed and kept."""

import json
from collections.abc import Mapping, Sequence
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
    if type(value) is dict:
        for name, item in value.items():
            if type(name) is not str or not name.isascii():
                return False
            if type(item) is not str and item is not None and not _is_plain(item):
                return False
        return True
    if type(value) is list:
        return all(map(_is_plain, value))
    if type(value) is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX
    return type(value) is str or type(value) is bool or value is None


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
