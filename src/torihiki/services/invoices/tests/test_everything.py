"""One invoice that uses every field there is: all of it travels, in the right order, by the official rules."""

from datetime import date
from decimal import Decimal

from lxml import etree
from pydantic import BaseModel

from torihiki.exchange.bodies import Address, Identifier, TaxCategory
from torihiki.exchange.render.ubl.hints import HINT_TARGET
from torihiki.exchange.render.ubl.parts import (
    Adjustment,
    Classification,
    DocumentAdjustment,
    ItemAttribute,
    SupportingDocument,
)
from torihiki.services.invoices.body import InvoiceBody, InvoiceLine
from torihiki.services.invoices.mapping import EmbeddedFile, read_pint, write_pint
from torihiki.services.invoices.parts import (
    BranchAddress,
    Flavour,
    LineDocument,
    Payee,
    PaymentMeans,
    PaymentTerms,
    PrecedingInvoice,
    Prepayment,
    TaxRepresentative,
)
from torihiki.services.invoices.tests.official import failed_assertions, needs_official
from torihiki.services.invoices.tests.strategies import BUYER, seller

ON = date(2026, 4, 30)
FILE = EmbeddedFile("report.pdf", "application/pdf", b"%PDF-1.7 ...")
ADDRESS = Address(
    postal_code="0010012", prefecture="北海道", city="札幌市", street="北区", building="十二条ビル", extra="Gate 15"
)

LINE = InvoiceLine(
    line_id="1",
    item_code="97iugug876",
    description="デスクチェア",
    quantity=Decimal(5),
    unit="脚",
    unit_price=Decimal("49.5"),
    tax_category=TaxCategory.STANDARD,
    tax_rate=Decimal(8),
    period_start=date(2026, 4, 1),
    period_end=date(2026, 4, 2),
    note="3 years of warranty",
    detail="Black, with arms",
    unit_tax=Decimal(4),
    unit_code="XBX",
    buyer_item_code="b-13214",
    standard_item_code="4503994155481",
    standard_item_scheme="0160",
    order_reference="O-1",
    order_line="1",
    despatch_reference="D-1",
    despatch_line="010",
    accounting_cost="654",
    origin_country="JP",
    gross_price=Decimal(60),
    price_discount=Decimal("10.5"),
    price_base_quantity=Decimal("0.5"),
    price_base_unit="XBX",
    adjustments=(
        Adjustment(reason="値引", amount=Decimal(50), reason_code="95", percent=Decimal(10), base_amount=Decimal(500)),
        Adjustment(is_charge=True, reason="クリーニング", amount=Decimal(5), reason_code="CG"),
    ),
    documents=(
        LineDocument(reference="D001-1"),
        LineDocument(reference="AB-123", scheme="ABZ", type_code="130"),
    ),
    classifications=(Classification(code="86776", list_id="TST", list_version="19.05.01"),),
    attributes=(ItemAttribute(name="色", value="黒"),),
)

BODY = InvoiceBody(
    flavour=Flavour.STANDARD,
    note="見本市での注文",
    currency="USD",
    tax_currency="JPY",
    exchange_rate=Decimal("151.25"),
    due_on=date(2026, 5, 31),
    period_start=date(2026, 4, 1),
    period_end=date(2026, 4, 30),
    issue_time="10:20:30+09:00",
    lines=(
        LINE,
        InvoiceLine(
            line_id="2",
            description="教科書",
            unit_price=Decimal(349),
            tax_category=TaxCategory.EXEMPT,
            tax_exemption_reason="検定済教科書",
        ),
    ),
    adjustments=(
        DocumentAdjustment(
            reason="値引", amount=Decimal("1.79"), tax_category=TaxCategory.EXEMPT, tax_exemption_reason="検定済教科書"
        ),
        DocumentAdjustment(is_charge=True, reason="配送", reason_code="FC", amount=Decimal(76), tax_rate=Decimal(8)),
    ),
    payment_means=(
        PaymentMeans(
            code="30",
            code_name="Credit transfer",
            instruction_id="p1",
            remittance="93874",
            account="1234:567:1:3242394",
            account_scheme="BBAN",
            account_name="ｶ)ﾏﾙﾏﾙ",
            branch="1234567",
            branch_scheme="BIC",
            branch_address=BranchAddress(city="札幌市", country="JP"),
        ),
        PaymentMeans(code="54", card_number="123236", card_network="VISA", card_holder="Aoki"),
        PaymentMeans(code="49", mandate="M-1", debited_account="1234:567:1:1"),
    ),
    payment_terms=(
        PaymentTerms(note="月末締め翌月末払い", amount=Decimal(100), due_on=date(2026, 5, 31), instruction_id="p1"),
        PaymentTerms(amount=Decimal(50), due_on=date(2026, 6, 30)),
    ),
    prepayments=(
        Prepayment(reference="pp1", amount=Decimal(10), received_on=date(2026, 4, 3), kind="Online"),
        Prepayment(reference="pp2", amount=Decimal(5)),
    ),
    rounding=Decimal("0.25"),
    preceding=(
        PrecedingInvoice(number="123", issued_on=date(2026, 3, 31)),
        PrecedingInvoice(number="124"),
    ),
    order_reference="O-998877",
    sales_order_reference="SO-12343",
    buyer_reference="0150abc",
    contract_reference="framework no 1",
    project_reference="project333",
    receipt_reference="resadv-1",
    originator_reference="ppid-123",
    accounting_cost="4217:2323:2323",
    documents=(
        SupportingDocument(reference="DR35141", scheme="ABT", type_code="130"),
        SupportingDocument(
            reference="doc1",
            description="Usage",
            url="https://example.com/doc1",
            file_name=FILE.name,
            mime_type=FILE.mime_type,
            sha256=FILE.sha256,
        ),
    ),
    delivered_on=date(2026, 4, 18),
    deliver_to_name="札幌支社",
    deliver_to_location=Identifier(scheme="0147", value="123456:000123:0147:1"),
    deliver_to=ADDRESS,
    payee=Payee(
        name="Payee party",
        identifiers=(Identifier(scheme="0147", value="123456:000124:0147:1"),),
        legal_identifier=Identifier(scheme="0147", value="123456:000124:0147:1"),
    ),
    tax_representative=TaxRepresentative(
        name="Representative", address=ADDRESS, tax_identifier=Identifier(scheme="VAT", value="T7654321098765")
    ),
    tax_point_on=date(2026, 4, 30),
    tax_point_code="35",
)

ELSEWHERE = {"subject", "prices_include_tax", "line_rounding", "tax_rounding", "prepaid", "despatch_reference"}
UNUSED = {"specification", "process", "stated", "extras"}


def unset(model: BaseModel) -> set[str]:
    return {name for name, field in type(model).model_fields.items() if getattr(model, name) == field.default}


def test_nothing_is_left_out() -> None:
    """A field that is added must be added here, and so to the table."""
    assert unset(BODY) - ELSEWHERE - UNUSED == {"flavour"}
    assert unset(LINE) - UNUSED == {"tax_category", "tax_exemption_reason"}


@needs_official
def test_everything_travels() -> None:
    party = seller(BODY.flavour)
    xml = write_pint(number="1", issued_on=ON, seller=party, buyer=BUYER, body=BODY, files=(FILE,))
    read = read_pint(xml)

    assert failed_assertions(xml) == []
    assert (read.body, read.files) == (BODY, (FILE,))
    # Only the exchange rate is not an element of JP PINT: without our hint its result stands instead.
    bare = read_pint(etree.tostring(etree.fromstring(xml), encoding="utf-8"))
    assert HINT_TARGET.encode() in xml
    assert bare.body.stated is not None
    assert bare.body.model_copy(update={"stated": None, "exchange_rate": BODY.exchange_rate}) == BODY
    assert not [warning for warning in bare.warnings if "element" in warning.values]
