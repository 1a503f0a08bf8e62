"""Ids made in the application: UUIDv7 (RFC 9562), so that keys sort by time and no round trip is needed."""

import secrets
import time
from threading import Lock
from uuid import UUID

VERSION_BITS = 0x7 << 76
VARIANT_BITS = 0x2 << 62
RANDOM_BITS = 62
RANDOM_BYTES = 8
RANDOM_MASK = (1 << RANDOM_BITS) - 1
COUNTER_BITS = 12

_lock = Lock()
_last = 0  # millisecond and counter of the newest id of this process


def new_id() -> UUID:
    """A fresh UUIDv7, as the plain `UUID` that drivers and frameworks know."""
    global _last  # noqa: PLW0603 — one counter for the process is the point
    with _lock:
        _last = moment = max(time.time_ns() // 1_000_000 << COUNTER_BITS, _last + 1)
    return _made(moment, secrets.token_bytes(RANDOM_BYTES))


def new_ids(count: int) -> list[UUID]:
    """`count` fresh ids in rising order: a counter of 12 bits within the millisecond (RFC 9562, 6.2 method 1), so that
    four million a second still tell the time at which they were made; the other 62 bits are random."""
    global _last  # noqa: PLW0603 — one counter for the process is the point
    with _lock:
        first = max(time.time_ns() // 1_000_000 << COUNTER_BITS, _last + 1)
        _last = first + count - 1
    random = secrets.token_bytes(RANDOM_BYTES * count)
    return [_made(first + place, random[place * RANDOM_BYTES : (place + 1) * RANDOM_BYTES]) for place in range(count)]


def _made(moment: int, random: bytes) -> UUID:
    stamp, counter = moment >> COUNTER_BITS, moment & ((1 << COUNTER_BITS) - 1)
    noise = int.from_bytes(random, "big") & RANDOM_MASK
    return UUID(int=stamp << 80 | VERSION_BITS | counter << 64 | VARIANT_BITS | noise)


def id_of(text: str) -> UUID | None:
    """What somebody sent as an id; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
