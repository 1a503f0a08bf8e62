"""What came in is matched with what is owed: by names and sums, partly, less a fee, and undone; the sums hold."""

import random
from datetime import date, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from tests.portal import does, view_of, write, write_from
from tests.world import Desk
from torihiki.exchange.models import PartyView
from torihiki.services.payments.access import access_settled_sums
from torihiki.services.payments.models import Allocation, BankLine, PayerName
from torihiki.services.payments.suggesting import FEES, Open, Sums, payer_key
from torihiki.services.payments.tests.banking import Movement, statement
from torihiki.services.payments.transfers import yen_of

TODAY = date(2026, 11, 20)
PAYER = "ｶ)ﾐﾅﾄｼﾖｳﾃﾝ"


@pytest.fixture
def payee(issuer: Desk) -> Desk:
    """The seller, with the account into which it is paid."""
    own = {"bank": "0001", "branch": "123", "type": "1", "number": "12345", "holder": "カ）アオバ"}
    assert issuer.post(reverse("new-bank-account"), own).status_code == 302
    return issuer


def take(desk: Desk, *movements: Movement, content: bytes | None = None) -> Any:
    file = BytesIO(statement(movements) if content is None else content)
    file.name = "meisai.txt"
    return desk.post(reverse("receipts"), {"file": file})


def receipt(desk: Desk, yen: int, payer: str = PAYER) -> UUID:
    answer = take(desk, (TODAY, yen, payer))
    assert answer.status_code == 302, answer.context["form"].errors
    with desk.acting():
        return UUID(str(BankLine.objects.filter(is_live=True).latest("id").pk))


def match(desk: Desk, line: UUID, settled: dict[UUID, int], fee: int = 0) -> int:
    data = {f"yen-{document}": str(yen) for document, yen in settled.items()} | {"fee": str(fee)}
    return int(desk.post(reverse("receipt", args=[line]), data).status_code)


def owed(desk: Desk, document: UUID) -> int:
    with desk.acting() as actor:
        view = PartyView.objects.get(company_id=actor.company, document_id=document)
        return yen_of(view) - access_settled_sums(actor, [document]).get(document, 0)


def guess(desk: Desk, line: UUID) -> Any:
    page = desk.get(reverse("receipts"))
    return next(guess for each, guess, _name in page.context["rows"] if each.pk == line)


def suggested(desk: Desk, line: UUID) -> tuple[set[UUID], int]:
    found = guess(desk, line).suggestion
    return ({each.view.document_id for each in found.documents}, found.fee) if found else (set(), 0)


def test_one_receipt_for_two_invoices_by_its_payers_kana(payee: Desk, receiver: Desk, stranger: Desk) -> None:
    invoices = [write(payee, "invoice", to=[receiver]) for _ in range(3)]
    each = owed(payee, invoices[0])
    line = receipt(payee, 2 * each)
    documents, fee = suggested(payee, line)
    assert (len(documents), fee) == (2, 0)
    assert match(payee.clerk, line, dict.fromkeys(documents, each)) == 302
    assert sum(owed(payee, invoice) for invoice in invoices) == each
    settled = {invoice for invoice in invoices if view_of(payee, invoice).settled_at}
    assert settled == documents
    assert not view_of(receiver, invoices[0]).settled_at, "the payer has its own books"
    for other in (receiver, stranger):
        assert other.get(reverse("receipt", args=[line])).status_code == 404
        assert other.post(reverse("undo-match", args=[line]), {"reason": "x"}).status_code == 404
    assert payee.viewer.get(reverse("receipt", args=[line])).status_code == 200
    assert payee.viewer.post(reverse("undo-match", args=[line]), {"reason": "x"}).status_code == 403
    assert payee.events()[-2:] != [], "every act is in the ledger"
    assert payee.events().count("payments.matched") == 1


def test_a_name_is_learned_once_it_was_matched(payee: Desk, receiver: Desk) -> None:
    first, second = write(payee, "invoice", to=[receiver]), write(payee, "invoice", to=[receiver])
    yen = owed(payee, first)
    line = receipt(payee, yen, "ﾍﾞﾂﾒｲｷﾞ ﾀﾛｳ")
    assert guess(payee, line).party_id is None
    assert match(payee, line, {first: yen}) == 302
    again = receipt(payee, yen + 1, "ﾍﾞﾂﾒｲｷﾞﾀﾛｳ")
    assert guess(payee, again).party_id == receiver.party.id
    assert suggested(payee, again) == (set(), 0), "more than is owed fits nothing"
    assert match(payee, again, {second: yen}) == 302, "and leaves an advance"
    with payee.acting():
        assert BankLine.objects.get(pk=again).left == 1
        assert PayerName.objects.count() == 1


def test_the_banks_fee_is_ours(payee: Desk, receiver: Desk) -> None:
    invoice = write(payee, "invoice", to=[receiver])
    yen = owed(payee, invoice)
    line = receipt(payee, yen - 660)
    assert suggested(payee, line) == ({invoice}, 660)
    assert match(payee, line, {invoice: yen}, fee=660) == 302
    assert owed(payee, invoice) == 0
    with payee.acting():
        kinds = dict(Allocation.objects.filter(document_id=invoice).values_list("kind", "yen"))
    assert kinds == {"receipt": yen - 660, "fee": 660}
    other = receipt(payee, 5_000)
    assert match(payee, other, {write(payee, "invoice", to=[receiver]): 10_000}, fee=5_000) == 422, "no bank takes that"


def test_part_of_it_and_the_rest_is_written_off(payee: Desk, receiver: Desk) -> None:
    invoice = write(payee, "invoice", to=[receiver])
    yen = owed(payee, invoice)
    line = receipt(payee, yen - 1_000)
    assert match(payee, line, {invoice: yen}) == 422, "more than came in"
    assert match(payee, line, {invoice: yen - 999}) == 422
    assert match(payee, line, {invoice: 0}) == 422
    assert match(payee, line, {invoice: -5}) == 422
    assert match(payee, line, {invoice: yen - 1_000}) == 302
    assert owed(payee, invoice) == 1_000
    address = reverse("write-off", args=[invoice])
    assert payee.clerk.post(address, {"reason": "端数"}).status_code == 403
    payee.approver.post(address, {"reason": ""})
    assert owed(payee, invoice) == 1_000, "not without a reason"
    assert payee.approver.post(address, {"reason": "端数"}).status_code == 302
    assert owed(payee, invoice) == 0
    assert view_of(payee, invoice).settled_at
    assert payee.approver.post(address, {"undo": "yes", "reason": "誤り"}).status_code == 302
    assert (owed(payee, invoice), view_of(payee, invoice).settled_at) == (1_000, None)


def test_a_match_is_undone_by_contrary_rows(payee: Desk, receiver: Desk) -> None:
    invoice = write(payee, "invoice", to=[receiver])
    yen = owed(payee, invoice)
    line = receipt(payee, yen - 440)
    match(payee, line, {invoice: yen}, fee=440)
    undo = reverse("undo-match", args=[line])
    assert payee.post(undo, {"reason": " "}).status_code == 422
    assert payee.post(undo, {"reason": "別の請求書の入金"}).status_code == 302
    assert payee.post(undo, {"reason": "もう一度"}).status_code == 409
    assert (owed(payee, invoice), view_of(payee, invoice).settled_at) == (yen, None)
    with payee.acting():
        assert sorted(Allocation.objects.values_list("yen", flat=True)) == sorted([yen - 440, 440, 440 - yen, -440])
        assert BankLine.objects.get(pk=line).used == 0
    assert match(payee, line, {invoice: yen - 440}) == 302


def test_a_credit_note_is_set_off(payee: Desk, receiver: Desk) -> None:
    invoice = write(payee, "invoice", to=[receiver])
    does(receiver, invoice, "accept")
    note = write_from(payee, "credit_note", invoice, reason="数量違い", **{"lines-0-quantity": "1"})
    does(receiver, note, "accept")
    yen, less = owed(payee, invoice), owed(payee, note)
    assert less < 0
    line = receipt(payee, yen + less)
    assert suggested(payee, line) == ({invoice, note}, 0)
    assert match(payee, line, {invoice: yen, note: less}) == 302
    assert (owed(payee, invoice), owed(payee, note)) == (0, 0)


def test_a_file_twice_adds_nothing_and_is_taken_back_whole(payee: Desk, receiver: Desk) -> None:
    alike: list[Movement] = [(TODAY, 1_000, PAYER), (TODAY, 1_000, PAYER), (TODAY, -300, "ﾃｽｳﾘﾖｳ")]
    take(payee, *alike)
    take(payee, *alike, (TODAY + timedelta(days=1), 500, PAYER))

    def lines() -> list[int]:
        with payee.acting():
            return sorted(BankLine.objects.filter(is_live=True).values_list("yen", flat=True))

    assert lines() == [500, 1_000, 1_000], "two alike on one day are two; what goes out is none"
    page = payee.get(reverse("receipts"))
    newest = page.context["statements"][0]
    invoice = write(payee, "invoice", to=[receiver])
    with payee.acting():
        line = BankLine.objects.get(yen=500)
    match(payee, line.pk, {invoice: 500})
    back = reverse("take-back-statement", args=[newest.pk])
    payee.post(back)
    assert lines() == [500, 1_000, 1_000], "not while something of it is matched"
    payee.post(reverse("undo-match", args=[line.pk]), {"reason": "取り消し"})
    payee.post(back)
    assert lines() == [1_000, 1_000]
    take(payee, *alike, (TODAY + timedelta(days=1), 500, PAYER))
    assert lines() == [500, 1_000, 1_000], "and it can come again"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a file of a bank",
        statement([(TODAY, 1, PAYER)])[:-60],
        statement([(TODAY, 1, PAYER)]).replace(b"000000000001", b"000000000009", 1),
        statement([(TODAY, 1, PAYER)], number="7777777"),
        statement([(TODAY, 1, PAYER)]).replace(b"1030", b"1010", 1),
    ],
    ids=["empty", "text", "cut", "sum", "other account", "other sort"],
)
def test_a_file_that_is_not_one_takes_nothing_in(payee: Desk, content: bytes) -> None:
    answer = take(payee, content=content)
    assert answer.status_code == 422
    with payee.acting():
        assert not BankLine.objects.exists()


def test_ageing_by_partner_and_as_a_file(payee: Desk, receiver: Desk) -> None:
    invoice, later = write(payee, "invoice", to=[receiver]), write(payee, "invoice", to=[receiver])
    yen = owed(payee, invoice)
    with payee.acting():
        days = {invoice: timezone.localdate() - timedelta(days=45), later: timezone.localdate()}
        for document, due in days.items():
            PartyView.objects.filter(document_id=document).update(due_on=due)
    match(payee, receipt(payee, 100), {invoice: 100})
    rows = payee.get(reverse("ageing")).context["rows"]
    assert [(row.party_id, row.yen) for row in rows] == [(receiver.party.id, (yen, 0, yen - 100, 0, 0))]
    lines = payee.get(reverse("ageing-csv")).content.decode("utf-8-sig").splitlines()
    assert lines[1].split(",")[1:] == [str(yen), "0", str(yen - 100), "0", "0", str(2 * yen - 100)]
    assert receiver.get(reverse("ageing"), {"side": "buyer"}).context["rows"] == [], "nothing is accepted yet"
    does(receiver, later, "accept")
    assert receiver.get(reverse("ageing"), {"side": "buyer"}).context["total"].total == yen


def test_pages_cost_the_same_for_many(payee: Desk, receiver: Desk) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert payee.get(path).status_code == 200
        return len(captured)

    paths = [reverse(name) for name in ("receipts", "ageing", "payments", "payment-runs", "bank-accounts")]
    write(payee, "invoice", to=[receiver])
    receipt(payee, 111)
    few = [queries(path) for path in paths]
    for n in range(4):
        write(payee, "invoice", to=[receiver])
        receipt(payee, 1_000 + n)
    assert [queries(path) for path in paths] == few


@pytest.mark.parametrize("seed", range(4))
def test_a_random_walk_keeps_every_sum(payee: Desk, receiver: Desk, seed: int) -> None:
    chance = random.Random(seed)
    invoices = [write(payee, "invoice", to=[receiver]) for _ in range(3)]
    total = owed(payee, invoices[0])
    lines = [receipt(payee, chance.randint(1, 2 * total)) for _ in range(3)]
    for _ in range(30):
        line = chance.choice(lines)
        if chance.random() < 0.7:
            some = chance.sample(invoices, k=chance.randint(1, 3))
            settled = {each: chance.choice([owed(payee, each), chance.randint(-5, total)]) for each in some}
            match(payee, line, settled, fee=chance.choice([0, 0, 220, 2_000]))
        else:
            payee.post(reverse("undo-match", args=[line]), {"reason": "理由"})
        _sums_hold(payee, invoices, lines, total)


def _sums_hold(desk: Desk, invoices: list[UUID], lines: list[UUID], total: int) -> None:
    with desk.acting() as actor:
        sums = access_settled_sums(actor, invoices)
        for invoice in invoices:
            settled = sums.get(invoice, 0)
            assert 0 <= settled <= total
            view = PartyView.objects.get(company_id=actor.company, document_id=invoice)
            assert (view.settled_at is not None) == (settled == total)
        for line in BankLine.objects.filter(pk__in=lines):
            rows = Allocation.objects.filter(line=line, kind="receipt").values_list("yen", flat=True)
            assert sum(rows) == line.used <= line.yen


def documents(*yen: int) -> list[Open]:
    return [Open(PartyView(number=str(nth)), each) for nth, each in enumerate(yen)]


def test_the_earliest_due_come_first() -> None:
    found = Sums(documents(300, 200, 100, 200)).suggest(500)
    assert found is not None
    assert [each.view.number for each in found.documents] == ["0", "1"]
    assert Sums(documents(300, 200)).suggest(90) is None, "no fee is larger than what comes in"
    assert Sums([]).suggest(100) is None


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=12), st.data())
def test_what_sums_up_is_found(yen: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.sampled_from(range(len(yen))), min_size=1))
    wanted = sum(yen[place] for place in chosen)
    found = Sums(documents(*yen)).suggest(wanted)
    assert found is not None
    assert found.yen - found.fee == wanted
    assert found.fee == 0


@given(st.lists(st.integers(1, 10**6), max_size=40), st.integers(1, 10**7))
def test_whatever_is_suggested_fits(yen: list[int], wanted: int) -> None:
    found = Sums(documents(*yen)).suggest(wanted)
    if found is not None:
        assert found.yen - found.fee == wanted
        assert found.fee in (0, *FEES)
        assert len({each.view.number for each in found.documents}) == len(found.documents)


@pytest.mark.parametrize(
    "name",
    [
        "ミナトショウテン",
        "カ）ミナトショウテン",
        "ﾐﾅﾄｼﾖｳﾃﾝ(ｶ",
        "ｶ)ﾐﾅﾄ ｼﾖｳﾃﾝ",
        "みなとしょうてん",
        "カブシキガイシャ ミナト・ショウテン",
    ],
)
def test_a_payer_has_many_spellings(name: str) -> None:
    assert payer_key(name) == "ﾐﾅﾄｼﾖｳﾃﾝ"
