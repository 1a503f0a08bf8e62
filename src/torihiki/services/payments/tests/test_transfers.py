"""What a company owes becomes a file for its bank: one prepares it, another releases it, nothing is paid twice."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from tests.portal import does, view_of, write, write_from
from tests.world import Desk
from torihiki.lib.zengin import read_order
from torihiki.services.payments.business_days import first_business_day, is_business_day
from torihiki.services.payments.models import BankAccount, RunLine, TransferRun

OWN = {
    "bank": "１",
    "bank_name": "ミズホ",
    "branch": "123",
    "branch_name": "ホンテン",
    "type": "2",
    "number": "12345",
    "holder": "カ）ミナト",
    "consignor": "42",
}
THEIRS = {"bank": "0005", "branch": "045", "type": "1", "number": "7654321", "holder": "カ）アオバショクヒン"}


@pytest.fixture
def payer(receiver: Desk) -> Desk:
    """The buyer, with an own account."""
    own = {**OWN, "bank": "0001"}
    assert receiver.post(reverse("new-bank-account"), own).status_code == 302
    return receiver


def entered(payer: Desk, payee: Desk, by: Desk | None = None, **changed: str) -> UUID:
    address = f"{reverse('new-bank-account')}?partner={payer.partner(payee).pk}"
    answer = (by or payer.clerk).post(address, {**THEIRS, **changed})
    assert answer.status_code == 302, answer.context["form"].errors
    with payer.acting():
        return UUID(str(BankAccount.objects.latest("id").pk))


def confirm(desk: Desk, account: UUID) -> int:
    return int(desk.post(reverse("confirm-bank-account", args=[account])).status_code)


def accepted(issuer: Desk, receiver: Desk) -> UUID:
    invoice = write(issuer, "invoice", to=[receiver])
    does(receiver, invoice, "accept")
    return invoice


def prepare(desk: Desk, *documents: UUID, on: date | None = None) -> Any:
    with desk.acting():
        own = BankAccount.objects.get(partner=None)
    day = on or first_business_day(timezone.localdate() + timedelta(days=1))
    data = {"account": str(own.pk), "on": day.isoformat(), "document": [str(each) for each in documents]}
    return desk.post(reverse("payments"), data)


def run_of(answer: Any) -> UUID:
    assert answer.status_code == 302, str(answer.context["refusal"] and answer.context["refusal"].message)
    return UUID(answer["Location"].rpartition("/")[2])


def test_from_the_invoice_to_the_banks_file(payer: Desk, issuer: Desk, stranger: Desk) -> None:
    assert payer.post(reverse("new-bank-account"), OWN).status_code == 422, "a bank has four digits"
    invoices = [accepted(issuer, payer), accepted(issuer, payer)]
    waiting = write(issuer, "invoice", to=[payer])  # not accepted: not to be paid yet
    page = payer.clerk.get(reverse("payments"), {"due_to": "2099-12-31"})
    assert {view.document_id for view, _kind, _yen in page.context["rows"]} == set(invoices)
    assert prepare(payer.clerk, *invoices).status_code == 422, "nobody knows where the money goes"
    account = entered(payer, issuer)
    assert prepare(payer.clerk, *invoices).status_code == 422, "nobody has confirmed it"
    assert confirm(payer.clerk, account) == 403
    assert confirm(payer.approver, account) == 302
    assert prepare(payer.clerk, *invoices, waiting).status_code == 422
    run = run_of(prepare(payer.clerk, *invoices))

    assert prepare(payer.clerk, invoices[0]).status_code == 422, "it is being paid"
    address = reverse("payment-run", args=[run])
    assert payer.clerk.post(f"{address}/release").status_code == 403
    assert payer.clerk.post(f"{address}/file").status_code == 409
    assert payer.approver.post(f"{address}/release").status_code == 302
    assert payer.approver.post(f"{address}/release").status_code == 409
    file = payer.clerk.post(f"{address}/file")
    order = read_order(file.content, year=timezone.localdate().year)
    with payer.acting():
        amounts = [view_of(payer, invoice).amount_minor or 0 for invoice in invoices]
        held = TransferRun.objects.get(pk=run)
    assert [(each.to.number, each.yen) for each in order.transfers] == [("7654321", sum(amounts))]
    assert (order.payer.number, order.consignor, held.yen) == ("0012345", "0000000042", sum(amounts))
    assert "ｱｵﾊﾞｼﾖｸﾋﾝ" in file.content.decode("cp932")
    assert payer.clerk.post(f"{address}/file").content == file.content

    assert payer.clerk.post(f"{address}/executed").status_code == 302
    assert all(view_of(payer, invoice).settled_at for invoice in invoices)
    assert not any(view_of(issuer, invoice).settled_at for invoice in invoices), "the other side has its own books"
    for page in (address, reverse("payment-runs"), reverse("payments")):
        assert payer.viewer.get(page).status_code == 200
    assert payer.viewer.post(f"{address}/file").status_code == 403
    for other in (issuer, stranger):
        assert other.get(address).status_code == 404
        assert other.post(f"{address}/file").status_code == 404
    events = [event for event in payer.events() if event.startswith("payments.run")]
    steps = [event.removeprefix("payments.run_") for event in events]
    assert steps == ["made", "released", "fetched", "fetched", "executed"]


def test_what_the_bank_did_not_pay_is_open_again(payer: Desk, issuer: Desk) -> None:
    invoice = accepted(issuer, payer)
    confirm(payer.approver, entered(payer, issuer))
    run = run_of(prepare(payer.clerk, invoice))
    address = reverse("payment-run", args=[run])
    failed = {"partner": str(payer.partner(issuer).pk)}
    assert payer.clerk.post(f"{address}/failed", failed).status_code == 409, "not executed yet"
    payer.approver.post(f"{address}/release")
    payer.clerk.post(f"{address}/executed")
    assert payer.clerk.post(f"{address}/failed", failed).status_code == 302
    assert payer.clerk.post(f"{address}/failed", failed).status_code == 409
    assert view_of(payer, invoice).settled_at is None
    run_of(prepare(payer.clerk, invoice))


def test_a_run_is_cancelled_and_its_documents_are_open_again(payer: Desk, issuer: Desk) -> None:
    invoice = accepted(issuer, payer)
    confirm(payer.approver, entered(payer, issuer))
    first = reverse("payment-run", args=[run_of(prepare(payer.clerk, invoice))])
    assert payer.clerk.post(f"{first}/cancel").status_code == 302
    assert payer.approver.post(f"{first}/release").status_code == 409
    second = reverse("payment-run", args=[run_of(prepare(payer.clerk, invoice))])
    payer.approver.post(f"{second}/release")
    assert payer.clerk.post(f"{second}/cancel").status_code == 422, "the bank may have it: say why"
    assert payer.clerk.post(f"{second}/cancel", {"reason": "日付違い"}).status_code == 302
    run_of(prepare(payer.clerk, invoice))


def test_a_changed_account_needs_a_second_person_again(payer: Desk, issuer: Desk) -> None:
    first = entered(payer, issuer)
    confirm(payer.approver, first)
    invoice = accepted(issuer, payer)
    run = run_of(prepare(payer.clerk, invoice))
    second = entered(payer, issuer, number="9999999")
    with payer.acting():
        assert RunLine.objects.get(run_id=run).account_id == first
    assert confirm(payer.approver, second) == 302
    assert payer.approver.post(reverse("release-run", args=[run])).status_code == 422, "it goes nowhere else unseen"
    with payer.acting():
        assert BankAccount.objects.get(pk=first).stopped_at is not None
        with pytest.raises(DatabaseError, match="account_confirmed_by_another"), transaction.atomic():
            BankAccount.objects.filter(pk=second).update(confirmed_by=payer.clerk.actor.member)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            BankAccount.objects.filter(pk=second).update(number="1111111")


def test_who_prepared_it_does_not_release_it_even_as_an_approver(payer: Desk, issuer: Desk) -> None:
    invoice = accepted(issuer, payer)
    account = entered(payer, issuer, by=payer.approver)
    assert confirm(payer.approver, account) == 302
    with payer.acting():
        assert BankAccount.objects.get(pk=account).confirmed_at is None, "one's own entry stays unconfirmed"
    assert confirm(payer, account) == 302
    run = run_of(prepare(payer.approver, invoice))
    assert payer.approver.post(reverse("release-run", args=[run])).status_code == 403
    assert payer.post(reverse("release-run", args=[run])).status_code == 302


def test_a_credit_note_is_taken_off(payer: Desk, issuer: Desk) -> None:
    invoice = accepted(issuer, payer)
    note = write_from(issuer, "credit_note", invoice, reason="数量違い", **{"lines-0-quantity": "1"})
    does(payer, note, "accept")
    confirm(payer.approver, entered(payer, issuer))
    assert prepare(payer.clerk, note).status_code == 422, "nobody transfers less than nothing"
    with payer.acting():
        run = TransferRun.objects.get(pk=run_of(prepare(payer.clerk, invoice, note)))
    owed = view_of(payer, invoice).amount_minor or 0
    assert run.yen == owed + (view_of(payer, note).amount_minor or 0) < owed


def test_banks_do_not_work_on_holidays() -> None:
    assert [is_business_day(date(2027, 1, day)) for day in range(1, 6)] == [False] * 3 + [True, True]
    assert not is_business_day(date(2026, 12, 31))
    assert not is_business_day(date(2026, 11, 23)), "勤労感謝の日"
    assert first_business_day(date(2026, 12, 31)) == date(2027, 1, 4)


def test_a_day_without_banks_is_refused(payer: Desk, issuer: Desk) -> None:
    invoice = accepted(issuer, payer)
    confirm(payer.approver, entered(payer, issuer))
    day = timezone.localdate()
    while is_business_day(day):
        day += timedelta(days=1)
    assert prepare(payer.clerk, invoice, on=day).status_code == 422
    assert prepare(payer.clerk, invoice, on=timezone.localdate() - timedelta(days=7)).status_code == 422
