"""An invoice on paper and as JP PINT XML; and one that comes in."""

from dataclasses import replace
from datetime import date
from typing import cast

from django.utils.translation import gettext as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.refusals import FileRefused
from torihiki.exchange.render.priced import parties, priced_sheet
from torihiki.exchange.render.sheet import Sheet
from torihiki.exchange.render.words import Language
from torihiki.exchange.specs import File, Sent, TakenIn
from torihiki.services.invoices.body import InvoiceBody
from torihiki.services.invoices.mapping import EmbeddedFile, XmlRefused, read_pint, write_pint
from torihiki.services.invoices.parts import Flavour


class InvoiceRefused(FileRefused):
    """The XML is unsafe, broken, not an invoice, or could not be kept without loss."""

    code = "invoice_refused"


def invoice_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("InvoiceBody", sent.body)
    return _sheet(sent, language, _("INVOICE"), _("We request payment as follows."), _("Amount due (incl. tax)"), body)


def credit_note_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("InvoiceBody", sent.body)
    return _sheet(
        sent, language, _("CREDIT NOTE"), _("We give back the following."), _("Amount given back (incl. tax)"), body
    )


def self_billing_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("InvoiceBody", sent.body)
    return _sheet(
        sent, language, _("SELF-BILLED INVOICE"), _("We will pay as follows."), _("Amount to be paid (incl. tax)"), body
    )


def write_xml(sent: Sent) -> bytes:
    """JP PINT 1.1.3: type 380, 480 for a seller without registration, 389 where the buyer writes it.

    Raises InvoiceRefused where it demands what the invoice lacks, such as the number of a buyer who has none."""
    seller, buyer = parties(sent)
    try:
        return write_pint(
            number=sent.number,
            issued_on=sent.issued_on,
            seller=seller,
            buyer=buyer,
            body=cast("InvoiceBody", sent.body),
            files=[EmbeddedFile(file.name, file.media_type, file.content) for file in sent.files],
        )
    except XmlRefused as refusal:
        raise InvoiceRefused(str(refusal)) from refusal


def read_xml(content: bytes, _own: PartyDetails) -> list[TakenIn]:
    """Raises InvoiceRefused with the reader's own words."""
    try:
        read = read_pint(content)
    except XmlRefused as refusal:
        raise InvoiceRefused(str(refusal)) from refusal
    by_buyer = read.flavour == Flavour.SELF_BILLING
    taken = TakenIn(
        number=read.number,
        issued_on=read.issued_on,
        issuer=read.buyer if by_buyer else read.seller,
        recipient=read.seller if by_buyer else read.buyer,
        body=read.body,
        files=[File(file.name, file.mime_type, file.content) for file in read.files],
        warnings=[str(remark) for remark in read.warnings],
        kind="self_billing" if by_buyer else "invoice",
    )
    return [taken]


def _sheet(sent: Sent, language: Language, title: str, opening: str, headline: str, body: InvoiceBody) -> Sheet:
    sheet = priced_sheet(
        sent,
        language,
        title=title,
        opening=opening,
        headline=headline,
        facts=(
            (_("Due date"), body.due_on),
            (_("Transaction date"), _period(body)),
            (_("Order number"), body.order_reference),
            (_("Corrects"), "\n".join(_earlier(item.number, item.issued_on) for item in body.preceding)),
            (
                _("Where to pay"),
                "\n".join(f"{means.account} {means.account_name}".strip() for means in body.payment_means),
            ),
            (_("Payment terms"), "\n".join(terms.note for terms in body.payment_terms if terms.note)),
        ),
    )
    if body.flavour == Flavour.NON_REGISTERED and sheet.totals is not None:
        # Who is not registered states no tax: neither rates on the lines nor sums per rate.
        lines = tuple(replace(line, tax_rate=None, tax_label="", reduced=False) for line in sheet.lines)
        sheet = replace(sheet, lines=lines, totals=replace(sheet.totals, by_rate=()))
    due = body.amount_due(sent.issued_on)
    if sheet.headline is None or due == sheet.headline.amount:
        return sheet
    return replace(sheet, headline=replace(sheet.headline, amount=due))


def _period(body: InvoiceBody) -> str | date | None:
    if body.period_start and body.period_end and body.period_start != body.period_end:
        return f"{body.period_start:%Y/%m/%d} – {body.period_end:%Y/%m/%d}"
    return body.period_start or body.period_end


def _earlier(number: str, issued_on: date | None) -> str:
    return f"{number} ({issued_on:%Y/%m/%d})" if issued_on else number
