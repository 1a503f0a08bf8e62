"""The shapes that every typed document body shares: parties, labelled fields, priced lines, totals with tax."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, field_validator

from torihiki.lib.money import Rounding
from torihiki.lib.text import UNPRINTABLE

LINES_MAX = 5_000


@dataclass(frozen=True, eq=False)  # by identity: hashing the words would translate them at import
class Label:
    """How a field is shown to people: its words, and its widget where the type does not decide. A `fixed` one is shown
    and goes along, but cannot be typed: what is in it follows from the source, whatever comes back."""

    text: str | Promise
    help: str | Promise = ""
    widget: Literal["auto", "textarea", "hidden", "fixed"] = "auto"
    more: bool = False  # belongs under “more fields”: rarely needed, never shown first
    today: bool = False  # a new form begins with today's date
    grows: bool = True  # lines may be added and removed


class Body(BaseModel):
    """A typed body: unknown fields are refused, text is trimmed, values never change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, ser_json_inf_nan="strings")

    @field_validator("*", mode="after")
    @classmethod
    def _printable(cls, value: object) -> object:
        """Text that no XML, PDF or CSV could carry is refused at the door, with its place."""
        if isinstance(value, str) and (found := UNPRINTABLE.search(value)):
            raise ValueError(
                _("Contains an invisible control character (U+%(code)04X). Type the text again.")
                % {"code": ord(found[0])}
            )
        return value


ShortText = Annotated[str, Field(max_length=200)]
LongText = Annotated[str, Field(max_length=4_000)]
Code = Annotated[str, Field(max_length=100)]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=2, allow_inf_nan=False)]
UnitPrice = Annotated[Decimal, Field(max_digits=18, decimal_places=4, allow_inf_nan=False)]
Quantity = Annotated[Decimal, Field(max_digits=15, decimal_places=4, allow_inf_nan=False)]


class TaxCategory(StrEnum):
    """UNCL5305 codes that JP PINT admits, in the order of a seller's choice list."""

    STANDARD = "S"
    REDUCED = "AA"
    EXEMPT = "E"
    EXPORT = "G"
    OUTSIDE = "O"


class Identifier(Body):
    """A number and the scheme that gives it (ISO 6523 ICD or EAS: 0188 法人番号, 0221 T number, 0088 GLN)."""

    scheme: Annotated[str, Field(max_length=20)] = ""
    value: Annotated[str, Field(min_length=1, max_length=100)]


class Address(Body):
    postal_code: Annotated[str, Field(max_length=20)] = ""
    prefecture: ShortText = ""  # country subdivision
    city: ShortText = ""
    street: ShortText = ""
    building: ShortText = ""  # additional street
    extra: ShortText = ""  # third address line
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "JP"


class Contact(Body):
    name: ShortText = ""
    phone: Annotated[str, Field(max_length=50)] = ""
    email: Annotated[str, Field(max_length=254)] = ""


class PartyDetails(Body):
    """A party as it stood when a version was sent: a copy in the version's payload, never a reference."""

    name: Annotated[str, Field(min_length=1, max_length=200)]  # legal registration name
    trading_name: ShortText = ""
    name_kana: ShortText = ""
    corporate_number: Annotated[str, Field(max_length=13)] = ""  # 法人番号
    registration_number: Annotated[str, Field(max_length=14)] = ""  # 登録番号 T…; empty when not registered
    legal_identifier: Identifier | None = None  # legal registration where it is not a 法人番号
    endpoint: Identifier | None = None  # Peppol electronic address
    identifiers: tuple[Identifier, ...] = ()
    legal_form: LongText = ""
    tax_identifier: Identifier | None = None  # where it is not a T number; scheme "VAT" unless another is named
    address: Address = Address()
    contact: Contact | None = None


class PricedLine(Body):
    """One line of a quotation, an order or an invoice. `line_id` stays the same over all versions."""

    line_id: Annotated[str, Field(max_length=40), Label("", widget="hidden")] = ""
    item_code: Annotated[Code, Label(_("Item code"))] = ""
    description: Annotated[str, Field(min_length=1, max_length=200), Label(_("Description"))]
    quantity: Annotated[Quantity, Label(_("Quantity"))] = Decimal(1)
    unit: Annotated[str, Field(max_length=20), Label(_("Unit"))] = ""
    unit_price: Annotated[UnitPrice, Label(_("Unit price"))]
    tax_category: Annotated[TaxCategory, Label(_("Tax"))] = TaxCategory.STANDARD


class PricedBody(Body):
    """What quotations, orders and invoices have in common. Tax is rounded once per document and rate."""

    subject: Annotated[ShortText, Label(_("Subject"))] = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$"), Label(_("Currency"), more=True)] = "JPY"
    prices_include_tax: Annotated[bool, Label(_("Prices include tax"), more=True)] = False
    line_rounding: Annotated[Rounding, Label(_("Rounding of a line"), more=True)] = Rounding.HALF_UP
    tax_rounding: Annotated[Rounding, Label(_("Rounding of tax"), more=True)] = Rounding.FLOOR
    note: Annotated[LongText, Label(_("Note"), widget="textarea")] = ""


class TaxSubtotal(Body):
    category: TaxCategory
    rate: Decimal  # per cent
    taxable: Amount
    tax: Amount


class Totals(Body):
    """Sums of a document; `lines` are the line amounts in order."""

    lines: tuple[Amount, ...]
    net: Amount  # without tax
    tax: Amount
    gross: Amount  # with tax
    subtotals: tuple[TaxSubtotal, ...]
