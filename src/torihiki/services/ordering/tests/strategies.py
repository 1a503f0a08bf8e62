"""Arbitrary orders, answers and delivery notes as people of this product write them."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from torihiki.exchange.bodies import Address, Contact, Identifier, PartyDetails, TaxCategory
from torihiki.exchange.render.ubl.parts import SupportingDocument
from torihiki.lib.money import Rounding
from torihiki.services.ordering.body import (
    Adjustment,
    Answer,
    DeliveryBody,
    DeliveryLine,
    OrderBody,
    OrderLine,
    OrderResponseBody,
    OrderResponseLine,
)

CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
words = st.text(CHARACTERS, max_size=20).map(str.strip)
some_words = words.filter(bool)
days = st.dates(date(2023, 10, 1), date(2030, 12, 31))
maybe_days = st.none() | days
roundings = st.sampled_from(Rounding)
categories = st.sampled_from(TaxCategory)
units = st.sampled_from(("", "個", "箱", "kg", "式", "人日", "玉", "ケース"))


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    scale = 10**places
    return st.integers(least * scale, most * scale).map(lambda number: Decimal(number).scaleb(-places))


amounts = st.integers(0, 99_999).map(Decimal)
prices = st.one_of(amounts, decimals(0, 50_000, 4), st.integers(-500, 0).map(Decimal))
quantities = st.one_of(st.integers(1, 500).map(Decimal), decimals(1, 100, 4))
counted = st.one_of(st.integers(0, 500).map(Decimal), decimals(0, 100, 4))
codes = st.sampled_from(("", "A-1001", "商品 1"))
jan = st.sampled_from(("", "4503994155481"))
documents = st.lists(st.builds(SupportingDocument, reference=some_words, description=words), max_size=2).map(tuple)
addresses = st.none() | st.builds(Address, city=words, street=words, postal_code=st.just("1040061"))
contacts = st.none() | st.builds(Contact, name=some_words, phone=st.sampled_from(("", "03-0000-0000")))
locations = st.sampled_from((None, Identifier(scheme="0088", value="4901234000009"), Identifier(value="SHOP-1")))

order_lines = st.builds(
    OrderLine,
    line_id=st.just(""),
    item_code=codes,
    description=some_words,
    quantity=quantities,
    unit=units,
    unit_price=prices,
    tax_category=categories,
    delivery_on=maybe_days,
    note=words,
    detail=words,
    buyer_item_code=codes,
    standard_item_code=jan,
    accounting_cost=words,
    tax_rate=st.sampled_from((None, Decimal(10))),
)
adjustments = st.lists(
    st.builds(
        Adjustment,
        is_charge=st.booleans(),
        reason=words,
        amount=amounts,
        percent=st.none() | decimals(0, 100, 2),
        base_amount=st.none() | amounts,
        tax_category=categories,
    ),
    max_size=2,
).map(tuple)


def _numbered(body: OrderBody) -> OrderBody:
    """A line outside the tax has no rate; some lines have ids."""
    lines = tuple(
        line.model_copy(
            update={
                "line_id": f"row-{index}" if index % 2 else "",
                "tax_rate": None if line.tax_category is not TaxCategory.STANDARD else line.tax_rate,
            }
        )
        for index, line in enumerate(body.lines)
    )
    return body.model_copy(update={"lines": lines})


orders = st.builds(
    OrderBody,
    subject=words,
    note=words,
    lines=st.lists(order_lines, min_size=1, max_size=5).map(tuple),
    adjustments=adjustments,
    requested_on=maybe_days,
    payment=words,
    payment_due_on=maybe_days,
    receipt_on=maybe_days,
    undecided=words,
    delivery_place=words,
    deliver_to_name=words,
    delivery_place_code=codes,
    deliver_to_location=locations,
    deliver_to=addresses,
    deliver_to_contact=contacts,
    partial_delivery=st.booleans(),
    valid_until=maybe_days,
    quote_reference=words,
    contract_reference=words,
    project_reference=words,
    buyer_reference=words,
    accounting_cost=words,
    ordered_for=words,
    delivery_terms=words,
    documents=documents,
    prices_include_tax=st.booleans(),
    line_rounding=roundings,
    tax_rounding=roundings,
).map(_numbered)


@st.composite
def responses(draw: st.DrawFn) -> OrderResponseBody:
    uniform = draw(st.sampled_from((None, Answer.ACCEPT, Answer.REJECT)))
    lines = tuple(
        draw(
            st.builds(
                OrderResponseLine,
                line_id=st.just(str(number)),
                item_code=codes,
                description=some_words,
                ordered=counted,
                answer=st.just(uniform) if uniform else st.sampled_from(Answer),
                quantity=counted,
                unit=units,
                delivery_on=maybe_days,
                later_quantity=st.none() | quantities,
                later_on=maybe_days,
                substitute=words,
                substitute_code=codes,
                reason=words,
                unit_price=amounts,
                tax_category=categories,
            )
        )
        for number in range(1, draw(st.integers(2, 5)))
    )
    return draw(
        st.builds(
            OrderResponseBody,
            subject=words,
            note=words,
            order_reference=some_words,
            sales_order_reference=words,
            buyer_reference=words,
            promised_on=maybe_days,
            prices_include_tax=st.booleans(),
            lines=st.just(lines),
        )
    )


@st.composite
def deliveries(draw: st.DrawFn) -> DeliveryBody:
    lines = tuple(
        draw(
            st.builds(
                DeliveryLine,
                line_id=st.sampled_from(("", str(number))),
                item_code=st.sampled_from(("A-1001", "商品 1")),
                description=some_words,
                quantity=counted,
                unit=units,
                lot=words,
                best_before=maybe_days,
                use_by=maybe_days,
                serial=words,
                remark=words,
                buyer_item_code=codes,
                standard_item_code=jan,
                order_line=codes,
            )
        )
        for number in range(1, draw(st.integers(2, 5)))
    )
    return draw(
        st.builds(
            DeliveryBody,
            subject=words,
            note=words,
            lines=st.just(lines),
            shipped_on=maybe_days,
            expected_on=maybe_days,
            carrier=words,
            tracking=codes,
            order_reference=words,
            delivery_place=words,
            deliver_to_name=words,
            deliver_to=addresses,
            deliver_to_contact=contacts,
            documents=documents,
        )
    )


SELLER = PartyDetails(
    name="株式会社みなと食品",
    corporate_number="7000012050002",
    registration_number="T7000012050002",
    address=Address(postal_code="1000001", prefecture="東京都", city="千代田区", street="千代田1-1"),
    contact=Contact(name="青木", phone="03-0000-0000"),
)
BUYER = PartyDetails(
    name="やま商店",
    trading_name="やまさん",
    registration_number="T1234567890123",
    address=Address(prefecture="北海道", city="札幌市"),
)
