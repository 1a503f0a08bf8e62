"""What a row of the table may be: an element with text, or one with children; and the shapes that recur in UBL."""

from dataclasses import dataclass
from enum import Enum, auto

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC = f"{UBL}CommonAggregateComponents-2"
CBC = f"{UBL}CommonBasicComponents-2"
PREFIXES = {CAC: "cac", CBC: "cbc"}


class Kind(Enum):
    TEXT = auto()
    DATE = auto()
    NUMBER = auto()
    AMOUNT = auto()  # a number with @currencyID
    FLAG = auto()  # true or false


@dataclass(frozen=True)
class Leaf:
    """An element with text. `fixed` stands for a constant that is written along and must be found when read."""

    tag: str
    field: str = ""
    kind: Kind = Kind.TEXT
    attributes: tuple[tuple[str, str], ...] = ()
    required: bool = False
    fixed: str = ""


@dataclass(frozen=True)
class Group:
    """An element with children: of this record, or with `field` of a record (or with `many` a list of records) below.

    `currency_of` names the child whose @currencyID becomes the record's own `currency`. `owner`: unknown content
    below is kept by this record."""

    tag: str
    children: tuple["Leaf | Group", ...]
    field: str = ""
    many: bool = False
    required: bool = False
    currency_of: str = ""
    owner: bool = False

    @property
    def constant(self) -> bool:
        """Whether it holds nothing but constants, and so is written wherever its parent is."""
        return all(isinstance(child, Leaf) and child.fixed for child in self.children)


Node = Leaf | Group


@dataclass(frozen=True)
class Document:
    """A document of UBL 2.1: the name of its root element, the table below it, and what people call the format.

    `currency` is the child that names the currency of all amounts. `quiet` names attributes outside the table that are
    kept without a remark, such as the name of a code list that the format fixes anyway."""

    name: str
    children: tuple[Node, ...]
    format: str
    currency: str = "cbc:DocumentCurrencyCode"
    quiet: frozenset[str] = frozenset()

    @property
    def namespace(self) -> str:
        return f"{UBL}{self.name}-2"

    @property
    def tag(self) -> str:
        return f"{{{self.namespace}}}{self.name}"


def text(tag: str, field: str, *, required: bool = False, **attributes: str) -> Leaf:
    return Leaf(tag, field, attributes=tuple(attributes.items()), required=required)


def date(tag: str, field: str, *, required: bool = False) -> Leaf:
    return Leaf(tag, field, Kind.DATE, required=required)


def amount(tag: str, field: str, *, required: bool = False) -> Leaf:
    return Leaf(tag, field, Kind.AMOUNT, required=required)


def number(tag: str, field: str, *, required: bool = False, **attributes: str) -> Leaf:
    return Leaf(tag, field, Kind.NUMBER, tuple(attributes.items()), required)


def reference(tag: str, field: str) -> Group:
    return Group(tag, (text("cbc:ID", field),))


TAX_SCHEME = Group("cac:TaxScheme", (Leaf("cbc:ID", fixed="VAT", required=True),), required=True)


def tax_category(tag: str, category: str, rate: str, reason: str, *more: Node, required: bool = True) -> Group:
    return Group(
        tag,
        (
            text("cbc:ID", category, required=True),
            number("cbc:Percent", rate),
            *more,
            text("cbc:TaxExemptionReason", reason),
            TAX_SCHEME,
        ),
        required=required,
    )


def identifier(tag: str, field: str) -> Leaf:
    return text(tag, f"{field}.value", schemeID=f"{field}.scheme")


def address(tag: str, field: str, *, required: bool = False, country: bool = True) -> Group:
    return Group(
        tag,
        (
            text("cbc:StreetName", "street"),
            text("cbc:AdditionalStreetName", "building"),
            text("cbc:CityName", "city"),
            text("cbc:PostalZone", "postal_code"),
            text("cbc:CountrySubentity", "prefecture"),
            Group("cac:AddressLine", (text("cbc:Line", "extra"),)),
            Group("cac:Country", (text("cbc:IdentificationCode", "country", required=country),), required=country),
        ),
        field=field,
        required=required,
    )
