"""Which open documents a receipt is for: by the payer's name, learned or in kana, and by sums that fit exactly, or less
a bank's fee."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from torihiki.exchange.access import access_owed, access_partners
from torihiki.exchange.models import PartyView, Side
from torihiki.lib.zengin import NotZengin, half_width
from torihiki.services.payments.access import access_payers, access_settled_sums
from torihiki.services.payments.models import BankLine
from torihiki.services.payments.transfers import yen_of
from torihiki.tenancy.actor import Actor

OPEN_MAX = 2_000  # open documents of all partners on one page of receipts
PARTNERS_MAX = 20_000  # whose kana are compared
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
    payers = payers_of(actor, lines)
    owed = open_of(actor, set(payers.values()))
    sums = {party: Sums(documents) for party, documents in owed.items()}
    found = {}
    for line in lines:
        party = payers.get(line.pk)
        found[line.pk] = Guess(party, sums[party].suggest(line.left) if party in sums else None)
    return found


def payers_of(actor: Actor, lines: Sequence[BankLine]) -> dict[UUID, UUID]:
    """The party that seems to have paid each receipt: by a name learned from an earlier one, else by its kana."""
    keys = {line.pk: payer_key(line.payer) for line in lines}
    known = {each.payer: each.partner.party_id for each in access_payers(actor).filter(payer__in=set(keys.values()))}
    if any(key not in known for key in keys.values()):
        listed = access_partners(actor).values_list("party_id", "party__name_kana", "party__name")
        known = {payer_key(spoken or name): pk for pk, spoken, name in listed[:PARTNERS_MAX]} | known
    return {pk: known[key] for pk, key in keys.items() if key in known}


class Sums:
    """What one partner owes, by due date, and which of it sums up to how much; the first SEARCHED_MAX of it."""

    def __init__(self, documents: Sequence[Open]) -> None:
        self._documents = tuple(documents)[:SEARCHED_MAX]

    def suggest(self, yen: int) -> Suggestion | None:
        """What sums up to `yen`: the earliest due ones if those do, else one, else the smallest number. Less a bank's
        fee only the earliest due ones or one: with a fee to choose, some combination would fit nearly anything."""
        if chosen := self._plain.get(yen) or self._combined.get(yen):
            return self._chosen(chosen)
        for fee in FEES:
            if fee < yen and (chosen := self._plain.get(yen + fee)):
                return self._chosen(chosen, fee)
        return None

    def _chosen(self, places: Sequence[int], fee: int = 0) -> Suggestion:
        return Suggestion(tuple(self._documents[place] for place in places), fee)

    @cached_property
    def _plain(self) -> dict[int, tuple[int, ...]]:
        """Of the earliest due ones, and of each alone."""
        best: dict[int, tuple[int, ...]] = {}
        total = 0
        for place, each in enumerate(self._documents):
            total += each.yen
            best.setdefault(total, tuple(range(place + 1)))
        for place, each in enumerate(self._documents):
            best.setdefault(each.yen, (place,))
        return best

    @cached_property
    def _combined(self) -> dict[int, tuple[int, ...]]:
        """The fewest documents for each sum; at most SUMS_MAX sums."""
        reached: dict[int, tuple[int, ...]] = {0: ()}
        for place, each in enumerate(self._documents):
            for sum_, chosen in list(reached.items()):
                if len(reached) >= SUMS_MAX:
                    break
                longer = (*chosen, place)
                if len(longer) < len(reached.get(sum_ + each.yen, range(len(self._documents) + 1))):
                    reached[sum_ + each.yen] = longer
        return reached


def open_of(actor: Actor, parties: Collection[UUID]) -> dict[UUID, list[Open]]:
    """What these parties owe, by due date; at most OPEN_MAX documents in all."""
    owed = access_owed(actor, Side.SELLER).filter(counterparty_id__in=parties)
    views = list(owed.order_by("due_on", "document_id")[:OPEN_MAX]) if parties else []
    sums = access_settled_sums(actor, [view.document_id for view in views])
    found: dict[UUID, list[Open]] = {}
    for view in views:
        if view.counterparty_id is not None:
            left = yen_of(view) - sums.get(view.document_id, 0)
            found.setdefault(view.counterparty_id, []).append(Open(view, left))
    return found
