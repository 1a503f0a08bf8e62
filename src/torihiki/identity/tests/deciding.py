"""What tests of policies share: a clock under test, a company's decision, and a browser somewhere."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.world import PASSWORD
from torihiki.identity.actions.policies import change_policy
from torihiki.identity.policies import rules_of

WRONG = "Wrong-2026"


class Clock:
    """Time stands still, and goes on when it is told to."""

    def __init__(self):
        self.now = timezone.now()

    def pass_by(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch):
    held = Clock()
    monkeypatch.setattr(timezone, "now", lambda: held.now)
    return held


def decide(desk, policy):
    """The desk's company stores `policy`, whatever that does to whom."""
    with desk.acting() as actor:
        number = rules_of([actor.company]).number(actor.company, type(policy))
        change_policy(actor, policy, seen=number, at=timezone.now(), address="127.0.0.1", confirmed=True)


def sign_in(login_id, password=PASSWORD, *, browser=None, address="127.0.0.1", **headers):
    """The answer of the page; 302 when it worked."""
    browser = browser or Client()
    data = {"login_id": login_id, "password": password}
    return browser.post("/sign-in", data, secure=True, REMOTE_ADDR=address, **headers)
