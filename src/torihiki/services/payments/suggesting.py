"""Which open documents a receipt is for: by the payer's name, learned or in kana, and by sums that fit exactly, or less
a bank's fee."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from torihiki.exchange.access import access_owed
from torihiki.exchange.models import Party, PartyView, Side
from torihiki.lib.zengin import NotZengin, half_width
from torihiki.services.payments.access import access_payers, access_settled_sums
from torihiki.services.payments.models import BankLine
from torihiki.services.payments.transfers import yen_of
from torihiki.tenancy.actor import Actor

OPEN_MAX = 2_000  # open documents that are looked at for one page of receipts
SEARCHED_MAX = 24  # of one partner, the earliest due, in combinations
SUMS_MAX = 20_000
FEES = range(1, 881)  # yen that banks take for a transfer
LEGAL_FORMS = re.compile(r"^(ｶ|ﾕ|ﾄﾞ|ｼ|ﾒ|ｻﾞｲ|ｼﾔ|ｲ)\)|\((ｶ|ﾕ|ﾄﾞ|ｼ|ﾒ|ｻﾞｲ|ｼﾔ|ｲ)\)?$|ｶﾌﾞｼｷｶﾞｲｼﾔ|ﾕｳｹﾞﾝｶﾞｲｼﾔ|ｺﾞｳﾄﾞｳｶﾞｲｼﾔ")
SIGNS = re.compile(r"[\s()\-./\\｢｣]")


@dataclass(frozen=True)
class Open:
    """A document of which something is owed: so many yen, below nought for a credit note."""

    view: PartyView
    yen: int


@dataclass(frozen=True)
class Suggestion:
    """What a receipt might settle in whole; `fee` is what its bank kept."""

    documents: tuple[Open, ...]
    fee: int = 0

    @property
    def yen(self) -> int:
        return sum(each.yen for each in self.documents)


@dataclass(frozen=True)
class Guess:
    """`party` is who seems to have paid; `suggestion` what for, where a sum fits."""

    party_id: UUID | None
    suggestion: Suggestion | None


def payer_key(name: str) -> str:
    """A payer's name as it can be compared: half width, without legal form, spaces and signs."""
    plain = "".join(map(_half, name)) or name.upper()
    while (shorter := LEGAL_FORMS.sub("", plain.strip())) != plain:
        plain = shorter
    return SIGNS.sub("", plain)[:48]


def _half(letter: str) -> str:
    try:
        return half_width(letter)
    except NotZengin:
        return ""


def guesses(actor: Actor, lines: Sequence[BankLine]) -> dict[UUID, Guess]:
    """For each receipt; a fixed number of queries for a page of them."""
    open_by_party = _open(actor)
    keys = {line.pk: payer_key(line.payer) for line in lines}
    known = {each.payer: each.partner.party_id for each in access_payers(actor).filter(payer__in=set(keys.values()))}
    kana = Party.objects.filter(pk__in=[party for party in open_by_party if party]).values_list(
        "pk", "name_kana", "name"
    )
    by_kana = {payer_key(spoken or name): pk for pk, spoken, name in kana}
    found = {}
    for line in lines:
        party = known.get(keys[line.pk]) or by_kana.get(keys[line.pk])
        its = open_by_party.get(party, []) if party else []
        found[line.pk] = Guess(party, suggest(its, line.left))
    return found


def suggest(documents: Sequence[Open], yen: int) -> Suggestion | None:
    """Documents, by due date, that sum up to `yen`: the earliest due ones if those do, else one, else the smallest
    number of the first SEARCHED_MAX. Less a bank's fee only the earliest due ones or one: with a fee to choose, some
    combination would fit nearly anything."""
    ordered = list(documents)[:SEARCHED_MAX]
    plain = _plain_sums(ordered)
    if chosen := plain.get(yen) or _combined(ordered).get(yen):
        return Suggestion(tuple(ordered[place] for place in chosen))
    for fee in FEES:
        if fee < yen and (chosen := plain.get(yen + fee)):
            return Suggestion(tuple(ordered[place] for place in chosen), fee)
    return None


def _plain_sums(documents: Sequence[Open]) -> dict[int, tuple[int, ...]]:
    """Of the earliest due ones, and of each alone."""
    best: dict[int, tuple[int, ...]] = {}
    total = 0
    for place, each in enumerate(documents):
        total += each.yen
        best.setdefault(total, tuple(range(place + 1)))
    for place, each in enumerate(documents):
        best.setdefault(each.yen, (place,))
    return best


def _combined(documents: Sequence[Open]) -> dict[int, tuple[int, ...]]:
    """The fewest documents for each sum; at most SUMS_MAX sums."""
    reached: dict[int, tuple[int, ...]] = {0: ()}
    for place, each in enumerate(documents):
        for sum_, chosen in list(reached.items()):
            if len(reached) >= SUMS_MAX:
                break
            longer = (*chosen, place)
            if len(longer) < len(reached.get(sum_ + each.yen, range(len(documents) + 1))):
                reached[sum_ + each.yen] = longer
    return reached


def open_of(actor: Actor, party_id: UUID | None) -> list[Open]:
    """What one partner owes, by due date."""
    return _open(actor, party_id).get(party_id, [])


def _open(actor: Actor, party_id: UUID | None = None) -> dict[UUID | None, list[Open]]:
    owed = access_owed(actor, Side.SELLER)
    if party_id is not None:
        owed = owed.filter(counterparty_id=party_id)
    views = list(owed.order_by("due_on", "document_id")[:OPEN_MAX])
    sums = access_settled_sums(actor, [view.document_id for view in views])
    found: dict[UUID | None, list[Open]] = {}
    for view in views:
        left = yen_of(view) - sums.get(view.document_id, 0)
        found.setdefault(view.counterparty_id, []).append(Open(view, left))
    return found
