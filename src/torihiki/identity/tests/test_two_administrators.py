"""Two administrators who demote each other at the same moment: one of them stays."""

from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from tests.world import make_company
from torihiki.identity.actions import change_member
from torihiki.identity.models import Member
from torihiki.identity.refusals import LastAdministrator
from torihiki.tenancy.actor import scope


@pytest.mark.django_db(transaction=True)
def test_one_administrator_stays():
    first = make_company("aoba", "青葉食品株式会社")
    with first.acting() as actor:
        change(actor, first.clerk, "administrator")
    start, outcomes = Barrier(2), []

    def demote(by, whom):
        try:
            start.wait(timeout=10)
            with scope(by.actor):
                try:
                    change(by.actor, whom, "viewer")
                    outcomes.append("done")
                except LastAdministrator:
                    outcomes.append("refused")
        finally:
            connection.close()

    pairs = [(first, first.clerk), (first.clerk, first)]
    threads = [Thread(target=demote, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert sorted(outcomes) == ["done", "refused"]
    with first.acting():
        assert Member.objects.filter(role="administrator", suspended_at=None).count() == 1


def change(actor, desk, role):
    change_member(
        actor,
        desk.actor.member_id,
        name=desk.actor.name,
        email="x@aoba.example",
        role=role,
        unit_id=None,
        at=timezone.now(),
    )
