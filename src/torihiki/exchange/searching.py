"""How documents are found among the own views, for the pages and the API alike."""

from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from torihiki.exchange.models import PartyView
from torihiki.exchange.specs import DRAFT, ISSUER, RECEIVER
from torihiki.lib.keyset import Key, moment
from torihiki.lib.money import MINOR_DIGITS
from torihiki.tenancy.actor import Actor

BY_CHANGE: Key = {"changed_at": moment, "document_id": UUID}
SEARCH_LENGTH_MAX = 100
WORDS_MAX = 5
RARE_MAX = 2_000
NEWEST_ROWS, COMMON_MIN = 1_000, 4  # so many among so many newest make a word common
BOX_CONDITIONS = {
    "todo": Q(waiting="us") | Q(internal_state__in=("in_approval", "ready")),
    "inbox": Q(role=RECEIVER),
    "outbox": Q(role=ISSUER) & ~Q(state=DRAFT),
    "drafts": ~Q(internal_state=""),
    "search": ~Q(state=DRAFT),
}
"""Which of the own views belong in each place."""


def search_views(actor: Actor, views: QuerySet[PartyView], words: str) -> QuerySet[PartyView]:
    """Every word must occur. Rare ones come from the index on words; common ones are found along the list itself."""
    for word in words.split()[:WORDS_MAX]:
        found = None if _is_common(actor, word) else _rare(word)
        if found is None:
            occurs = RawSQL("position(exchange_fold(%s) IN exchange_partyview.folded) > 0", [word], BooleanField())
            views = views.filter(occurs)
        else:
            views = views.filter(document_id__in=RawSQL("SELECT unnest(%s::uuid[])", [found]))
    return views


def amount_of(view: PartyView) -> Decimal | None:
    """In the document's currency, with its decimals."""
    if view.amount_minor is None:
        return None
    return Decimal(view.amount_minor).scaleb(-MINOR_DIGITS.get(view.currency, 0))


def _is_common(actor: Actor, word: str) -> bool:
    """Whether a page of matches is soon found along the list: the index would collect every one of them first."""
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, {"company": actor.company, "rows": NEWEST_ROWS, "word": word, "most": COMMON_MIN})
        return bool(cursor.fetchone()[0] >= COMMON_MIN)


def _rare(word: str) -> list[UUID] | None:
    """Every document with the word, or None for more than RARE_MAX."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT exchange_search_views(%s, %s)", [word, RARE_MAX + 1])
        found = [row[0] for row in cursor.fetchall()]
    return found if len(found) <= RARE_MAX else None


NEWEST = """
SELECT count(*) FROM (SELECT 1 FROM (SELECT folded FROM exchange_partyview WHERE company_id = %(company)s
    ORDER BY changed_at DESC, document_id DESC LIMIT %(rows)s) newest
    WHERE position(exchange_fold(%(word)s) IN folded) > 0 LIMIT %(most)s) matches
"""
