"""The document as it is printed, shown in the page: from the same sheet as the PDF."""

from dataclasses import replace
from typing import Any

from django.utils import timezone, translation

from torihiki.exchange.access import Seen, access_own_party
from torihiki.exchange.actions.drafts import own_details, validated
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Draft, Party, Version
from torihiki.exchange.pages.sums import sums_of
from torihiki.exchange.papers import read_sent
from torihiki.exchange.refusals import BodyInvalid
from torihiki.exchange.render.sheet import Sheet
from torihiki.exchange.render.words import Language
from torihiki.exchange.specs import RECEIVER, Sent
from torihiki.web.formats import format_day


def paper_context(seen: Seen, version: Version | None, draft: Draft | None) -> dict[str, Any]:
    """What `exchange/paper.html` needs: of the version, or of a first draft that somebody is to approve."""
    sent = read_sent(version) if version else _as_if_sent(seen, draft)
    if sent is None:
        return {}
    if sent.recipient is None and seen.view.role == RECEIVER:
        sent = _for(sent, PartyDetails.model_validate(access_own_party(seen.actor).details))
    language: Language = "en" if (translation.get_language() or "ja").startswith("en") else "ja"
    sheet = seen.kind.sheet(sent, language)
    facts = [
        (fact.label, fact.value if isinstance(fact.value, str) else format_day(fact.value)) for fact in sheet.facts
    ]
    return {
        "sheet": _Shown(sheet),
        "paper_facts": facts,
        "sums": sums_of(sent.totals, sheet.currency),
        "has_reduced": any(line.reduced for line in sheet.lines),
    }


class _Shown:
    """A sheet with its two parties by who wrote it and to whom."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        by_seller = sheet.issued_by == "seller"
        self.sender = sheet.seller if by_seller else sheet.buyer
        self.addressee = sheet.buyer if by_seller else sheet.seller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sheet, name)


def _as_if_sent(seen: Seen, draft: Draft | None) -> Sent | None:
    """The first draft as it would go out today; None while it is incomplete."""
    if draft is None:
        return None
    today, issuer = timezone.localdate(), own_details(seen.actor)
    try:
        body = validated(seen.kind, draft.body, issuer=issuer, on=today)
    except BodyInvalid:
        return None
    party = Party.objects.filter(pk__in=draft.recipients[:1]).first()
    return Sent(
        kind=seen.kind.code,
        number="",
        version=0,
        issued_on=today,
        issuer=issuer,
        recipient=PartyDetails.model_validate(party.details) if party and not seen.kind.several_recipients else None,
        body=body,
        totals=seen.kind.totals(body, today) if seen.kind.totals else None,
    )


def _for(sent: Sent, recipient: PartyDetails) -> Sent:
    return replace(sent, recipient=recipient)
