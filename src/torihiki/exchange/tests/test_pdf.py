"""A seller sends an invoice as PDF: its buyer reads it, a machine reads the XML in it, and no text in it is code."""

import hashlib
import io
import subprocess
import sys
import threading
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from torihiki.exchange import bodies
from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.exchange.render import sheet as sheet_module
from torihiki.exchange.render.glyphs import Seen, printable, width
from torihiki.exchange.render.layout import TEXT_WIDTH_PT, number_text, sheet_data
from torihiki.exchange.render.pdf import (
    BUILT_IN,
    Fact,
    Headline,
    PdfAttachment,
    PdfTemplate,
    Sheet,
    SheetLine,
    SheetTooLarge,
    SheetTotals,
    TaxRow,
    render_pdf,
    words,
)

SELLER = PartyDetails(
    name="株式会社大和食品販売",
    registration_number="T7010401089234",
    address=Address(postal_code="103-0027", prefecture="東京都", city="中央区", street="日本橋三丁目4番5号"),
    contact=Contact(name="髙﨑 美咲", phone="03-1234-5678"),
)
BUYER = PartyDetails(name="株式会社浜松屋百貨店", contact=Contact(name="田中 一郎"))
RICE = SheetLine(
    "有機栽培米 5kg",
    Decimal("40.00"),
    "袋",
    Decimal("2480"),
    Decimal("99200"),
    Decimal(8),
    reduced=True,
    item_code="RC-1",
)
BAGS = SheetLine("紙袋", Decimal("1500"), "枚", Decimal("12.2500"), Decimal("18375"), Decimal(10))
INVOICE = Sheet(
    title="請求書",
    number="INV-1",
    issued_on=date(2026, 11, 23),
    seller=SELLER,
    buyer=BUYER,
    words=BUILT_IN["ja"],
    subject="11月分",
    headline=Headline("ご請求金額(税込)", Decimal("127348")),
    facts=(Fact("お支払期限", date(2026, 12, 31)), Fact("お振込先", "みずほ銀行\n普通 1234567")),
    lines=(RICE, BAGS),
    totals=SheetTotals(
        net=Decimal("117575"),
        tax=Decimal("9773"),
        gross=Decimal("127348"),
        by_rate=(
            TaxRow("10%対象", Decimal("18375"), Decimal("1837")),
            TaxRow("8%対象(軽減税率)", Decimal("99200"), Decimal("7936")),
        ),
    ),
    note="備考の文",
)
XML = PdfAttachment("invoice.xml", '<?xml version="1.0"?><請求/>'.encode(), description="JP PINT")


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf), strict=True)


def text_of(pdf: bytes) -> str:
    # pypdf puts spaces and line feeds by position; only the characters matter here.
    text = "".join(page.extract_text() for page in read(pdf).pages)
    return "".join(text.split()).replace("\u200b", "")


def test_a_buyer_reads_what_a_qualified_invoice_must_say() -> None:
    text = text_of(render_pdf(INVOICE))
    for expected in (
        *("請求書", "株式会社浜松屋百貨店御中", "田中一郎様", "株式会社大和食品販売", "登録番号T7010401089234"),
        *("2026年11月23日", "ご請求金額(税込)", "¥127,348-", "お支払期限2026年12月31日"),
        *("有機栽培米5kg※", "1,500枚12.2518,37510%", "40袋2,48099,2008%", "※は軽減税率対象"),
        *("10%対象18,3751,837", "8%対象(軽減税率)99,2007,936", "117,575", "9,773", "¥127,348", "備考の文", "1/1"),
    ):
        assert expected in text, expected


def test_without_a_reduced_line_nothing_is_said_of_the_reduced_rate() -> None:
    assert "※" not in text_of(render_pdf(replace(INVOICE, lines=(BAGS,))))


def test_an_unregistered_seller_says_so() -> None:
    text = text_of(render_pdf(replace(INVOICE, registration="unregistered")))
    assert "適格請求書発行事業者ではありません" in text
    assert "T7010401089234" not in text


def test_a_buyer_issues_an_order_to_the_seller() -> None:
    text = text_of(render_pdf(replace(INVOICE, title="注文書", issued_by="buyer", registration="hide")))
    assert "株式会社大和食品販売御中" in text
    assert "登録番号" not in text


def test_a_request_for_quotation_has_no_empty_price_columns() -> None:
    wanted = replace(RICE, unit_price=None, amount=None, tax_rate=None, reduced=False)
    text = text_of(render_pdf(replace(INVOICE, lines=(wanted,), headline=None, totals=None)))
    assert "単価" not in text
    assert "金額" not in text
    assert "有機栽培米5kg40袋" in text


def test_a_credit_note_marks_negative_amounts() -> None:
    line = replace(RICE, quantity=Decimal(-4), amount=Decimal("-9920"))
    sheet = replace(INVOICE, lines=(line,), headline=Headline("返還金額", Decimal("-10713")))
    text = text_of(render_pdf(sheet))
    assert "▲9,920" in text
    assert "▲¥10,713" in text
    assert "10,713-" not in text


def test_in_english_it_is_english() -> None:
    sheet = replace(INVOICE, title="Invoice", language="en", words=BUILT_IN["en"], currency="USD")
    text = text_of(render_pdf(sheet))
    for expected in ("23November2026", "USD127,348.00", "12.25", "Registrationno.T7010401089234", "Page1of1", "Japan"):
        assert expected in text, expected
    assert "御中" not in text


@pytest.mark.parametrize(("mark", "word"), [("draft", "下書き"), ("cancelled", "取消済")])
def test_a_mark_stands_on_the_page_and_beside_the_title(mark: Any, word: str) -> None:
    assert text_of(render_pdf(replace(INVOICE, mark=mark))).count(word) == 2


# Text is data.

HOSTILE = '#panic() *b* _i_ $x$ \\ @preview #read("/etc/passwd") `r` <l> // /* ~ -- [ { "q" \'s\' #[ = h'


@pytest.mark.parametrize("field", ["title", "number", "subject", "opening", "note"])
def test_typst_code_in_a_field_is_printed_literally(field: str) -> None:
    text = HOSTILE[:40] if field == "title" else HOSTILE
    sheet = replace(INVOICE, headline=None, **{field: text})  # type: ignore[arg-type]
    assert "".join(text.split()) in text_of(render_pdf(sheet))


def test_typst_code_in_a_line_a_fact_a_party_or_a_label_is_printed_literally() -> None:
    line = replace(RICE, description=HOSTILE, detail=HOSTILE, reduced=False)
    party = SELLER.model_copy(
        update={"name": HOSTILE, "trading_name": HOSTILE + "2", "address": Address(street=HOSTILE)}
    )
    sheet = replace(INVOICE, seller=party, lines=(line,), facts=(Fact(HOSTILE, HOSTILE),), totals=None, note="")
    # Columns beside it come between the lines of a long text, so count what stays in one piece.
    text = text_of(render_pdf(sheet))
    assert text.count("#panic()*b*_i_$x$\\") >= 6
    assert "root:" not in text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_text_can_be_printed(text: str) -> None:
    line = replace(RICE, description=text or "x", detail=text, item_code=text[:100], unit=text[:20])
    render_pdf(replace(INVOICE, lines=(line,), subject=text, note=text, facts=(Fact(text[:40], text),)))


# Characters that the typeface lacks.


def test_names_of_people_and_companies_keep_their_characters() -> None:
    text = text_of(render_pdf(replace(INVOICE, subject="髙﨑①㈱№〒神ｶﾌﾞｼｷ")))
    assert "髙﨑①㈱№〒神ｶﾌﾞ" in text
    assert "〓" not in text


def test_a_missing_character_is_set_as_geta_and_named() -> None:
    text = text_of(render_pdf(replace(INVOICE, subject="𠮷野家 😀")))
    assert "〓野家〓" in text
    assert "U+20BB7,U+1F600" in text


def test_western_letters_that_the_typeface_lacks_come_from_another() -> None:
    pdf = render_pdf(replace(INVOICE, subject="Nguyễn Ċ ≤ ™"))
    assert "NguyễnĊ≤™" in text_of(pdf)
    assert "〓" not in text_of(pdf)


def test_direction_overrides_are_dropped_and_decomposed_kana_joined() -> None:
    seen = Seen()
    assert printable("a\u202e001\u202c か\u3099\t\x07b", seen) == "a001 が b"
    assert not seen.missing


# The file.


def test_the_xml_travels_inside() -> None:
    binary = PdfAttachment("scan.bin", bytes(range(256)), "application/octet-stream", "supplement", "原本")
    reader = read(render_pdf(INVOICE, attachments=[XML, binary]))
    assert dict(reader.attachments) == {
        "invoice.xml": [XML.content],
        "scan.bin": [binary.content],
    }
    relations = {spec["/UF"]: spec["/AFRelationship"] for spec in (ref.get_object() for ref in _root(reader)["/AF"])}
    assert relations == {"invoice.xml": "/Alternative", "scan.bin": "/Supplement"}


def test_it_declares_pdf_a_3b_and_embeds_its_fonts() -> None:
    pdf = render_pdf(replace(INVOICE, subject="Nguyễn"), attachments=[XML])
    reader = read(pdf)
    xmp = _root(reader)["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert _root(reader)["/Lang"] == "ja"
    assert _root(reader)["/OutputIntents"]
    assert reader.metadata is not None
    assert reader.metadata.title == "請求書 INV-1"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == INVOICE.issued_on
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert len(fonts) == 2
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "/ToUnicode" in font


def test_the_same_sheet_gives_the_same_bytes_in_another_process() -> None:
    here = render_pdf(INVOICE, attachments=[XML])
    assert render_pdf(INVOICE, attachments=[XML]) == here
    assert render_pdf(replace(INVOICE, number="INV-2"), attachments=[XML]) != here
    code = (
        "from django.conf import settings; settings.configure(USE_I18N=False); import hashlib;"
        "from torihiki.exchange.tests.test_pdf import *;"
        "print(hashlib.sha256(render_pdf(INVOICE, attachments=[XML])).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_it_works_where_django_is_not_configured() -> None:
    code = """if True:
        import datetime, sys
        from types import SimpleNamespace as Like
        from torihiki.exchange.render.pdf import BUILT_IN, Sheet, render_pdf
        where = Like(postal_code="", prefecture="", city="", street="", building="", extra="", country="JP")
        who = Like(name="山田", trading_name="", registration_number="", address=where, contact=None)
        pdf = render_pdf(Sheet("請求書", "1", datetime.date(2026, 1, 1), who, who, BUILT_IN["ja"]))
        assert pdf.startswith(b"%PDF")
        assert "matplotlib_fontja" not in sys.modules and "matplotlib" not in sys.modules
    """
    environment = {"PYTHONPATH": str(Path(bodies.__file__).parents[2]), "PATH": ""}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def test_threads_do_not_disturb_each_other() -> None:
    expected = render_pdf(INVOICE)
    results: list[bytes] = []
    threads = [threading.Thread(target=lambda: results.append(render_pdf(INVOICE))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


# Size.


def test_a_long_table_repeats_its_header_and_counts_its_pages() -> None:
    lines = tuple(
        replace(BAGS, description=f"商品{number}号 " + "長い説明" * (number % 9)) for number in range(1, 1001)
    )
    reader = read(render_pdf(replace(INVOICE, lines=lines)))
    pages = ["".join(page.extract_text().split()) for page in reader.pages]
    assert len(pages) > 20
    assert all("品名・内容" in page for page in pages[:-1])
    assert all(f"{number}/{len(pages)}" in page for number, page in enumerate(pages, 1))
    assert all("株式会社大和食品販売" in page for page in pages)
    assert all(f"商品{number}号" in "".join(pages) for number in range(1, 1001))


def test_a_line_longer_than_a_page_goes_on_overleaf() -> None:
    reader = read(render_pdf(replace(INVOICE, lines=(replace(BAGS, detail="長い説明\n" * 400 + "終わり"),))))
    assert "終わり" in "".join(page.extract_text() for page in reader.pages)
    assert len(reader.pages) > 4


def test_beyond_the_bounds_it_is_refused_with_what_to_do() -> None:
    with pytest.raises(SheetTooLarge, match=r"5,001 lines; 5,000 can be printed\. Split"):
        render_pdf(replace(INVOICE, lines=(BAGS,) * 5_001))
    with pytest.raises(SheetTooLarge, match="attachments"):
        render_pdf(INVOICE, attachments=[replace(XML, name=str(number)) for number in range(21)])
    with pytest.raises(ValueError, match="same name"):
        render_pdf(INVOICE, attachments=[XML, XML])
    assert sheet_module.LINES_MAX == bodies.LINES_MAX


def test_the_longest_figures_stay_in_their_columns() -> None:
    huge = Decimal("-9999999999999999.99")
    line = replace(RICE, quantity=Decimal("12345678901.1234"), unit_price=huge, amount=huge, unit="単位" * 10)
    table: Any = sheet_data(replace(INVOICE, lines=(line,)))["table"]
    assert sum(column["width"] for column in table["columns"]) <= TEXT_WIDTH_PT + 0.01
    for column, cell in zip(table["columns"], table["rows"][0], strict=True):
        if column["align"] == "right":
            assert width(cell) * table["size"] <= column["width"]
    assert next(column["width"] for column in table["columns"] if column["key"] == "description") > 60


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("0", "0"), ("-0.00", "0"), ("40.00", "40"), ("1234567", "1,234,567"), ("648.50", "648.5")),
        *(("0.0001", "0.0001"), ("1E+3", "1,000"), ("-1234.5", "-1,234.5"), ("100", "100")),
    ],
)
def test_a_number_has_separators_and_no_trailing_zeros(value: str, expected: str) -> None:
    assert number_text(Decimal(value)) == expected


# Templates of services.


def test_a_service_adds_what_differs(tmp_path: Path) -> None:
    (tmp_path / "sheet.typ").write_text(
        '#import "/torihiki/sheet.typ": *\n#import "parts.typ": stamp\n'
        "#let sheet(data) = standard-sheet(data, after-totals: stamp(data.extra.approver))\n"
    )
    (tmp_path / "parts.typ").write_text("#let stamp(name) = block[承認: #name]\n")
    sheet = replace(INVOICE, extra={"approver": "#panic() 部長"})
    text = text_of(render_pdf(sheet, template=PdfTemplate(tmp_path)))
    assert "承認:#panic()部長" in text
    assert "¥127,348" in text


@pytest.mark.parametrize(
    "source", ['#import "@preview/tablex:0.0.8": *', '#let sheet(data) = include "@local/x:1.0.0"']
)
def test_a_template_that_would_download_is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "sheet.typ").write_text(source)
    with pytest.raises(ValueError, match="would be downloaded"):
        PdfTemplate(tmp_path)


def test_a_folder_without_the_main_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no sheet\.typ"):
        PdfTemplate(tmp_path)


# Words.


def test_fixed_words_are_in_the_language_of_the_document_not_of_the_reader() -> None:
    for language, honorific in (("ja", "御中"), ("en", "")):
        found = words(language)  # type: ignore[arg-type]
        assert found.honorific == honorific
        assert all(
            getattr(found, item.name)
            for item in fields(found)
            if item.name not in ("to", "honorific", "person_honorific")
        )


def _root(reader: PdfReader) -> Any:
    return reader.trailer["/Root"]
