"""The fixed words of a printed sheet, in the document's language: never in that of whoever presses the button."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal

from django.utils import translation

Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Words:
    """Every word that a sheet prints by itself. `{…}` stands for what the sheet puts there."""

    number: str
    issue_date: str
    to: str  # above the addressee; empty where `honorific` says it
    honorific: str  # after a company's name: 御中
    person: str  # before a person's name
    person_honorific: str  # after it: 様
    own_person: str  # before the name of one's own person, who gets no honorific
    phone: str
    registration_number: str
    unregistered: str
    subject: str
    position: str
    day: str
    item_code: str
    description: str
    quantity: str
    unit: str
    unit_price: str
    amount: str
    tax_rate: str
    by_rate: str
    taxable: str
    tax: str
    net: str
    tax_total: str
    gross: str
    reduced_mark: str
    reduced_note: str
    note: str
    seal: str
    draft: str
    cancelled: str
    page: str  # {page} of {pages}
    missing: str  # {characters}


def _worded(pgettext: Callable[[str, str], str]) -> Words:
    # The parameter bears gettext's name so that makemessages collects these as its messages.
    return Words(
        number=pgettext("sheet", "No."),
        issue_date=pgettext("sheet", "Date"),
        to=pgettext("sheet", "To"),
        honorific="",
        person=pgettext("sheet", "Attn."),
        person_honorific="",
        own_person=pgettext("sheet", "Contact"),
        phone=pgettext("sheet", "Tel."),
        registration_number=pgettext("sheet", "Registration no."),
        unregistered=pgettext("sheet", "The issuer is not registered as an issuer of qualified invoices."),
        subject=pgettext("sheet", "Subject"),
        position=pgettext("sheet", "#"),
        day=pgettext("sheet, of a line", "Date"),
        item_code=pgettext("sheet", "Item code"),
        description=pgettext("sheet", "Description"),
        quantity=pgettext("sheet", "Qty"),
        unit=pgettext("sheet", "Unit"),
        unit_price=pgettext("sheet", "Unit price"),
        amount=pgettext("sheet", "Amount"),
        tax_rate=pgettext("sheet", "Tax"),
        by_rate=pgettext("sheet", "Tax rate"),
        taxable=pgettext("sheet", "Taxable amount"),
        tax=pgettext("sheet", "Consumption tax"),
        net=pgettext("sheet", "Subtotal (excl. tax)"),
        tax_total=pgettext("sheet, sum", "Consumption tax"),
        gross=pgettext("sheet", "Total (incl. tax)"),
        reduced_mark="※",
        reduced_note=pgettext("sheet", "※ marks items at the reduced tax rate."),
        note=pgettext("sheet", "Notes"),
        seal=pgettext("sheet", "Seal"),
        draft=pgettext("sheet", "DRAFT"),
        cancelled=pgettext("sheet", "CANCELLED"),
        page=pgettext("sheet", "Page {page} of {pages}"),
        missing=pgettext("sheet", "〓 stands for a character that the typeface lacks: {characters}."),
    )


ENGLISH = _worded(lambda context, text: text)

JAPANESE = Words(
    number="番号",
    issue_date="発行日",
    to="",
    honorific="御中",
    person="ご担当",
    person_honorific="様",
    own_person="担当",
    phone="TEL",
    registration_number="登録番号",
    unregistered="当方は適格請求書発行事業者ではありません。",
    subject="件名",
    position="No.",
    day="日付",
    item_code="品番",
    description="品名・内容",
    quantity="数量",
    unit="単位",
    unit_price="単価",
    amount="金額",
    tax_rate="税率",
    by_rate="税率区分",
    taxable="対象額",
    tax="消費税額",
    net="小計（税抜）",
    tax_total="消費税",
    gross="合計（税込）",
    reduced_mark="※",
    reduced_note="※は軽減税率対象",
    note="備考",
    seal="社印",
    draft="下書き",
    cancelled="取消済",
    page="{page} / {pages}",
    missing="〓は印刷書体にない文字です:{characters}",
)

BUILT_IN: dict[Language, Words] = {"ja": JAPANESE, "en": ENGLISH}


def words(language: Language) -> Words:
    """The words of `language` by Django's catalogue; what it lacks stands in the built-in table.

    Terms that the Consumption Tax Act names must be right in a checkout without compiled catalogues too:
    hence the table. Needs configured settings; `BUILT_IN` does not.
    """
    with translation.override(language):
        translated = _worded(translation.pgettext)
    table = BUILT_IN[language]

    def word(name: str) -> str:
        own: str = getattr(translated, name)
        return own if own != getattr(ENGLISH, name) else getattr(table, name)

    return Words(**{field.name: word(field.name) for field in fields(Words)})
