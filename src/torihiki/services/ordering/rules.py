"""Rules between the fields of orders and what follows them, and the bodies that are made one from another."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import Body, PartyDetails, TaxCategory, Totals
from torihiki.exchange.specs import LineCounts, Problem, Sent
from torihiki.exchange.tax import (
    CurrencyUnknown,
    RateUnknown,
    TaxedAmount,
    check_currency,
    rate_for,
    tax_per_rate,
    totals_of,
)
from torihiki.lib.money import round_amount
from torihiki.services.ordering.body import (
    ZERO,
    AcceptanceBody,
    Adjustment,
    Answer,
    DeliveryBody,
    Difference,
    OrderBody,
    OrderResponseBody,
    OrderResponseLine,
)

PRICING = ("currency", "prices_include_tax", "line_rounding", "tax_rounding")
PLACE = ("delivery_place", "deliver_to_name", "delivery_place_code", "deliver_to_location", "deliver_to")


def order_totals(body: OrderBody, on: date) -> Totals:
    """Tax at the rates of the wanted delivery where a day is named, else of the day of issue; what an order from
    outside states otherwise is as it states it."""
    amounts = [(line.quantity, line.unit_price, line.tax_category, line.tax_rate) for line in body.lines]
    totals = _totals(body, amounts, body.adjustments, body.requested_on or on)
    if body.stated is None:
        return totals
    return totals.model_copy(update={**body.stated.model_dump(), "subtotals": ()})


def as_issued_here(body: OrderBody | OrderResponseBody | DeliveryBody, issuer: PartyDetails) -> Body:
    """What only a document from outside carries is never believed of one that is written here: its sums follow from
    its lines, and its XML says what its pages say."""
    foreign = [name for name in ("stated", "as_stated", "response") if name in type(body).model_fields]
    return body.model_copy(update=dict.fromkeys(foreign))


def order_response_totals(body: OrderResponseBody, on: date) -> Totals:
    """The order's prices for what is agreed, now and later."""
    amounts = [(line.agreed, line.unit_price, line.tax_category, None) for line in body.lines]
    return _totals(body, amounts, body.adjustments, body.promised_on or on)


def order_problems(body: OrderBody, on: date) -> list[Problem]:
    problems = _countable(order_totals, body, on)
    if body.requested_on and body.requested_on < on:
        problems.append(Problem(_("The delivery date has passed. Choose a later day."), "requested_on"))
    if body.requested_from and body.requested_on and body.requested_from > body.requested_on:
        problems.append(Problem(_("The last day of a period must not be before its first day."), "requested_from"))
    return problems


def order_response_problems(body: OrderResponseBody, on: date) -> list[Problem]:
    """Of a body as the order completes it."""
    problems = _countable(order_response_totals, body, on)
    for number, line in enumerate(body.lines, start=1):
        if text := _wrong_with(line):
            problems.append(Problem(_("Line %(number)d: %(text)s") % {"number": number, "text": text}, "lines"))
    return problems


def delivery_problems(body: DeliveryBody, on: date) -> list[Problem]:
    problems = []
    if not any(line.quantity for line in body.lines):
        problems.append(Problem(_("Nothing is delivered: enter a quantity above zero."), "lines"))
    if body.shipped_on and body.expected_on and body.expected_on < body.shipped_on:
        problems.append(Problem(_("The goods cannot arrive before they are shipped."), "expected_on"))
    return problems


def acceptance_problems(body: AcceptanceBody, on: date) -> list[Problem]:
    problems = [
        Problem(_("Line %(number)d: say why it differs from the delivery.") % {"number": number}, "lines")
        for number, line in enumerate(body.lines, start=1)
        if line.differs and line.difference == Difference.NONE
    ]
    if body.received_on and body.inspected_on and body.inspected_on < body.received_on:
        problems.append(Problem(_("Goods are inspected after they were received."), "inspected_on"))
    return problems


def order_from_quote(sent: Sent) -> Mapping[str, Any]:
    """The offered lines at the offered prices, for the buyer to say how many and when."""
    body = sent.body.model_dump(mode="json")
    kept = {name: body[name] for name in ("subject", *PRICING, "delivery_place", "payment")}
    return {**kept, "requested_on": body["delivery_on"], "quote_reference": sent.number, "lines": body["lines"]}


def response_from_order(sent: Sent) -> Mapping[str, Any]:
    """Everything accepted as ordered: to confirm it, one presses send."""
    body = sent.body.model_dump(mode="json")
    kept = {name: body[name] for name in ("subject", *PRICING)}
    lines = [
        {
            **{name: line[name] for name in ("line_id", "item_code", "description", "unit", "unit_price")},
            "tax_category": line["tax_category"],
            "ordered": line["quantity"],
            "quantity": line["quantity"],
            "delivery_on": line["delivery_on"] or body["requested_on"],
        }
        for line in body["lines"]
    ]
    adjustments = body["adjustments"]
    return {
        **kept,
        "order_reference": sent.number,
        "promised_on": body["requested_on"],
        "lines": lines,
        "adjustments": adjustments,
    }


def delivery_from_order(sent: Sent) -> Mapping[str, Any]:
    """What is still to be delivered of what was agreed, substitutes by their own name."""
    body = sent.body.model_dump(mode="json")
    codes = ("line_id", "item_code", "description", "unit", "buyer_item_code", "standard_item_code", "unit_code")
    left, substitutes = sent.open["fulfils"], _substitutes(sent)
    lines = [
        {
            **{name: line[name] for name in codes},
            **substitutes.get(line["line_id"], {}),
            "order_line": line["line_id"],
            "quantity": _plain(left[line["line_id"]]),
        }
        for line in body["lines"]
        if left[line["line_id"]]
    ]
    kept = {name: body[name] for name in ("subject", *PLACE)}
    return {**kept, "order_reference": sent.number, "lines": lines}


def acceptance_from_delivery(sent: Sent) -> Mapping[str, Any]:
    """Everything accepted as delivered: the buyer enters what differs."""
    body = sent.body.model_dump(mode="json")
    lines = [
        {
            **{name: line[name] for name in ("line_id", "item_code", "description", "unit", "quantity")},
            "delivered": line["quantity"],
        }
        for line in body["lines"]
        if Decimal(line["quantity"])
    ]
    return {
        "subject": body["subject"],
        "delivery_reference": sent.number,
        "order_reference": body["order_reference"],
        "lines": lines,
    }


def response_in_view_of_order(body: OrderResponseBody, order: Sent) -> OrderResponseBody:
    """What was ordered at which price stands in the order: nobody types it, so nobody changes it unseen."""
    ordered = {line.line_id: line for line in cast("OrderBody", order.body).lines}
    lines = tuple(
        line.model_copy(
            update={
                "ordered": ordered[line.line_id].quantity,
                "unit": ordered[line.line_id].unit,
                "unit_price": ordered[line.line_id].unit_price,
                "tax_category": ordered[line.line_id].tax_category,
            }
        )
        if line.line_id in ordered
        else line
        for line in body.lines
    )
    given = cast("OrderBody", order.body)
    pricing = {name: getattr(given, name) for name in (*PRICING, "adjustments")}
    return body.model_copy(update={**pricing, "order_reference": order.number, "lines": lines})


def response_against_order(body: OrderResponseBody, order: Sent) -> list[Problem]:
    given = cast("OrderBody", order.body)
    problems = order_response_problems(body, order.issued_on)
    days = {line.line_id: line.delivery_on or given.requested_on for line in given.lines}
    if [line.line_id for line in body.lines] != list(days):
        problems.append(Problem(_("Answer every line of the order, and no other."), "lines"))
        return problems
    if body.promised_on not in (None, given.requested_on) and any(line.answer == Answer.ACCEPT for line in body.lines):
        text = _("The delivery date differs from the order. Answer the lines with “changed”.")
        problems.append(Problem(text, "promised_on"))
    for number, line in enumerate(body.lines, start=1):
        if line.answer == Answer.ACCEPT and line.delivery_on not in (None, days[line.line_id]):
            text = _("the delivery date differs from the order. Choose another answer than “as ordered”.")
            problems.append(Problem(_("Line %(number)d: %(text)s") % {"number": number, "text": text}, "lines"))
    return problems


def delivery_against_order(body: DeliveryBody, order: Sent) -> list[Problem]:
    ordered = {line.line_id for line in cast("OrderBody", order.body).lines}
    return [
        Problem(
            _("%(item)s is not in the order %(number)s. Deliver it by a note of its own.")
            % {"item": line.description, "number": order.number},
            "lines",
        )
        for line in body.lines
        if line.line_id not in ordered
    ]


def acceptance_in_view_of_delivery(body: AcceptanceBody, delivery: Sent) -> AcceptanceBody:
    delivered = {line.line_id: line for line in cast("DeliveryBody", delivery.body).lines}
    lines = tuple(
        line.model_copy(update={"delivered": delivered[line.line_id].quantity, "unit": delivered[line.line_id].unit})
        if line.line_id in delivered
        else line
        for line in body.lines
    )
    update = {
        "delivery_reference": delivery.number,
        "order_reference": cast("DeliveryBody", delivery.body).order_reference,
        "lines": lines,
    }
    return body.model_copy(update=update)


def acceptance_against_delivery(body: AcceptanceBody, delivery: Sent) -> list[Problem]:
    problems = acceptance_problems(body, delivery.issued_on)
    delivered = [line.line_id for line in cast("DeliveryBody", delivery.body).lines if line.quantity]
    if [line.line_id for line in body.lines] != delivered:
        problems.append(Problem(_("Say of every delivered line what was accepted, and of no other."), "lines"))
    return problems


def order_limits(order: Sent) -> LineCounts:
    """Delivered may be what was agreed, and once more what was not accepted of it; billed what was agreed, or accepted
    beyond that."""
    agreed = agreed_quantities(order)
    lacking, accepted = order.counted.get("lacks", {}), order.counted.get("accepts", {})
    return {
        "fulfils": {line: quantity + lacking.get(line, ZERO) for line, quantity in agreed.items()},
        "bills": {line: max(quantity, accepted.get(line, ZERO)) for line, quantity in agreed.items()},
    }


def delivery_limits(delivery: Sent) -> LineCounts:
    """Billed may be what was accepted, before an acceptance what was delivered."""
    accepted = delivery.counted.get("accepts", {})
    lines = cast("DeliveryBody", delivery.body).lines
    return {"bills": {line.line_id: accepted.get(line.line_id, line.quantity) for line in lines}}


def acceptance_limits(acceptance: Sent) -> LineCounts:
    return {"bills": {line.line_id: line.quantity for line in cast("AcceptanceBody", acceptance.body).lines}}


def agreed_quantities(order: Sent) -> dict[str, Decimal]:
    """By line of the order: what its newest answer that counts agrees to, else what was ordered."""
    answer = order.other("order_response")
    agreed = {line.line_id: line.agreed for line in cast("OrderResponseBody", answer.body).lines} if answer else {}
    return {line.line_id: agreed.get(line.line_id, line.quantity) for line in cast("OrderBody", order.body).lines}


def _substitutes(order: Sent) -> dict[str, dict[str, Any]]:
    answer = order.other("order_response")
    lines = cast("OrderResponseBody", answer.body).lines if answer else ()
    return {
        line.line_id: {
            "item_code": line.substitute_code,
            "description": line.substitute,
            "buyer_item_code": "",
            "standard_item_code": "",
        }
        for line in lines
        if line.answer == Answer.SUBSTITUTE
    }


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


def _wrong_with(line: OrderResponseLine) -> Any:
    """What is missing in the answer to one line, or nothing."""
    if line.answer == Answer.ACCEPT and (line.later_quantity or line.quantity != line.ordered):
        return _("the quantity differs from the order. Choose another answer than “as ordered”.")
    if line.answer == Answer.SUBSTITUTE and not line.substitute:
        return _("name the substitute.")
    if line.answer == Answer.BACK_ORDER and not (line.later_quantity and line.later_on):
        return _("say how many are delivered later, and when.")
    if line.answer in (Answer.CHANGE, Answer.SUBSTITUTE) and not line.agreed:
        return _("enter a quantity above zero, or choose “not delivered”.")
    if line.answer != Answer.ACCEPT and not line.reason:
        return _("give the reason: the buyer decides by it.")
    return ""


def _totals(
    body: OrderBody | OrderResponseBody,
    lines: Sequence[tuple[Decimal, Decimal, TaxCategory, Decimal | None]],
    adjustments: tuple[Adjustment, ...],
    on: date,
) -> Totals:
    check_currency(body.currency)
    amounts = [round_amount(quantity * price, body.currency, body.line_rounding) for quantity, price, *_tax in lines]
    taxed = [
        TaxedAmount(tax, rate_for(tax, on) if rate is None else rate, amount)
        for (_quantity, _price, tax, rate), amount in zip(lines, amounts, strict=True)
    ]
    taxed += [
        TaxedAmount(
            item.tax_category,
            rate_for(item.tax_category, on) if item.tax_rate is None else item.tax_rate,
            item.amount if item.is_charge else -item.amount,
        )
        for item in adjustments
    ]
    subtotals = tax_per_rate(
        taxed,
        currency=body.currency,
        prices_include_tax=body.prices_include_tax,
        tax_rounding=body.tax_rounding,
    )
    return totals_of(amounts, subtotals)


def _countable(totals: Any, body: Any, on: date) -> list[Problem]:
    try:
        totals(body, on)
    except (RateUnknown, CurrencyUnknown) as error:
        return [Problem(str(error), "lines")]
    return []
