"""A buyer orders, the seller answers with changes, delivers twice, the buyer accepts with differences, the seller
bills what was accepted. Nobody types anything twice, and no quantity goes beyond what is open."""

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from pypdf import PdfReader

from tests.portal import (
    act,
    does,
    edit,
    filled,
    internally,
    led_to,
    number_of,
    page_of,
    said,
    state_of,
    view_of,
    write,
    write_from,
)
from tests.world import Desk
from torihiki.exchange.access import access_document, access_newest
from torihiki.exchange.models import Link
from torihiki.exchange.papers import read_sent
from torihiki.exchange.quantities import in_context

RICE, CHICKEN, DETERGENT = "1", "2", "3"


@pytest.fixture
def buyer(receiver: Desk) -> Desk:
    return receiver


@pytest.fixture
def seller(issuer: Desk) -> Desk:
    return issuer


def confirmed(buyer: Desk, seller: Desk) -> UUID:
    order = write(buyer, "order", to=[seller])
    write_from(seller, "order_response", order)
    assert state_of(buyer, order) == "confirmed"
    return order


def delivered(seller: Desk, order: UUID, **quantities: str) -> UUID:
    """Quantities by position of the form's line; what is not named is delivered as far as it is open."""
    changed = {f"lines-{name[1:]}-quantity": quantity for name, quantity in quantities.items()}
    return write_from(seller, "delivery", order, **changed)


def counted(desk: Desk, document: UUID, link: str) -> dict[str, Decimal]:
    with desk.acting() as actor:
        return dict(in_context(access_document(actor, document)).counted.get(link, {}))


def still_open(desk: Desk, document: UUID, link: str) -> dict[str, Decimal]:
    with desk.acting() as actor:
        return dict(in_context(access_document(actor, document)).open[link])


def body_of(desk: Desk, document: UUID) -> Any:
    with desk.acting() as actor:
        return read_sent(access_newest(actor, [document])[document]).body


def form_from(desk: Desk, kind: str, source: UUID) -> tuple[str, dict[str, Any]]:
    address = f"{reverse('document-new', args=[kind])}?source={source}"
    page = desk.get(address)
    assert page.status_code == 200, said(page)
    return address, filled(page)


def text_of(desk: Desk, document: UUID, language: str) -> str:
    pdf = desk.get(reverse("document-pdf", args=[document]), {"lang": language})
    return "".join(page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages)


def test_from_the_order_to_the_invoice(buyer: Desk, seller: Desk, stranger: Desk) -> None:
    order = write(buyer, "order", to=[seller])
    assert number_of(buyer, order).startswith("PO-")
    assert view_of(seller, order).waiting == "us"

    response = write_from(
        seller,
        "order_response",
        order,
        **{
            "lines-0-answer": "back_order",
            "lines-0-quantity": "12",
            "lines-0-later_quantity": "8",
            "lines-0-later_on": "2099-12-10",
            "lines-0-reason": "入荷待ち",
            "lines-2-answer": "change",
            "lines-2-quantity": "3",
            "lines-2-reason": "在庫限り",
        },
    )
    assert (state_of(buyer, order), view_of(buyer, order).waiting) == ("change_proposed", "us")
    assert body_of(buyer, response).lines[0].unit_price == Decimal(4200)
    assert "入荷待ち" in text_of(buyer, response, "ja")
    assert "Part later" in text_of(buyer, response, "en")
    assert act(seller, order, "agree").status_code != 302
    does(buyer, order, "agree")
    assert state_of(seller, order) == "confirmed"
    assert counted(buyer, order, "responds") == {RICE: 20, CHICKEN: 15, DETERGENT: 3}

    first = delivered(seller, order, _0="12", _1="10")
    assert still_open(seller, order, "fulfils") == {RICE: 8, CHICKEN: 5, DETERGENT: 0}
    _address, form = form_from(seller, "delivery", order)
    assert [form["lines-0-quantity"], form["lines-1-quantity"]] == ["8", "5"]
    assert form["shipped_on"]
    second = delivered(seller, order)
    assert still_open(seller, order, "fulfils") == {RICE: 0, CHICKEN: 0, DETERGENT: 0}
    assert "納品書を作成" not in page_of(seller, order)  # nothing is left to be delivered

    accepted = write_from(
        buyer,
        "acceptance",
        first,
        **{"lines-1-quantity": "8", "lines-1-rejected": "2", "lines-1-difference": "damaged"},
    )
    assert (state_of(seller, accepted), view_of(seller, accepted).waiting) == ("issued", "us")
    assert state_of(seller, first) == "inspected"
    does(seller, accepted, "ask", "どのような破損でしたか")
    does(buyer, accepted, "answer", "外箱のつぶれです")
    does(seller, accepted, "agree")
    assert (state_of(buyer, accepted), state_of(buyer, first)) == ("agreed", "partly_accepted")
    assert still_open(seller, order, "fulfils") == {RICE: 0, CHICKEN: 2, DETERGENT: 0}

    whole = write_from(buyer, "acceptance", second)
    assert (state_of(seller, whole), state_of(seller, second)) == ("agreed", "accepted")
    assert state_of(buyer, order) == "confirmed"  # two are still owed

    invoice = write_from(seller, "invoice", accepted)
    bill = body_of(buyer, invoice)
    assert [(line.quantity, line.unit_price) for line in bill.lines] == [(12, 4200), (8, 1980), (3, 1250)]
    assert {line.order_reference for line in bill.lines} == {number_of(buyer, order)}
    assert {line.despatch_reference for line in bill.lines} == {number_of(buyer, first)}
    assert bill.period_start is not None
    assert counted(buyer, order, "bills") == {RICE: 12, CHICKEN: 8, DETERGENT: 3}
    assert counted(buyer, first, "bills") == counted(buyer, accepted, "bills") == counted(buyer, order, "bills")

    third = delivered(seller, order)
    assert [(line.line_id, line.quantity) for line in body_of(buyer, third).lines] == [(CHICKEN, 2)]
    write_from(buyer, "acceptance", third)
    assert state_of(seller, order) == "closed"
    assert counted(buyer, order, "accepts") == {RICE: 20, CHICKEN: 15, DETERGENT: 3}

    page = page_of(buyer, order)
    assert "明細ごとの進み具合" in page
    assert "未納数" in page
    for document in (order, response, first, accepted, invoice):
        assert stranger.get(reverse("document", args=[document])).status_code == 404


def test_plain_confirmation_is_one_press(buyer: Desk, seller: Desk) -> None:
    order = write(buyer, "order", to=[seller])
    response = write_from(seller, "order_response", order)
    assert state_of(buyer, order) == "confirmed"
    assert "お請けいたします" in text_of(buyer, response, "ja")
    assert view_of(buyer, response).amount_minor == view_of(buyer, order).amount_minor


def test_the_price_of_an_order_cannot_be_changed_in_its_confirmation(buyer: Desk, seller: Desk) -> None:
    order = write(buyer, "order", to=[seller])
    address, form = form_from(seller, "order_response", order)
    forged = {"lines-0-unit_price": "9999", "lines-0-ordered": "1", "lines-0-unit": "t"}
    response = led_to(seller.post(address, {**form, **forged, "do": "send"}))
    line = body_of(buyer, response).lines[0]
    assert (line.unit_price, line.ordered, line.unit) == (4200, 20, "袋")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"lines-0-quantity": "10"}, "1行目"),
        ({"lines-0-answer": "change", "lines-0-quantity": "10"}, "理由"),
        ({"lines-0-answer": "substitute", "lines-0-reason": "終売"}, "代替品"),
        ({"lines-0-delivery_on": "2099-01-01"}, "納期"),
        ({"promised_on": "2099-01-01"}, "納期"),
        ({"lines-0-line_id": "9"}, "すべての明細"),
    ],
)
def test_an_answer_says_what_deviates_and_why(buyer: Desk, seller: Desk, changed: dict[str, str], words: str) -> None:
    order = write(buyer, "order", to=[seller])
    address, form = form_from(seller, "order_response", order)
    answer = seller.post(address, {**form, **changed, "do": "send"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert state_of(buyer, order) == "sent"


def test_all_rejected_and_ordered_again(buyer: Desk, seller: Desk) -> None:
    quote = write(seller, "quote", to=[buyer])
    does(buyer, quote, "accept")
    order = write_from(buyer, "order", quote)
    assert body_of(seller, order).quote_reference == number_of(buyer, quote)
    assert "発注書を作成" not in page_of(buyer, quote)
    answers = {f"lines-{n}-answer": "reject" for n in range(3)} | {f"lines-{n}-reason": "終売" for n in range(3)}
    response = write_from(seller, "order_response", order, **answers)
    assert state_of(buyer, order) == "rejected"
    assert view_of(buyer, response).amount_minor == 0
    assert "発注書を作成" in page_of(buyer, quote)  # a rejected order does not count


def test_a_new_version_is_answered_anew(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    internally(buyer, order, "revise")
    led_to(edit(buyer, order, reason="数量変更", **{"lines-0-quantity": "30"}))
    assert state_of(seller, order) == "sent"
    with seller.acting():
        first = Link.objects.get(target_id=order, source_line="").source_id
    assert state_of(buyer, first) == "superseded"
    again = write_from(seller, "order_response", order)
    assert (state_of(buyer, again), state_of(buyer, order)) == ("sent", "confirmed")
    assert counted(buyer, order, "responds")[RICE] == 30


def test_the_cancel_dance(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    does(buyer, order, "request_cancel", "店舗改装のため")
    assert view_of(seller, order).waiting == "us"
    assert seller.get(f"{reverse('document-new', args=['delivery'])}?source={order}").status_code == 409
    does(seller, order, "decline_cancel", "出荷準備済みです")
    does(seller, order, "offer_cancel", "入荷の見込みがなくなりました")
    assert view_of(buyer, order).waiting == "us"
    does(buyer, order, "refuse_cancel", "お待ちします")
    does(buyer, order, "request_cancel", "やはり不要になりました")
    does(seller, order, "agree_cancel")
    assert state_of(buyer, order) == "cancelled"


def test_no_more_is_delivered_than_was_agreed(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    address, form = form_from(seller, "delivery", order)
    late = form_from(seller, "delivery", order)[1]
    answer = seller.post(address, {**form, "lines-0-quantity": "21", "do": "send"})
    assert answer.status_code == 422
    assert f"コシヒカリ 10kg：{number_of(buyer, order)}" in answer.content.decode()
    assert counted(seller, order, "fulfils") == {}

    led_to(seller.post(address, {**form, "key": "once", "do": "send"}))
    answer = seller.post(address, {**late, "key": "twice", "do": "send"})
    assert answer.status_code in (409, 422)
    assert counted(seller, order, "fulfils") == {RICE: 20, CHICKEN: 15, DETERGENT: 4}


def test_a_line_that_was_never_ordered_is_no_way_around(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    address, form = form_from(seller, "delivery", order)
    answer = seller.post(address, {**form, "lines-0-line_id": "", "lines-0-quantity": "500", "do": "send"})
    assert answer.status_code == 422
    twice = {**form, "lines-1-line_id": RICE, "lines-1-quantity": "20"}
    assert seller.post(address, {**twice, "key": "two lines of one id", "do": "send"}).status_code == 422
    assert counted(seller, order, "fulfils") == {}


def test_a_corrected_delivery_replaces_what_it_counted_and_a_cancelled_one_counts_nothing(
    buyer: Desk, seller: Desk
) -> None:
    order = confirmed(buyer, seller)
    delivery = delivered(seller, order)
    does(buyer, delivery, "request_correction", "洗剤は2本でした")
    internally(seller, delivery, "revise")
    answer = edit(seller, delivery, reason="多すぎ", **{"lines-2-quantity": "5"})
    assert answer.status_code == 422
    led_to(edit(seller, delivery, reason="訂正", **{"lines-2-quantity": "2"}))
    assert still_open(seller, order, "fulfils") == {RICE: 0, CHICKEN: 0, DETERGENT: 2}
    does(seller, delivery, "cancel", "誤出荷")
    assert still_open(seller, order, "fulfils") == {RICE: 20, CHICKEN: 15, DETERGENT: 4}


def test_an_order_is_not_revised_below_what_came(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    delivered(seller, order, _0="15")
    internally(buyer, order, "revise")
    assert edit(buyer, order, reason="減らす", **{"lines-0-quantity": "10"}).status_code == 422
    led_to(edit(buyer, order, reason="減らす", **{"lines-0-quantity": "15"}))
    answer = form_from(seller, "order_response", order)
    fewer = {"lines-0-answer": "change", "lines-0-quantity": "14", "lines-0-reason": "在庫限り"}
    assert seller.post(answer[0], {**answer[1], **fewer, "do": "send"}).status_code == 422
    write_from(seller, "order_response", order)
    assert state_of(buyer, order) == "confirmed"


def test_nothing_is_billed_twice_whichever_way(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    delivery = delivered(seller, order)
    acceptance = write_from(buyer, "acceptance", delivery)
    assert state_of(buyer, order) == "closed"
    forms = {source: form_from(seller, "invoice", source) for source in (order, delivery, acceptance)}
    address, form = forms[acceptance]
    invoice = led_to(seller.post(address, {**form, "do": "send"}))
    for source, (address, form) in forms.items():
        answer = seller.post(address, {**form, "key": f"again {source}", "do": "send"})
        assert answer.status_code in (409, 422)
        assert "請求書を作成" not in page_of(seller, source)
    assert counted(seller, order, "bills") == {RICE: 20, CHICKEN: 15, DETERGENT: 4}
    does(seller, invoice, "withdraw", "金額の誤り")
    write_from(seller, "invoice", order)


def test_a_withdrawn_acceptance_is_made_again(buyer: Desk, seller: Desk) -> None:
    delivery = delivered(seller, confirmed(buyer, seller))
    short = {"lines-0-quantity": "19", "lines-0-difference": "short"}
    acceptance = write_from(buyer, "acceptance", delivery, **short)
    does(buyer, acceptance, "withdraw", "数え間違い")
    assert state_of(seller, delivery) == "received"
    again = write_from(buyer, "acceptance", delivery, **short)
    does(seller, again, "ask", "もう一度お確かめください")
    internally(buyer, again, "revise")
    led_to(edit(buyer, again, reason="すべてありました", **{"lines-0-quantity": "20", "lines-0-difference": "none"}))
    assert (state_of(seller, again), state_of(seller, delivery)) == ("agreed", "accepted")


def test_nothing_accepted(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    delivery = delivered(seller, order)
    refused = {f"lines-{n}-{name}": value for n, quantity in enumerate(("20", "15", "4"))
               for name, value in (("quantity", "0"), ("rejected", quantity), ("difference", "quality"))}  # fmt: skip
    does(seller, write_from(buyer, "acceptance", delivery, **refused), "agree")
    assert state_of(buyer, delivery) == "rejected"
    assert still_open(seller, order, "fulfils") == {RICE: 20, CHICKEN: 15, DETERGENT: 4}
    assert still_open(seller, delivery, "bills") == {RICE: 0, CHICKEN: 0, DETERGENT: 0}


def test_a_substitute_is_delivered_by_its_own_name_at_the_price_of_the_order(buyer: Desk, seller: Desk) -> None:
    order = write(buyer, "order", to=[seller])
    changed = {"answer": "substitute", "substitute": "あきたこまち 10kg", "substitute_code": "A-1002", "reason": "欠品"}
    write_from(seller, "order_response", order, **{f"lines-0-{name}": value for name, value in changed.items()})
    does(buyer, order, "agree")
    delivery = delivered(seller, order)
    line = body_of(buyer, delivery).lines[0]
    assert (line.item_code, line.description) == ("A-1002", "あきたこまち 10kg")
    invoice = write_from(seller, "invoice", delivery)
    assert body_of(buyer, invoice).lines[0].unit_price == 4200


def test_goods_without_an_order(buyer: Desk, seller: Desk) -> None:
    delivery = write(seller, "delivery", to=[buyer])
    does(buyer, delivery, "receive")
    acceptance = write_from(buyer, "acceptance", delivery)
    _address, form = form_from(seller, "invoice", acceptance)
    assert "lines-0-unit_price" not in form or not form["lines-0-unit_price"]
    priced = {f"lines-{n}-unit_price": "100" for n in range(3)}
    invoice = write_from(seller, "invoice", acceptance, **priced)
    assert [line.quantity for line in body_of(buyer, invoice).lines] == [20, 15, 4]


def test_a_charge_that_was_added_to_an_invoice_counts_on_no_line(buyer: Desk, seller: Desk) -> None:
    order = confirmed(buyer, seller)
    delivered(seller, order, _0="5", _1="0", _2="0")
    write_from(seller, "invoice", order, **{"lines-1-DELETE": "on", "lines-2-DELETE": "on"})
    extra = {"lines-2-description": "送料", "lines-2-quantity": "1", "lines-2-unit_price": "800"}
    invoice = write_from(seller, "invoice", order, **extra)
    assert [line.line_id for line in body_of(buyer, invoice).lines] == [CHICKEN, DETERGENT, "INV1.1"]
    assert counted(seller, order, "bills") == {RICE: 20, CHICKEN: 15, DETERGENT: 4}
