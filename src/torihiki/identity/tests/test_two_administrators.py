"""Two administrators who demote each other at the same moment: one of them stays."""

from dataclasses import replace
from threading import Event, Thread
from time import sleep

import pytest
from django.db import connection
from django.utils import timezone

from tests.world import make_company
from torihiki.identity.actions import change_member
from torihiki.identity.models import Member
from torihiki.identity.permissions import PERMISSIONS, Role
from torihiki.identity.refusals import LastAdministrator
from torihiki.tenancy.actor import scope

UNCOMMITTED_SECONDS = 0.7


@pytest.mark.django_db(transaction=True)
def test_one_administrator_stays():
    first = make_company("aoba", "青葉食品株式会社")
    with first.acting() as actor:
        change(actor, first.clerk, "administrator")
    second = replace(first.clerk.actor, role=Role.ADMINISTRATOR, permissions=PERMISSIONS[Role.ADMINISTRATOR])
    demoted, outcomes = Event(), []

    def first_demotes_the_second():
        with scope(first.actor):
            change(first.actor, first.clerk, "viewer")
            demoted.set()
            sleep(UNCOMMITTED_SECONDS)  # in which the other one tries
        outcomes.append("first")

    def second_demotes_the_first():
        demoted.wait(timeout=10)
        try:
            with scope(second):
                change(second, first, "viewer")
            outcomes.append("second")
        except LastAdministrator:
            outcomes.append("second refused")

    threads = [Thread(target=connected(each)) for each in (first_demotes_the_second, second_demotes_the_first)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert outcomes == ["first", "second refused"]
    with first.acting():
        assert Member.objects.filter(role="administrator", suspended_at=None).count() == 1


def connected(work):
    """The thread's own connection ends with its work."""

    def run():
        try:
            work()
        finally:
            connection.close()

    return run


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
