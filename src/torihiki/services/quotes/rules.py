"""Rules between the fields of requests and quotations, and what one does to the other."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.actions.steps import move_recipient
from torihiki.exchange.bodies import Totals
from torihiki.exchange.models import Document, Link, Recipient
from torihiki.exchange.specs import KINDS, Deed, Problem, Sent
from torihiki.exchange.tax import compute_totals
from torihiki.exchange.writing import sync_views, tell
from torihiki.services.quotes.body import QuoteBody, RequestBody

SETTLED = ("declined", "awarded", "lost")


def request_problems(body: RequestBody, on: date) -> list[Problem]:
    if body.reply_by and body.reply_by < on:
        return [Problem(_("The day by which you want a reply has passed."), "reply_by")]
    return []


def quote_problems(body: QuoteBody, on: date) -> list[Problem]:
    if body.valid_until and body.valid_until < on:
        return [Problem(_("The quotation would be expired when it arrives. Choose a later day."), "valid_until")]
    return []


def quote_totals(body: QuoteBody, on: date) -> Totals:
    """Tax at the rates of the wanted delivery where one is named, else of the day of issue."""
    return compute_totals(
        body.lines,
        currency=body.currency,
        prices_include_tax=body.prices_include_tax,
        line_rounding=body.line_rounding,
        tax_rounding=body.tax_rounding,
        on=body.delivery_on or on,
    )


def quote_from_request(sent: Sent) -> Mapping[str, Any]:
    """Nothing is typed twice: the request's lines, with prices to be filled in."""
    body = sent.body.model_dump(mode="json")
    kept = {name: body[name] for name in ("subject", "delivery_on", "delivery_place", "payment")}
    return {**kept, "lines": [{**line, "unit_price": ""} for line in body["lines"]]}


def mark_quoted(deed: Deed) -> None:
    """A quotation went out: its seller has answered this request."""
    if deed.recipient is not None:
        move_recipient(deed.recipient, deed.kind, "quoted", at=deed.at)


def settle_request(deed: Deed) -> None:
    """A quotation was accepted: its seller gets the award, the others learn that they did not, the request closes.

    A second acceptance, by a buyer who splits the purchase, awards that seller too and takes nothing back."""
    request = _request_of(deed.document)
    if request is None:
        return
    kind = KINDS[request.kind]
    rows = list(Recipient.objects.filter(document_id=request.pk, owner_id=deed.actor.company))
    lost = []
    for row in rows:
        if row.party_id == deed.document.issuer_id:
            move_recipient(row, kind, "awarded", at=deed.at)
        elif row.state not in SETTLED:
            move_recipient(row, kind, "lost", at=deed.at)
            lost.append(row.company_id)
    if request.state == "sent":
        Document.objects.filter(pk=request.pk).update(
            state="closed", state_since=deed.at, waits_for="", changed_at=deed.at
        )
    sync_views(request.pk)
    tell(deed.actor, "document.lost", request, [company for company in lost if company], at=deed.at, also_own=False)


def reopen_request(deed: Deed) -> None:
    """A quotation was withdrawn: its seller may answer the request again."""
    _move_own(deed, "")


def lose_request(deed: Deed) -> None:
    """A quotation was declined: its seller did not get this request."""
    _move_own(deed, "lost")


def release_recipients(deed: Deed) -> None:
    """A request was closed or cancelled: who was still deciding sees that, who has an answer keeps it."""
    rows = Recipient.objects.filter(document_id=deed.document.pk, owner_id=deed.actor.company).exclude(
        state__in=SETTLED
    )
    rows.update(state="", state_since=deed.at, waits_for="")


def _move_own(deed: Deed, state: str) -> None:
    request = _request_of(deed.document)
    if request is None:
        return
    row = Recipient.objects.filter(document_id=request.pk, party_id=deed.document.issuer_id).first()
    if row is None or row.state in SETTLED:
        return
    if state:
        move_recipient(row, KINDS[request.kind], state, at=deed.at)
    else:
        Recipient.objects.filter(pk=row.pk).update(state="", state_since=deed.at, waits_for="")
    sync_views(request.pk)


def _request_of(quote: Document) -> Document | None:
    """The request that this quotation answers, locked: two acceptances at once come one after the other."""
    link = Link.objects.filter(source_id=quote.pk, name="responds").first()
    return Document.objects.select_for_update().get(pk=link.target_id) if link else None
