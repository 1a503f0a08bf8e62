"""A buyer asks three sellers; one question, two offers, a revision, an acceptance; then the invoice follows from it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.portal import (
    act,
    deliver,
    does,
    edit,
    internally,
    led_to,
    number_of,
    page_of,
    remark,
    state_of,
    view_of,
    write,
    write_from,
)
from tests.world import Desk, make_company, trade
from torihiki.exchange.jobs import expire_document
from torihiki.exchange.models import Link, Version
from torihiki.services.quotes.samples import PRICES, QUOTE

PRICED = {f"lines-{number}-unit_price": price for number, price in enumerate(PRICES)}


@pytest.fixture
def buyer(receiver: Desk) -> Desk:
    return receiver


@pytest.fixture
def seller(issuer: Desk) -> Desk:
    return issuer


@pytest.fixture
def rival(buyer: Desk) -> Desk:
    desk = make_company("kaede", "かえで厨機株式会社", number="1010001000006")
    trade(buyer, desk)
    return desk


@pytest.fixture
def third(buyer: Desk) -> Desk:
    desk = make_company("tsubaki", "つばき商会株式会社")
    trade(buyer, desk)
    return desk


def test_three_are_asked_and_one_is_awarded(
    buyer: Desk, seller: Desk, rival: Desk, third: Desk, stranger: Desk
) -> None:
    rfq = write(buyer, "rfq", to=[seller, rival, third])
    assert number_of(buyer, rfq).startswith("RFQ-")
    for asked in (seller, rival, third):
        assert "厨房機器" in page_of(asked, rfq)

    does(seller, rfq, "ask", "搬入経路の幅は何cmですか", towards=seller)
    assert (state_of(seller, rfq), state_of(rival, rfq)) == ("info_requested", "sent")
    assert view_of(buyer, rfq).waiting == "us"
    assert "搬入経路" in page_of(buyer, rfq)
    assert "搬入経路" not in page_of(rival, rfq)
    does(buyer, rfq, "answer", "90cmです", towards=seller)
    assert "90cm" in page_of(seller, rfq)
    assert "90cm" not in page_of(rival, rfq)

    first = write_from(seller, "quote", rfq, **PRICED)
    second = write_from(rival, "quote", rfq, **PRICED | {"lines-0-unit_price": "395000"})
    does(third, rfq, "decline", "在庫がございません", towards=third)
    states = [state_of(desk, rfq) for desk in (buyer, seller, rival, third)]
    assert states == ["sent", "quoted", "quoted", "declined"]
    for curious, foreign in ((rival, first), (seller, second), (third, first), (stranger, first), (stranger, rfq)):
        assert curious.get(reverse("document", args=[foreign])).status_code == 404
    page = page_of(buyer, rfq)
    assert str(first) in page
    assert str(second) in page
    assert str(second) not in page_of(seller, rfq)

    does(buyer, first, "request_revision", "設置費をもう少し")
    led_to(internally(seller, first, "revise"))
    assert state_of(buyer, first) == "revision_requested"
    assert edit(seller, first, reason="", **{"lines-2-unit_price": "100000"}).status_code == 422
    led_to(edit(seller, first, reason="設置費を見直しました", **{"lines-2-unit_price": "100000"}))
    assert state_of(buyer, first) == "sent"
    assert "設置費を見直しました" in page_of(buyer, first)
    with buyer.acting():
        two, one = Version.objects.filter(document_id=first).order_by("-number")
        assert (one.number, two.number, two.previous_sha256) == (1, 2, one.sha256)

    does(buyer, first, "accept")
    states = [state_of(desk, rfq) for desk in (buyer, seller, rival, third)]
    assert states == ["closed", "awarded", "lost", "declined"]
    assert "青葉食品" not in page_of(rival, rfq)

    invoice = write_from(seller, "invoice", first)
    view = view_of(buyer, invoice)
    net = Decimal(PRICES[0]) * 2 + Decimal(PRICES[1]) * 3 + 100_000
    assert view.amount_minor == int(net * Decimal("1.1"))
    assert number_of(seller, first) in page_of(buyer, invoice)  # belongs together
    with seller.acting():
        assert set(Link.objects.filter(source_id=invoice).values_list("name", "target_id")) == {("bills", first)}
    again = f"{reverse('document-new', args=['invoice'])}?source={first}"
    assert (seller.get(again).status_code, seller.post(again, {"do": "send"}).status_code) == (409, 409)  # one for one

    does(buyer, invoice, "query", "設置日はいつですか")
    assert view_of(seller, invoice).waiting == "us"
    does(seller, invoice, "answer", "11月20日です")
    does(buyer, invoice, "accept")
    note = write_from(seller, "credit_note", invoice, **{"lines-0-quantity": "-1"})
    assert (view_of(buyer, note).amount_minor or 0) < 0
    does(buyer, note, "accept")
    assert [state_of(buyer, each) for each in (invoice, note)] == ["accepted", "accepted"]


def test_whoever_withdraws_may_quote_again_and_who_is_declined_may_not(buyer: Desk, seller: Desk) -> None:
    rfq = write(buyer, "rfq", to=[seller])
    quote = write_from(seller, "quote", rfq, **PRICED)
    page = seller.get(reverse("document-new", args=["quote"]), {"source": str(rfq)})
    assert page.status_code == 409  # it has quoted
    does(seller, quote, "withdraw", "価格を誤りました")
    assert (state_of(seller, rfq), state_of(buyer, quote)) == ("sent", "withdrawn")
    assert act(buyer, quote, "accept").status_code == 409

    better = write_from(seller, "quote", rfq, **PRICED)
    does(buyer, better, "decline", "他社に決めました")
    assert state_of(seller, rfq) == "lost"
    assert seller.get(reverse("document-new", args=["quote"]), {"source": str(rfq)}).status_code == 409


def test_a_quotation_that_was_drafted_before_the_request_closed_is_not_sent(buyer: Desk, seller: Desk) -> None:
    rfq = write(buyer, "rfq", to=[seller])
    draft = write_from(seller, "quote", rfq, do="save", **PRICED)
    does(buyer, rfq, "cancel", "計画を中止しました")
    assert edit(seller, draft).status_code == 409
    assert buyer.get(reverse("document", args=[draft])).status_code == 404
    assert view_of(seller, draft).number == ""


def test_a_new_version_of_a_request_reaches_everyone_asked(buyer: Desk, seller: Desk, rival: Desk) -> None:
    rfq = write(buyer, "rfq", to=[seller, rival])
    does(seller, rfq, "ask", "数量は確定ですか", towards=seller)
    led_to(internally(buyer, rfq, "revise"))
    assert "版 2" not in page_of(seller, rfq)
    led_to(edit(buyer, rfq, reason="数量を訂正", **{"lines-0-quantity": "4"}))
    assert [state_of(desk, rfq) for desk in (seller, rival)] == ["sent", "sent"]
    for desk in (seller, rival):
        json = desk.get(reverse("document-json", args=[rfq])).json()
        assert (json["version"], json["body"]["lines"][0]["quantity"]) == (2, "4")
        assert [line["line_id"] for line in json["body"]["lines"]] == ["1", "2", "3"]


def test_a_quotation_expires_in_the_night_after_its_last_day(buyer: Desk, seller: Desk) -> None:
    today = timezone.localdate()
    quote = write(seller, "quote", {**QUOTE, "valid_until": today.isoformat()}, to=[buyer])
    before = seller.events()
    expire_document(document_id=str(quote), company_id=str(seller.company))
    assert (state_of(seller, quote), state_of(buyer, quote)) == ("expired", "expired")
    assert seller.events()[len(before) :] == ["document.step"]
    assert act(buyer, quote, "accept").status_code == 409

    # The job runs twice, or the buyer was faster: nothing happens, and the ledger says why.
    expire_document(document_id=str(quote), company_id=str(seller.company))
    assert seller.events()[len(before) :] == ["document.step", "ledger.refused"]
    answered = write(seller, "quote", {**QUOTE, "valid_until": (today + timedelta(3)).isoformat()}, to=[buyer])
    does(buyer, answered, "accept")
    expire_document(document_id=str(answered), company_id=str(seller.company))
    assert state_of(buyer, answered) == "accepted"


def test_remarks_stay_between_those_who_speak(buyer: Desk, seller: Desk, rival: Desk) -> None:
    rfq = write(buyer, "rfq", to=[seller, rival])
    remark(buyer, rfq, "予算は百万円までZQ1", shared=False)
    remark(seller, rfq, "粗利二割ZQ2", shared=False)
    remark(seller, rfq, "図面をください ZQ3", shared=True)
    remark(buyer, rfq, "皆様へ ZQ4", shared=True)
    remark(buyer, rfq, "青葉様だけに ZQ5", shared=True, audience=seller)
    heard = {desk.key: {mark for mark in ("ZQ1", "ZQ2", "ZQ3", "ZQ4", "ZQ5") if mark in page_of(desk, rfq)}
             for desk in (buyer, seller, rival)}  # fmt: skip
    assert heard == {
        buyer.key: {"ZQ1", "ZQ3", "ZQ4", "ZQ5"},
        seller.key: {"ZQ2", "ZQ3", "ZQ4", "ZQ5"},
        rival.key: {"ZQ4"},
    }


def test_everyone_asked_is_told_once_and_only_of_the_request(buyer: Desk, seller: Desk, rival: Desk) -> None:
    rfq = write(buyer, "rfq", to=[seller, rival])
    mails = deliver(buyer)
    assert sorted({mail.to[0].partition("@")[2] for mail in mails}) == ["aoba.example", "kaede.example"]
    assert len({mail.to[0] for mail in mails}) == len(mails)
    assert len({mail.extra_headers["Message-ID"] for mail in mails}) == len(mails)
    assert deliver(buyer) == []
    for mail in mails:
        assert str(rfq) in mail.body
        assert "かえで" not in mail.body or "kaede" in mail.to[0]
