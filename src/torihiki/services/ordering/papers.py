"""The printed order, order confirmation, delivery note and acceptance."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from torihiki.exchange.bodies import PricedLine
from torihiki.exchange.render.layout import date_text, number_text
from torihiki.exchange.render.plain import PlainLine, plain_sheet
from torihiki.exchange.render.priced import priced_sheet
from torihiki.exchange.render.sheet import Sheet
from torihiki.exchange.render.words import Language
from torihiki.exchange.specs import Sent
from torihiki.services.ordering.body import (
    AcceptanceBody,
    AcceptanceLine,
    Adjustment,
    Answer,
    DeliveryBody,
    DeliveryLine,
    Difference,
    OrderBody,
    OrderLine,
    OrderResponseBody,
    OrderResponseLine,
)


class PrintedLine(PricedLine):
    """A line as `priced_sheet` reads it: with a day and a remark."""

    period_start: date | None = None
    note: str = ""


def order_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("OrderBody", sent.body)
    printed = replace(sent, body=_Printed.of(body, [_ordered(line) for line in body.lines]))
    return priced_sheet(
        printed,
        language,
        title=_("PURCHASE ORDER"),
        opening=_("We order the following."),
        headline=_("Order amount (incl. tax)"),
        facts=(
            (_("Delivery date"), _period(body.requested_from, body.requested_on, language)),
            (_("Place of delivery"), "\n".join(filter(None, (body.delivery_place, body.deliver_to_name)))),
            (_("Date of receipt"), body.receipt_on),
            (_("Place of receipt"), body.receipt_place),
            (_("Inspection finished by"), body.inspected_by),
            (_("Payment due date"), body.payment_due_on),
            (_("Payment terms"), body.payment),
            (_("Means of payment"), body.payment_means),
            (_("Supplied materials"), body.supplied_materials),
            (_("Undecided items"), body.undecided),
            (_("Quotation number"), body.quote_reference),
            (_("Contract"), body.contract_reference),
            (_("Discounts and charges"), _adjusted(body.adjustments)),
        ),
        registered=False,
    )


def order_response_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("OrderResponseBody", sent.body)
    printed = replace(sent, body=_Printed.of(body, [_answered(line, language) for line in body.lines]))
    return priced_sheet(
        printed,
        language,
        title=_("ORDER CONFIRMATION"),
        opening=_answer_in_words(body),
        headline=_("Confirmed amount (incl. tax)"),
        facts=(
            (_("Order number"), body.order_reference),
            (_("Delivery date"), body.promised_on),
            (_("Sales order number"), body.sales_order_reference),
            (_("Discounts and charges"), _adjusted(body.adjustments)),
        ),
        registered=False,
    )


def delivery_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("DeliveryBody", sent.body)
    return plain_sheet(
        sent,
        language,
        title=_("DELIVERY NOTE"),
        opening=_("We deliver the following."),
        facts=(
            (_("Order number"), body.order_reference),
            (_("Shipped on"), body.shipped_on),
            (_("Expected arrival"), body.expected_on),
            (_("Place of delivery"), "\n".join(filter(None, (body.delivery_place, body.deliver_to_name)))),
            (_("Carrier"), body.carrier),
            (_("Tracking number"), body.tracking),
        ),
        lines=(
            PlainLine(line.description, line.quantity, line.unit, line.item_code, detail=_shipped(line, language))
            for line in body.lines
        ),
        seal=True,
    )


def acceptance_sheet(sent: Sent, language: Language) -> Sheet:
    body = cast("AcceptanceBody", sent.body)
    opening = _("We accepted the following, with differences.") if body.differs else _("We accepted the following.")
    return plain_sheet(
        sent,
        language,
        title=_("CERTIFICATE OF ACCEPTANCE"),
        opening=opening,
        facts=(
            (_("Delivery note"), body.delivery_reference),
            (_("Order number"), body.order_reference),
            (_("Received on"), body.received_on),
            (_("Inspected on"), body.inspected_on),
        ),
        lines=(
            PlainLine(line.description, line.quantity, line.unit, line.item_code, detail=_found(line))
            for line in body.lines
        ),
        quantity=pgettext("quantity", "Accepted"),
        seal=True,
    )


class _Printed(OrderBody):
    """A body of which only what the sheet prints is read; it was validated when it was sent."""

    @classmethod
    def of(cls, body: OrderBody | OrderResponseBody, lines: list[PrintedLine]) -> "_Printed":
        facts: dict[str, Any] = {"subject": body.subject, "currency": body.currency, "note": body.note}
        return cls.model_construct(**facts, lines=tuple(lines))  # type: ignore[arg-type]


def _ordered(line: OrderLine) -> PrintedLine:
    codes = [_("JAN code") + " " + line.standard_item_code] if line.standard_item_code else []
    codes += [_("Buyer's item code") + " " + line.buyer_item_code] if line.buyer_item_code else []
    return PrintedLine.model_construct(
        item_code=line.item_code,
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        unit_price=line.unit_price,
        tax_category=line.tax_category,
        period_start=line.delivery_on,
        note="\n".join(filter(None, (line.note, "  ".join(codes)))),
    )


def _answered(line: OrderResponseLine, language: Language) -> PrintedLine:
    return PrintedLine.model_construct(
        item_code=line.item_code,
        description=line.description,
        quantity=line.agreed,
        unit=line.unit,
        unit_price=line.unit_price,
        tax_category=line.tax_category,
        period_start=None if line.answer == Answer.REJECT else line.delivery_on,
        note="\n".join(_deviation(line, language)),
    )


def _deviation(line: OrderResponseLine, language: Language) -> Iterator[str]:
    """What is not as ordered, in words; nothing where all is."""
    if line.answer == Answer.ACCEPT:
        return
    words = str(Answer.words()[line.answer])
    if line.ordered != line.agreed:
        words += f" ({pgettext('quantity', 'Ordered')} {_amount(line.ordered, line.unit)})"
    yield words
    if line.answer == Answer.SUBSTITUTE:
        yield " ".join(filter(None, ("→", line.substitute_code, line.substitute)))
    if line.later_quantity:
        day = date_text(line.later_on, language) if line.later_on else ""
        yield " ".join(filter(None, (_("Quantity later"), _amount(line.later_quantity, line.unit), day)))
    if line.reason:
        yield f"{_('Reason')}: {line.reason}"


def _shipped(line: DeliveryLine, language: Language) -> str:
    best_before = date_text(line.best_before, language) if line.best_before else ""
    facts = ((_("Lot"), line.lot), (_("Best before"), best_before))
    return "\n".join(filter(None, ("  ".join(f"{label} {value}" for label, value in facts if value), line.remark)))


def _found(line: AcceptanceLine) -> str:
    if not line.differs:
        return line.remark
    counted = [f"{pgettext('quantity', 'Delivered')} {_amount(line.delivered, line.unit)}"]
    if line.rejected:
        counted.append(f"{pgettext('quantity', 'Rejected')} {_amount(line.rejected, line.unit)}")
    if line.difference != Difference.NONE:
        counted.append(str(Difference.words()[line.difference]))
    return "\n".join(filter(None, ("  ".join(counted), line.remark)))


def _answer_in_words(body: OrderResponseBody) -> str:
    answers = {line.answer for line in body.lines}
    if answers == {Answer.ACCEPT}:
        return _("We accept your order as follows.")
    if answers == {Answer.REJECT}:
        return _("We cannot accept your order.")
    return _("We answer your order with changes, as follows.")


def _adjusted(adjustments: tuple[Adjustment, ...]) -> str:
    return "\n".join(
        " ".join(filter(None, (item.reason, number_text(item.amount if item.is_charge else -item.amount))))
        for item in adjustments
    )


def _amount(quantity: Decimal, unit: str) -> str:
    return f"{number_text(quantity)}{unit}"


def _period(start: date | None, end: date | None, language: Language) -> str | date | None:
    if start and end and start != end:
        return f"{date_text(start, language)} – {date_text(end, language)}"
    return end or start
