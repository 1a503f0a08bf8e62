"""Many people at once: nothing is paid twice, and no receipt settles more than it is."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.at_once import a_connection_each, another_window, at_once, statuses
from tests.portal import does, write
from tests.world import Desk
from torihiki.services.payments.business_days import first_business_day
from torihiki.services.payments.models import Allocation, BankAccount, BankLine, RunLine
from torihiki.services.payments.tests.test_receipts import owed, payee, receipt
from torihiki.services.payments.tests.test_transfers import confirm, entered, payer

__all__ = ["a_connection_each", "payee", "payer"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("a_connection_each")]
MANY = 20


def test_twenty_matchings_of_one_receipt_settle_once(payee: Desk, receiver: Desk) -> None:
    invoices = [write(payee, "invoice", to=[receiver]) for _ in range(2)]
    yen = owed(payee, invoices[0])
    line = receipt(payee, yen)
    windows = [another_window(payee) for _ in range(MANY)]
    posts: list[Callable[[], Any]] = [
        partial(desk.post, reverse("receipt", args=[line]), {f"yen-{invoices[n % 2]}": str(yen), "fee": "0"})
        for n, desk in enumerate(windows)
    ]
    assert statuses(at_once(posts))[302] == 1
    with payee.acting():
        assert Allocation.objects.count() == 1
        assert BankLine.objects.get(pk=line).left == 0


def test_twenty_people_who_pay_one_invoice_pay_it_once(payer: Desk, issuer: Desk) -> None:
    invoice = write(issuer, "invoice", to=[payer])
    does(payer, invoice, "accept")
    confirm(payer.approver, entered(payer, issuer))
    with payer.acting():
        own = BankAccount.objects.get(partner=None)
    day = first_business_day(timezone.localdate() + timedelta(days=1)).isoformat()
    data = {"account": str(own.pk), "on": day, "document": [str(invoice)]}
    windows = [another_window(payer.clerk) for _ in range(MANY)]
    deeds: list[Callable[[], Any]] = [partial(desk.post, reverse("payments"), data) for desk in windows]
    answers = at_once(deeds)
    assert statuses(answers) == {302: 1, 422: MANY - 1}
    with payer.acting():
        assert RunLine.objects.filter(is_live=True).count() == 1
