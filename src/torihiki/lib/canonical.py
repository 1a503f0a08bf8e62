"""Canonical JSON (RFC 8785) with decimals, dates and ids as strings: the bytes that are hashed and kept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import rfc8785


def canonical_json(value: object) -> bytes:
    """RFC 8785 bytes of `value`. Decimals become strings that keep their written precision; binary floats are refused,
    because their text is not the number that somebody typed. Raises TypeError for what else JSON cannot carry."""
    return rfc8785.dumps(_plain(value))


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
