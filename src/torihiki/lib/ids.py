"""Ids made in the application: UUIDv7 (RFC 9562), so that keys sort by time and no round trip is needed."""

from uuid import UUID

import uuid6


def new_id() -> UUID:
    """A fresh UUIDv7, as the plain `UUID` that drivers and frameworks know."""
    return UUID(bytes=uuid6.uuid7().bytes)
