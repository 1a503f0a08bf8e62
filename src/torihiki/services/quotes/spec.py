"""Requests for quotation and quotations (見積書): who sends what to whom, and what may follow."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.exchange.models import Side
from torihiki.exchange.specs import Further, Kind, Samples, Source, State, Step, register
from torihiki.identity.permissions import Action
from torihiki.services.quotes import papers, rules, samples
from torihiki.services.quotes.body import QuoteBody, RequestBody

RFQ = register(
    Kind(
        code="rfq",
        service="quotes",
        label=_("Request for quotation"),
        plural=_("Requests for quotation"),
        icon="help",
        prefix="RFQ",
        issuer_side=Side.BUYER,
        body=RequestBody,
        several_recipients=True,
        sent_state="sent",
        states=(
            State("sent", pgettext_lazy("request", "Sent"), "info", "receiver"),
            State("info_requested", _("Question asked"), "warning", "issuer"),
            State("quoted", _("Quoted"), "info", "issuer"),
            State("declined", _("Declined"), "neutral", void=True),
            State("awarded", _("Awarded"), "success"),
            State("lost", _("Not awarded"), "neutral"),
            State("closed", pgettext_lazy("request", "Closed"), "neutral"),
            State("cancelled", _("Cancelled"), "danger", void=True),
        ),
        steps=(
            Step("ask", _("Ask a question"), _("asked a question"), "receiver", ("sent",), "info_requested",
                 needs_reason=True, icon="help", per_recipient=True),
            Step("answer", _("Answer the question"), _("answered the question"), "issuer", ("info_requested",), "sent",
                 needs_reason=True, primary=True, icon="comment", per_recipient=True),
            Step("decline", _("Decline to quote"), _("declined to quote"), "receiver",
                 ("sent", "info_requested"), "declined",
                 needs_reason=True, danger=True, icon="close", per_recipient=True),
            Step("close", _("Close the request"), _("closed the request"), "issuer", ("sent",), "closed",
                 action=Action.SEND, icon="check", effect=rules.release_recipients),
            Step("cancel", _("Cancel the request"), _("cancelled the request"), "issuer", ("sent",), "cancelled",
                 action=Action.SEND, needs_reason=True, danger=True, icon="close", effect=rules.release_recipients),
        ),
        revise_from=("sent",),
        kept_on_revision=("quoted",),
        rules=rules.request_problems,
        further=(Further(_("Compare the quotations"), "filter", "quotes-comparison", "issuer"),),
        sheet=papers.request_sheet,
        samples=Samples(samples.REQUEST, samples.REQUEST_REFUSED),
    )
)  # fmt: skip

QUOTE = register(
    Kind(
        code="quote",
        service="quotes",
        label=_("Quotation"),
        plural=_("Quotations"),
        icon="quote",
        prefix="QT",
        issuer_side=Side.SELLER,
        body=QuoteBody,
        sent_state="sent",
        states=(
            State("sent", pgettext_lazy("quote", "Sent"), "info", "receiver"),
            State("revision_requested", _("Revision wanted"), "warning", "issuer"),
            State("accepted", _("Accepted"), "success"),
            State("declined", pgettext_lazy("quote", "Declined"), "danger", void=True),
            State("withdrawn", _("Withdrawn"), "neutral", void=True),
            State("expired", _("Expired"), "neutral", void=True),
        ),
        steps=(
            Step("accept", _("Accept"), _("accepted the quotation"), "receiver", ("sent",), "accepted",
                 primary=True, icon="check", effect=rules.settle_request),
            Step("request_revision", _("Ask for a revision"), _("asked for a revision"), "receiver", ("sent",),
                 "revision_requested", needs_reason=True, icon="edit"),
            Step("decline", pgettext_lazy("quote", "Decline"), _("declined the quotation"), "receiver",
                 ("sent", "revision_requested"), "declined",
                 needs_reason=True, danger=True, icon="close", effect=rules.lose_request),
            Step("withdraw", _("Withdraw"), _("withdrew the quotation"), "issuer",
                 ("sent", "revision_requested"), "withdrawn",
                 action=Action.SEND, needs_reason=True, danger=True, icon="reply", effect=rules.reopen_request),
            Step("expire", _("Expire"), _("The quotation expired"), "system", ("sent", "revision_requested"), "expired",
                 action=Action.SYSTEM, icon="clock"),
        ),
        sources=(
            Source("rfq", ("sent", "info_requested"), "receiver", "responds", _("Make a quotation"),
                   rules.quote_from_request, rules.mark_quoted),
        ),
        revise_from=("sent", "revision_requested"),
        totals=rules.quote_totals,
        due=lambda body: body.valid_until,
        expiry="expire",
        rules=rules.quote_problems,
        sheet=papers.quote_sheet,
        samples=Samples(samples.QUOTE, samples.QUOTE_REFUSED),
    )
)  # fmt: skip
