"""What is ordered, what was answered, what was shipped and what was accepted: four bodies over the same line ids."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import Field, model_validator

from torihiki.exchange.bodies import (
    LINES_MAX,
    Address,
    Amount,
    Body,
    Code,
    Contact,
    Identifier,
    Label,
    LongText,
    PartyDetails,
    PricedBody,
    PricedLine,
    Quantity,
    ShortText,
    TaxCategory,
    UnitPrice,
)
from torihiki.exchange.render.ubl import parts
from torihiki.exchange.render.ubl.exact import AsStated

PARTS_MAX = 100
ZERO = Decimal(0)

Counted = Annotated[Quantity, Field(ge=0)]


class Answer(StrEnum):
    """What the seller says to one ordered line."""

    ACCEPT = "accept"
    CHANGE = "change"  # another quantity or day
    SUBSTITUTE = "substitute"  # another item in its place
    BACK_ORDER = "back_order"  # part of it now, the rest later
    REJECT = "reject"

    @classmethod
    def words(cls) -> dict[StrEnum, Any]:
        return {
            cls.ACCEPT: pgettext_lazy("order line", "As ordered"),
            cls.CHANGE: pgettext_lazy("order line", "Changed"),
            cls.SUBSTITUTE: _("Substitute"),
            cls.BACK_ORDER: _("Part later"),
            cls.REJECT: pgettext_lazy("order line", "Not delivered"),
        }


class Difference(StrEnum):
    """Why what was accepted is not what was delivered."""

    NONE = "none"
    SHORT = "short"
    EXCESS = "excess"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    QUALITY = "quality"
    LATE = "late"
    OTHER = "other"

    @classmethod
    def words(cls) -> dict[StrEnum, Any]:
        return {
            cls.NONE: "—",
            cls.SHORT: pgettext_lazy("difference", "Short"),
            cls.EXCESS: pgettext_lazy("difference", "Too much"),
            cls.DAMAGED: pgettext_lazy("difference", "Damaged"),
            cls.WRONG_ITEM: pgettext_lazy("difference", "Wrong item"),
            cls.QUALITY: pgettext_lazy("difference", "Quality"),
            cls.LATE: pgettext_lazy("difference", "Late"),
            cls.OTHER: pgettext_lazy("difference", "Other"),
        }


class Response(StrEnum):
    """What an answer says to an order as a whole (UNTDID 4343), where it says so and no more."""

    ACKNOWLEDGED = "AB"  # it has arrived; the answer follows
    ACCEPTED = "AP"
    CHANGED = "CA"  # accepted with changes, line by line
    REJECTED = "RE"


class Exchanged(Body):
    """A body that may come from outside: `as_stated` is how its document said it, see peppol."""

    as_stated: AsStated | None = None


class Stated(Body):
    """The sums that an order from outside states, kept where they differ from what its lines come to."""

    net: Amount
    tax: Amount
    gross: Amount


class Adjustment(parts.Adjustment):
    """An allowance or a charge of the whole order. The sign is in `is_charge`."""

    amount: Annotated[Amount, Field(ge=0), Label(_("Amount"))]
    tax_rate: Annotated[parts.Percentage | None, Label(_("Tax rate, %"), more=True)] = None
    tax_category: Annotated[TaxCategory, Label(_("Tax"))] = TaxCategory.STANDARD


class OrderLine(PricedLine):
    """One thing that is ordered. `delivery_on` is the day wanted for this line, else that of the order holds."""

    quantity: Annotated[Quantity, Field(gt=0), Label(_("Quantity"))] = Decimal(1)
    delivery_on: Annotated[date | None, Label(_("Delivery date"))] = None
    note: Annotated[ShortText, Label(_("Note on the line"))] = ""
    buyer_item_code: Annotated[Code, Label(_("Buyer's item code"), more=True)] = ""
    standard_item_code: Annotated[Code, Label(_("JAN code"), more=True)] = ""
    standard_item_scheme: Annotated[Code, Label("", widget="hidden", more=True)] = ""
    unit_code: Annotated[Code, Label(_("Unit code"), more=True)] = ""
    accounting_cost: Annotated[ShortText, Label(_("Buyer's account"), more=True)] = ""
    detail: Annotated[LongText, Label(_("Item details"), more=True)] = ""
    tax_rate: Annotated[parts.Percentage | None, Label(_("Tax rate, %"), more=True)] = None


class Delivering(Body):
    """Where goods go, as orders and delivery notes say it."""

    subject: Annotated[ShortText, Label(_("Subject"))] = ""
    delivery_place: Annotated[ShortText, Label(_("Place of delivery"))] = ""
    deliver_to_name: Annotated[ShortText, Label(_("Delivered to"), more=True)] = ""
    delivery_place_code: Annotated[Code, Label(_("Code of the place of delivery"), more=True)] = ""
    deliver_to_location: Identifier | None = None
    deliver_to: Address | None = None
    deliver_to_contact: Contact | None = None


class OrderBody(Exchanged, Delivering, PricedBody):
    """発注書. What 取適法 第4条 asks an order to state beside the rest stands from `receipt_on` to `undecided`."""

    requested_on: Annotated[date | None, Label(_("Delivery date"))] = None
    payment_due_on: Annotated[date | None, Label(_("Payment due date"))] = None
    payment: Annotated[ShortText, Label(_("Payment terms"))] = ""
    lines: Annotated[tuple[OrderLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"))]
    adjustments: Annotated[
        tuple[Adjustment, ...], Field(max_length=PARTS_MAX), Label(_("Discounts and charges"), more=True)
    ] = ()
    receipt_on: Annotated[date | None, Label(_("Date of receipt"), more=True)] = None
    receipt_place: Annotated[ShortText, Label(_("Place of receipt"), more=True)] = ""
    inspected_by: Annotated[date | None, Label(_("Inspection finished by"), more=True)] = None
    payment_means: Annotated[ShortText, Label(_("Means of payment"), more=True)] = ""
    supplied_materials: Annotated[
        ShortText, Label(_("Supplied materials"), help=_("Item, quantity, price, how and when settled."), more=True)
    ] = ""
    undecided: Annotated[
        LongText,
        Label(
            _("Undecided items"),
            help=_("What is not decided yet, why, and by when it will be."),
            widget="textarea",
            more=True,
        ),
    ] = ""
    requested_from: Annotated[date | None, Label(_("Delivery from"), more=True)] = None
    partial_delivery: Annotated[bool, Label(_("Partial deliveries are welcome"), more=True)] = True
    valid_until: Annotated[date | None, Label(_("Valid until"), more=True)] = None
    quote_reference: Annotated[ShortText, Label(_("Quotation number"), more=True)] = ""
    contract_reference: Annotated[ShortText, Label(_("Contract"), more=True)] = ""
    project_reference: Annotated[ShortText, Label(_("Project"), more=True)] = ""
    buyer_reference: Annotated[ShortText, Label(_("Buyer's reference"), more=True)] = ""
    accounting_cost: Annotated[ShortText, Label(_("Buyer's account"), more=True)] = ""
    sales_order_reference: Annotated[ShortText, Label(_("Sales order number"), more=True)] = ""
    earlier_order_reference: Annotated[ShortText, Label(_("Earlier order"), more=True)] = ""
    catalogue_reference: Annotated[ShortText, Label(_("Catalogue"), more=True)] = ""
    originator_reference: Annotated[ShortText, Label(_("Tender or lot"), more=True)] = ""
    ordered_for: Annotated[ShortText, Label(_("Ordered for"), more=True)] = ""
    delivery_terms: Annotated[ShortText, Label(_("Delivery terms"), more=True)] = ""
    documents: Annotated[
        tuple[parts.SupportingDocument, ...],
        Field(max_length=parts.PARTS_MAX),
        Label(_("Supporting documents"), more=True),
    ] = ()
    invoicee: PartyDetails | None = None
    stated: Stated | None = None


class OrderResponseLine(Body):
    """The answer to one ordered line. What was ordered and its price follow from the order and are never typed."""

    line_id: Annotated[str, Field(max_length=40), Label("", widget="hidden")] = ""
    item_code: Annotated[Code, Label("", widget="hidden")] = ""
    description: Annotated[str, Field(min_length=1, max_length=200), Label(_("Description"), widget="fixed")]
    ordered: Annotated[Counted, Label(pgettext_lazy("quantity", "Ordered"), widget="fixed")] = ZERO
    answer: Annotated[Answer, Label(pgettext_lazy("order line", "Answer"))] = Answer.ACCEPT
    quantity: Annotated[Counted, Label(_("Confirmed quantity"))]
    unit: Annotated[str, Field(max_length=20), Label("", widget="hidden")] = ""
    delivery_on: Annotated[date | None, Label(_("Delivery date"))] = None
    later_quantity: Annotated[Counted | None, Label(_("Quantity later"))] = None
    later_on: Annotated[date | None, Label(_("Delivered later on"))] = None
    substitute_code: Annotated[Code, Label(_("Item code of the substitute"))] = ""
    substitute: Annotated[str, Field(max_length=200), Label(_("Substitute"))] = ""
    reason: Annotated[ShortText, Label(_("Reason"))] = ""
    unit_price: UnitPrice = ZERO
    tax_category: TaxCategory = TaxCategory.STANDARD

    @property
    def agreed(self) -> Decimal:
        """How much is offered in all, now and later."""
        return ZERO if self.answer == Answer.REJECT else self.quantity + (self.later_quantity or ZERO)


class OrderResponseBody(Exchanged, PricedBody):
    """注文請書: an answer to every line of an order. One from outside may answer all of them with `response`."""

    order_reference: Annotated[ShortText, Label(_("Order number"), more=True)] = ""
    sales_order_reference: Annotated[ShortText, Label(_("Sales order number"), more=True)] = ""
    promised_on: Annotated[date | None, Label(_("Delivery date"))] = None
    lines: Annotated[tuple[OrderResponseLine, ...], Field(max_length=LINES_MAX), Label(_("Lines"), grows=False)]
    adjustments: tuple[Adjustment, ...] = ()
    buyer_reference: Annotated[ShortText, Label(_("Buyer's reference"), more=True)] = ""
    response: Response | None = None

    @model_validator(mode="after")
    def _check_lines(self) -> Self:
        if not self.lines and self.response is None:
            raise ValueError(_("An answer needs a line at least."))
        return self


class DeliveryLine(Body):
    """What was shipped of one line."""

    line_id: Annotated[str, Field(max_length=40), Label("", widget="hidden")] = ""
    item_code: Annotated[Code, Label(_("Item code"))] = ""
    description: Annotated[str, Field(min_length=1, max_length=200), Label(_("Description"))]
    quantity: Annotated[Counted, Label(_("Quantity delivered"))]
    unit: Annotated[str, Field(max_length=20), Label(_("Unit"))] = ""
    lot: Annotated[Code, Label(_("Lot"))] = ""
    best_before: Annotated[date | None, Label(_("Best before"))] = None
    remark: Annotated[ShortText, Label(_("Remark on what is outstanding"))] = ""
    buyer_item_code: Annotated[Code, Label(_("Buyer's item code"), more=True)] = ""
    standard_item_code: Annotated[Code, Label(_("JAN code"), more=True)] = ""
    unit_code: Annotated[Code, Label(_("Unit code"), more=True)] = ""
    standard_item_scheme: Annotated[Code, Label("", widget="hidden")] = ""
    order_line: Annotated[Code, Label(_("Order line"), more=True)] = ""
    serial: Annotated[ShortText, Label(_("Serial number"), more=True)] = ""
    use_by: Annotated[date | None, Label(_("Use by"), more=True)] = None


class DeliveryBody(Exchanged, Delivering):
    """納品書."""

    shipped_on: Annotated[date | None, Label(_("Shipped on"), today=True)] = None
    expected_on: Annotated[date | None, Label(_("Expected arrival"))] = None
    carrier: Annotated[ShortText, Label(_("Carrier"))] = ""
    tracking: Annotated[Code, Label(_("Tracking number"))] = ""
    order_reference: Annotated[ShortText, Label(_("Order number"), more=True)] = ""
    lines: Annotated[tuple[DeliveryLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"))]
    note: Annotated[LongText, Label(_("Note"), widget="textarea")] = ""
    documents: Annotated[
        tuple[parts.SupportingDocument, ...],
        Field(max_length=parts.PARTS_MAX),
        Label(_("Supporting documents"), more=True),
    ] = ()


class AcceptanceLine(Body):
    """What was found on inspecting one delivered line; `quantity` is what was accepted."""

    line_id: Annotated[str, Field(max_length=40), Label("", widget="hidden")] = ""
    item_code: Annotated[Code, Label("", widget="hidden")] = ""
    description: Annotated[str, Field(min_length=1, max_length=200), Label(_("Description"), widget="fixed")]
    delivered: Annotated[Counted, Label(pgettext_lazy("quantity", "Delivered"), widget="fixed")] = ZERO
    quantity: Annotated[Counted, Label(pgettext_lazy("quantity", "Accepted"))]
    rejected: Annotated[Counted, Label(pgettext_lazy("quantity", "Rejected"))] = ZERO
    unit: Annotated[str, Field(max_length=20), Label("", widget="hidden")] = ""
    difference: Annotated[Difference, Label(_("Reason for the difference"))] = Difference.NONE
    remark: Annotated[ShortText, Label(_("Remark"))] = ""

    @property
    def differs(self) -> bool:
        """Not all of it was accepted, or more than was delivered."""
        return self.quantity != self.delivered or self.rejected > 0

    @property
    def lacking(self) -> Decimal:
        """How much of what was delivered was not accepted, missing or rejected: it may be delivered again."""
        return max(self.delivered - self.quantity, ZERO)


class AcceptanceBody(Body):
    """検収書."""

    subject: Annotated[ShortText, Label(_("Subject"))] = ""
    received_on: Annotated[date | None, Label(_("Received on"), today=True)] = None
    inspected_on: Annotated[date | None, Label(_("Inspected on"), today=True)] = None
    delivery_reference: Annotated[ShortText, Label(_("Delivery note"), more=True)] = ""
    order_reference: Annotated[ShortText, Label(_("Order number"), more=True)] = ""
    lines: Annotated[
        tuple[AcceptanceLine, ...], Field(min_length=1, max_length=LINES_MAX), Label(_("Lines"), grows=False)
    ]
    note: Annotated[LongText, Label(_("Note"), widget="textarea")] = ""

    @property
    def differs(self) -> bool:
        return any(line.differs for line in self.lines)
