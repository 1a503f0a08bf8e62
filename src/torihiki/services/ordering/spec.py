"""Orders (発注書), order confirmations (注文請書), delivery notes (納品書) and acceptances (検収書)."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.exchange.models import Side
from torihiki.exchange.specs import Kind, Samples, Source, State, Step, Track, register
from torihiki.identity.permissions import Action
from torihiki.services.ordering import course, files, papers, rules, samples
from torihiki.services.ordering.body import AcceptanceBody, DeliveryBody, OrderBody, OrderResponseBody

UNANSWERED = ("sent", "change_proposed")
ON_THE_WAY = ("shipped", "received")

ORDER = register(
    Kind(
        code="order",
        service="ordering",
        label=_("Order"),
        plural=_("Orders"),
        icon="order",
        prefix="PO",
        issuer_side=Side.BUYER,
        body=OrderBody,
        sent_state="sent",
        states=(
            State("sent", pgettext_lazy("order", "Sent"), "info", "receiver"),
            State("change_proposed", _("Change proposed"), "warning", "issuer"),
            State("confirmed", pgettext_lazy("order", "Confirmed"), "success"),
            State("rejected", pgettext_lazy("order", "Rejected"), "danger", void=True),
            State("cancel_requested", _("Cancellation asked by the buyer"), "warning", "receiver"),
            State("cancel_offered", _("Cancellation asked by the seller"), "warning", "issuer"),
            State("cancelled", pgettext_lazy("order", "Cancelled"), "danger", void=True),
            State("withdrawn", _("Withdrawn"), "neutral", void=True),
            State("closed", pgettext_lazy("order", "Closed"), "neutral"),
        ),
        steps=(
            Step("agree", _("Agree to the changes"), _("agreed to the changes"), "issuer", ("change_proposed",),
                 "confirmed", action=Action.SEND, primary=True),
            Step("cancel", _("Cancel the order"), _("cancelled the order"), "issuer", ("change_proposed",),
                 "cancelled", action=Action.SEND, needs_reason=True, danger=True, icon="close"),
            Step("withdraw", _("Withdraw"), _("withdrew the order"), "issuer", ("sent",), "withdrawn",
                 action=Action.SEND, needs_reason=True, danger=True, icon="reply"),
            Step("request_cancel", _("Ask to cancel"), _("asked to cancel the order"), "issuer", ("confirmed",),
                 "cancel_requested", action=Action.SEND, needs_reason=True, danger=True, icon="close"),
            Step("agree_cancel", _("Agree to the cancellation"), _("agreed to the cancellation"), "receiver",
                 ("cancel_requested",), "cancelled", danger=True),
            Step("decline_cancel", _("Decline the cancellation"), _("declined the cancellation"), "receiver",
                 ("cancel_requested",), "confirmed", needs_reason=True, icon="reply"),
            Step("offer_cancel", pgettext_lazy("seller", "Ask to cancel"), _("asked to cancel the order"), "receiver",
                 ("confirmed",), "cancel_offered", needs_reason=True, danger=True, icon="close"),
            Step("accept_cancel", _("Agree to the cancellation"), _("agreed to the cancellation"), "issuer",
                 ("cancel_offered",), "cancelled", action=Action.SEND, danger=True),
            Step("refuse_cancel", _("Decline the cancellation"), _("declined the cancellation"), "issuer",
                 ("cancel_offered",), "confirmed", action=Action.SEND, needs_reason=True, icon="reply"),
            Step("close", _("Close the order short"), _("closed the order short"), "issuer", ("confirmed",), "closed",
                 action=Action.SEND, needs_reason=True, icon="check"),
            Step("record_confirmation", _("Record the confirmation"), _("recorded the confirmation"), "receiver",
                 ("sent",), "confirmed", primary=True, for_outsiders=True),
            Step("confirm", _("Confirm the order"), _("confirmed the order"), "system", ("sent", "change_proposed"),
                 "confirmed", action=Action.SYSTEM),
            Step("propose_change", _("Propose a change"), _("proposed a change"), "system",
                 ("sent", "change_proposed"), "change_proposed", action=Action.SYSTEM, icon="edit"),
            Step("reject", _("Reject the order"), _("rejected the order"), "system", ("sent", "change_proposed"),
                 "rejected", action=Action.SYSTEM, icon="close"),
            Step("complete", _("Complete the order"), _("Everything is delivered and accepted"), "system",
                 ("confirmed",), "closed", action=Action.SYSTEM),
        ),
        sources=(
            Source("quote", ("accepted",), "receiver", "derives", _("Make an order"), rules.order_from_quote),
        ),
        revise_from=("sent", "change_proposed", "confirmed"),
        totals=rules.order_totals,
        due=lambda body: body.requested_on,
        sending=course.order_went_out,
        limits=rules.order_limits,
        tracks=(
            Track("responds", pgettext_lazy("quantity", "Agreed")),
            Track("fulfils", pgettext_lazy("quantity", "Delivered"), left=_("Still to be delivered")),
            Track("accepts", pgettext_lazy("quantity", "Accepted")),
            Track("lacks", pgettext_lazy("quantity", "Not accepted")),
            Track("bills", pgettext_lazy("quantity", "Billed"), left=_("Not billed yet")),
        ),
        rules=rules.order_problems,
        settle=rules.as_issued_here,
        sheet=papers.order_sheet,
        exports=(files.ORDER_XML,),
        reader=files.ORDER_READER,
        samples=Samples(samples.ORDER, samples.ORDER_REFUSED),
    )
)  # fmt: skip

ORDER_RESPONSE = register(
    Kind(
        code="order_response",
        service="ordering",
        label=_("Order confirmation"),
        plural=_("Order confirmations"),
        icon="check-circle",
        prefix="OC",
        issuer_side=Side.SELLER,
        body=OrderResponseBody,
        sent_state="sent",
        states=(
            State("sent", pgettext_lazy("order confirmation", "Sent"), "info"),
            State("superseded", _("Superseded"), "neutral", void=True),
        ),
        steps=(
            Step("supersede", _("Supersede"), _("The order or a later answer superseded it"), "system", ("sent",),
                 "superseded", action=Action.SYSTEM, icon="clock"),
        ),
        sources=(
            Source("order", UNANSWERED, "receiver", "responds", _("Answer the order"), rules.response_from_order,
                   many=True, counts={"responds": "agreed"}, settle=rules.response_in_view_of_order,
                   rules=rules.response_against_order),
        ),
        free=False,
        totals=rules.order_response_totals,
        sending=course.response_went_out,
        settle=rules.as_issued_here,
        sheet=papers.order_response_sheet,
        exports=(files.RESPONSE_XML,),
        reader=files.RESPONSE_READER,
        samples=Samples(samples.ORDER_RESPONSE, samples.ORDER_RESPONSE_REFUSED),
    )
)  # fmt: skip

DELIVERY = register(
    Kind(
        code="delivery",
        service="ordering",
        label=pgettext_lazy("kind of document", "Delivery note"),
        plural=_("Delivery notes"),
        icon="truck",
        prefix="DN",
        issuer_side=Side.SELLER,
        body=DeliveryBody,
        sent_state="shipped",
        states=(
            State("shipped", _("Shipped"), "info", "receiver"),
            State("correction_requested", _("Correction wanted"), "warning", "issuer"),
            State("received", pgettext_lazy("delivery", "Received"), "info", "receiver"),
            State("inspected", _("Inspected with differences"), "warning"),
            State("accepted", pgettext_lazy("delivery", "Accepted"), "success"),
            State("partly_accepted", _("Partly accepted"), "warning"),
            State("rejected", pgettext_lazy("delivery", "Not accepted"), "danger"),
            State("cancelled", pgettext_lazy("delivery", "Cancelled"), "neutral", void=True),
        ),
        steps=(
            Step("receive", _("Confirm the arrival"), _("received the goods"), "receiver", ("shipped",), "received"),
            Step("request_correction", _("Ask for a correction"), _("asked for a correction"), "receiver", ON_THE_WAY,
                 "correction_requested", needs_reason=True, icon="edit"),
            Step("cancel", _("Cancel the delivery"), _("cancelled the delivery"), "issuer",
                 ("shipped", "correction_requested"), "cancelled",
                 action=Action.SEND, needs_reason=True, danger=True, icon="close"),
            Step("record_acceptance", _("Record the acceptance"), _("recorded the acceptance"), "receiver",
                 ON_THE_WAY, "accepted", for_outsiders=True),
            Step("inspect", _("Report differences"), _("reported differences"), "system", ON_THE_WAY, "inspected",
                 action=Action.SYSTEM, icon="edit"),
            Step("accept", _("Accept the delivery"), _("accepted the delivery"), "system", (*ON_THE_WAY, "inspected"),
                 "accepted", action=Action.SYSTEM),
            Step("accept_partly", _("Accept the delivery in part"), _("accepted the delivery in part"), "system",
                 ("inspected",), "partly_accepted", action=Action.SYSTEM),
            Step("reject", _("Reject the delivery"), _("rejected the delivery"), "system", ("inspected",), "rejected",
                 action=Action.SYSTEM, icon="close"),
            Step("reopen", _("Inspect again"), _("will inspect again"), "system", ("inspected",), "received",
                 action=Action.SYSTEM, icon="reply"),
        ),
        sources=(
            Source("order", ("confirmed",), "receiver", "fulfils", _("Make a delivery note"),
                   rules.delivery_from_order, many=True, counts={"fulfils": "quantity"},
                   rules=rules.delivery_against_order),
        ),
        revise_from=("shipped", "correction_requested"),
        due=lambda body: body.expected_on,
        limits=rules.delivery_limits,
        tracks=(
            Track("accepts", pgettext_lazy("quantity", "Accepted")),
            Track("lacks", pgettext_lazy("quantity", "Not accepted")),
            Track("bills", pgettext_lazy("quantity", "Billed"), left=_("Not billed yet")),
        ),
        rules=rules.delivery_problems,
        settle=rules.as_issued_here,
        sheet=papers.delivery_sheet,
        exports=(files.DESPATCH_XML,),
        reader=files.DESPATCH_READER,
        samples=Samples(samples.DELIVERY, samples.DELIVERY_REFUSED),
    )
)  # fmt: skip

ACCEPTANCE = register(
    Kind(
        code="acceptance",
        service="ordering",
        label=_("Acceptance certificate"),
        plural=_("Acceptance certificates"),
        icon="seal",
        prefix="AC",
        issuer_side=Side.BUYER,
        body=AcceptanceBody,
        sent_state="issued",
        states=(
            State("issued", _("Differences to be agreed"), "warning", "receiver"),
            State("in_query", _("In query"), "warning", "issuer"),
            State("agreed", pgettext_lazy("acceptance", "Final"), "success"),
            State("withdrawn", _("Withdrawn"), "neutral", void=True),
        ),
        steps=(
            Step("agree", _("Agree to the differences"), _("agreed to the differences"), "receiver", ("issued",),
                 "agreed", primary=True, effect=course.differences_agreed),
            Step("ask", _("Ask the buyer"), _("asked about it"), "receiver", ("issued",), "in_query",
                 needs_reason=True, icon="help"),
            Step("answer", _("Answer the question"), _("answered the question"), "issuer", ("in_query",), "issued",
                 needs_reason=True, primary=True, icon="comment"),
            Step("withdraw", _("Withdraw"), _("withdrew it"), "issuer", ("issued", "in_query"), "withdrawn",
                 action=Action.SEND, needs_reason=True, danger=True, icon="reply",
                 effect=course.acceptance_withdrawn),
        ),
        sources=(
            Source("delivery", ON_THE_WAY, "receiver", "accepts", _("Make an acceptance certificate"),
                   rules.acceptance_from_delivery, counts={"accepts": "quantity", "lacks": "lacking"},
                   settle=rules.acceptance_in_view_of_delivery, rules=rules.acceptance_against_delivery),
        ),
        free=False,
        revise_from=("issued", "in_query"),
        sending=course.acceptance_went_out,
        limits=rules.acceptance_limits,
        tracks=(Track("bills", pgettext_lazy("quantity", "Billed"), left=_("Not billed yet")),),
        sheet=papers.acceptance_sheet,
        samples=Samples(samples.ACCEPTANCE, samples.ACCEPTANCE_REFUSED),
    )
)  # fmt: skip
