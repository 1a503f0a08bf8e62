"""Arbitrary invoices as people of this product write them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from torihiki.exchange.bodies import Address, Contact, Identifier, PartyDetails, TaxCategory
from torihiki.exchange.render.ubl.parts import Adjustment, DocumentAdjustment, ItemAttribute, SupportingDocument
from torihiki.lib.money import Rounding
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.parts import Flavour, PaymentMeans, PaymentTerms, PrecedingInvoice, Prepayment

SINCE = date(2023, 10, 1)
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
words = st.text(CHARACTERS, max_size=20).map(str.strip)
some_words = words.filter(bool)
days = st.dates(SINCE, date(2030, 12, 31))
categories = st.sampled_from(TaxCategory)
roundings = st.sampled_from(Rounding)


def decimals(least: int, most: int, places: int) -> st.SearchStrategy[Decimal]:
    scale = 10**places
    return st.integers(least * scale, most * scale).map(lambda number: Decimal(number).scaleb(-places))


quantities = st.one_of(
    st.integers(-20, 200).map(Decimal), decimals(-50, 500, 2), decimals(0, 10, 4), st.just(Decimal(0))
)
yen = st.one_of(st.integers(0, 2_000).map(Decimal), st.integers(0, 99_999_999).map(Decimal))
prices = st.one_of(yen, decimals(-5_000, 50_000, 4), st.integers(-9_999, 9_999).map(Decimal))


def adjustments(kind: type[Any], **more: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    one = st.builds(
        kind,
        is_charge=st.booleans(),
        reason=words,
        amount=yen,
        percent=st.none() | decimals(0, 100, 2),
        base_amount=st.none() | yen,
        **more,
    )
    return st.lists(one, max_size=3).map(tuple)


lines = st.builds(
    InvoiceLine,
    line_id=st.just(""),
    item_code=words,
    description=some_words,
    quantity=quantities,
    unit=st.sampled_from(("", "個", "箱", "kg", "式", "人日", "玉")),
    unit_price=prices,
    tax_category=categories,
    note=words,
    adjustments=adjustments(Adjustment),
    gross_price=st.none() | yen,
    price_base_quantity=st.none() | st.integers(1, 12).map(Decimal),
    standard_item_code=st.sampled_from(("", "4503994155481")),
    attributes=st.lists(st.builds(ItemAttribute, name=some_words, value=some_words), max_size=2).map(tuple),
    order_line=words,
)


@st.composite
def bodies(draw: st.DrawFn, *, flavour: Flavour | None = None) -> InvoiceBody:
    start = draw(st.none() | days)
    body = draw(
        st.builds(
            InvoiceBody,
            flavour=st.just(flavour) if flavour else st.sampled_from(Flavour),
            subject=words,
            note=words,
            due_on=st.none() | days,
            period_start=st.just(start),
            period_end=st.just(None if start is None else start + timedelta(days=draw(st.integers(0, 40)))),
            lines=st.lists(lines, min_size=1, max_size=6).map(tuple),
            adjustments=adjustments(DocumentAdjustment, tax_category=categories),
            prices_include_tax=st.booleans(),
            line_rounding=roundings,
            tax_rounding=roundings,
            payment_means=st.lists(
                st.builds(PaymentMeans, account=st.just("0001:001:1:1234567"), account_name=words), max_size=2
            ).map(tuple),
            payment_terms=st.lists(st.builds(PaymentTerms, note=some_words, due_on=st.none() | days), max_size=2).map(
                tuple
            ),
            preceding=st.lists(
                st.builds(PrecedingInvoice, number=some_words, issued_on=st.none() | days), max_size=2
            ).map(tuple),
            documents=st.lists(st.builds(SupportingDocument, reference=some_words, description=words), max_size=2).map(
                tuple
            ),
            prepayments=st.lists(st.builds(Prepayment, amount=yen, received_on=st.none() | days), max_size=2).map(
                tuple
            ),
            rounding=st.sampled_from((Decimal(0), Decimal(-3), Decimal(7))),
            order_reference=words,
            buyer_reference=words,
            delivered_on=st.none() | days,
        )
    )
    lines_of_body = tuple(
        line.model_copy(update={"line_id": draw(st.sampled_from(("", f"row-{index}")))})
        for index, line in enumerate(body.lines)
    )
    return body.model_copy(update={"lines": lines_of_body})


def seller(flavour: Flavour) -> PartyDetails:
    return PartyDetails(
        name="株式会社みなと食品",
        name_kana="ミナトショクヒン",
        corporate_number="7000012050002",
        registration_number="" if flavour is Flavour.NON_REGISTERED else "T7000012050002",
        address=Address(postal_code="1000001", prefecture="東京都", city="千代田区", street="千代田1-1"),
        contact=Contact(name="青木", phone="03-0000-0000"),
    )


BUYER = PartyDetails(
    name="株式会社やま商店",
    endpoint=Identifier(scheme="0221", value="T1234567890123"),
    address=Address(prefecture="北海道", city="札幌市"),
)
