"""Numbers of documents: issuer, kind, series and year; gapless, given inside the issuing transaction (promise P2)."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from torihiki.exchange.specs import Kind
from torihiki.lib.ids import new_id

TOKYO = ZoneInfo("Asia/Tokyo")
NUMBER_DIGITS = 6

NEXT = """
INSERT INTO exchange_numberseries AS s (id, company_id, kind, series, year, last) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (company_id, kind, series, year) DO UPDATE SET last = s.last + excluded.last RETURNING last
"""


def next_number(company_id: UUID, kind: Kind, *, at: datetime, series: str = "") -> str:
    """Such as `INV-2026-000042`. The year is Tokyo's.

    The row stays locked until the transaction ends: an aborted one gives its number back, nobody skips or shares one.
    """
    return next_numbers(company_id, kind, 1, at=at, series=series)[0]


def next_numbers(company_id: UUID, kind: Kind, count: int, *, at: datetime, series: str = "") -> list[str]:
    """`count` numbers without a gap between them, as `next_number` gives each."""
    year = at.astimezone(TOKYO).year
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [new_id(), company_id, kind.code, series, year, count])
        last = cursor.fetchone()[0]
    before = "-".join(part for part in (kind.prefix, series, str(year)) if part)
    return [f"{before}-{number:0{NUMBER_DIGITS}d}" for number in range(last - count + 1, last + 1)]
