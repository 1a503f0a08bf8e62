"""Invoices (請求書), credit notes (適格返還請求書) and self-billed invoices (仕入明細書): kinds, states and steps."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.exchange.models import Side
from torihiki.exchange.specs import Export, Kind, Owed, Reader, Samples, Seat, Source, State, Step, register
from torihiki.identity.permissions import Action
from torihiki.services.invoices import papers, rules, samples
from torihiki.services.invoices.body import InvoiceBody

JP_PINT = Export("jp-pint", _("JP PINT XML"), "application/xml", ".xml", papers.write_xml, inside_pdf=True)
READER = Reader(
    label=_("Take in an invoice"),
    help=_("A JP PINT invoice (Peppol, UBL 2.1) as XML, up to 10 MiB."),
    suffixes=(".xml",),
    bytes_max=10 * 2**20,
    read=papers.read_xml,
)
STATES = (
    State("issued", _("Issued"), "info", "receiver"),
    State("in_query", _("In query"), "warning", "issuer"),
    State("accepted", pgettext_lazy("invoice", "Accepted"), "success"),
    State("rejected", _("Rejected"), "danger", "issuer"),
    State("withdrawn", _("Withdrawn"), "neutral", void=True),
    State("cancelled", _("Cancelled"), "neutral", void=True),
)
CONFIRMED = tuple(replace(state, label=_("Confirmed")) if state.code == "accepted" else state for state in STATES)
"""A 仕入明細書 counts once the seller has confirmed it (消費税法第30条第9項第3号): that is its word."""
OPEN = ("issued", "in_query")
OWED = Owed(payable=("accepted",), expected=(*OPEN, "accepted"))


def steps(accept: Step) -> tuple[Step, ...]:
    """The course of every document that bills: queried and answered, accepted or rejected, then final."""
    return (
        accept,
        Step("query", _("Ask the issuer"), _("asked about it"), "receiver", ("issued",), "in_query",
             needs_reason=True, icon="help"),
        Step("reject", _("Reject"), _("rejected it"), "receiver", OPEN, "rejected",
             needs_reason=True, danger=True, icon="close"),
        Step("answer", pgettext_lazy("invoice", "Answer"), _("answered the question"), "issuer",
             ("in_query",), "issued", needs_reason=True, primary=True, icon="comment"),
        Step("withdraw", _("Withdraw"), _("withdrew it"), "issuer", ("issued",), "withdrawn",
             action=Action.SEND, needs_reason=True, danger=True, icon="reply"),
        Step("cancel", pgettext_lazy("invoice", "Cancel"), _("cancelled it"), "issuer",
             ("rejected", "in_query"), "cancelled", action=Action.SEND, needs_reason=True, danger=True, icon="close"),
    )  # fmt: skip


def counted(kind: str, states: tuple[str, ...], seat: Seat) -> Source:
    """Billed line by line, in parts, never beyond what is open."""
    return Source(
        kind,
        states,
        seat,
        "bills",
        _("Make an invoice"),
        rules.invoice_from_counted,
        many=True,
        counts={"bills": "quantity"},
    )


ACCEPT = Step(
    "accept", pgettext_lazy("invoice", "Accept"), _("accepted it"), "receiver", OPEN, "accepted", primary=True
)

INVOICE = register(
    Kind(
        code="invoice",
        service="invoices",
        label=_("Invoice"),
        plural=_("Invoices"),
        icon="invoice",
        prefix="INV",
        issuer_side=Side.SELLER,
        body=InvoiceBody,
        sent_state="issued",
        states=STATES,
        steps=steps(ACCEPT),
        sources=(
            Source("quote", ("accepted",), "issuer", "bills", _("Make an invoice"), rules.invoice_from_quote),
            counted("acceptance", ("agreed",), "receiver"),
            counted("delivery", ("shipped", "received", "accepted", "partly_accepted"), "issuer"),
            counted("order", ("confirmed", "closed"), "receiver"),
            Source(
                "invoice",
                ("rejected", "cancelled"),
                "issuer",
                "replaces",
                _("Make a corrected invoice"),
                rules.corrected_invoice,
            ),
        ),
        totals=InvoiceBody.totals,
        owed=OWED,
        settle=rules.sellers_flavour,
        due=lambda body: body.due_on,
        rules=rules.invoice_problems,
        sheet=papers.invoice_sheet,
        exports=(JP_PINT,),
        reader=READER,
        samples=Samples(samples.INVOICE, samples.INVOICE_REFUSED),
    )
)

CREDIT_NOTE = register(
    Kind(
        code="credit_note",
        service="invoices",
        label=_("Credit note"),
        plural=_("Credit notes"),
        icon="reply",
        prefix="CN",
        issuer_side=Side.SELLER,
        body=InvoiceBody,
        sent_state="issued",
        states=STATES,
        steps=steps(ACCEPT),
        sources=(
            Source(
                "invoice",
                ("accepted",),
                "issuer",
                "corrects",
                _("Make a credit note"),
                rules.credit_note_from_invoice,
                many=True,
            ),
        ),
        free=False,
        totals=InvoiceBody.totals,
        owed=Owed(payable=("accepted",), expected=("accepted",)),
        settle=rules.sellers_flavour,
        rules=rules.credit_note_problems,
        sheet=papers.credit_note_sheet,
        exports=(JP_PINT,),
        samples=Samples(samples.CREDIT_NOTE, samples.CREDIT_NOTE_REFUSED),
    )
)

SELF_BILLING = register(
    Kind(
        code="self_billing",
        service="invoices",
        label=_("Self-billed invoice"),
        plural=_("Self-billed invoices"),
        icon="invoice",
        prefix="SB",
        issuer_side=Side.BUYER,
        body=InvoiceBody,
        sent_state="issued",
        states=CONFIRMED,
        steps=steps(Step("accept", _("Confirm"), _("confirmed it"), "receiver", OPEN, "accepted", primary=True)),
        totals=InvoiceBody.totals,
        owed=Owed(payable=("accepted",), expected=("accepted",)),
        settle=rules.buyers_flavour,
        due=lambda body: body.due_on,
        rules=rules.invoice_problems,
        sheet=papers.self_billing_sheet,
        exports=(JP_PINT,),
        samples=Samples(samples.SELF_BILLING, samples.INVOICE_REFUSED),
    )
)
