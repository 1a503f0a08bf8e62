"""Terms between two companies: one proposes, the other agrees, and documents follow what held on their day."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pydantic import ValidationError

from tests.world import fields_of
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Terms
from torihiki.exchange.partners.actions import add_external_partner, agree_terms, propose_terms
from torihiki.exchange.partners.terms import TermsBody, current_terms
from torihiki.lib.money import Rounding

TODAY = timezone.localdate()


def propose(desk, other, **more):
    page = f"/partners/{desk.partner(other).id}/terms"
    return desk.post(page, {**fields_of(desk.get(page)), **more})


def answer(desk, other, word):
    with desk.acting():
        terms = Terms.objects.latest("version")
    return desk.post(f"/partners/{desk.partner(other).id}/terms/{terms.id}/{word}")


def holding(desk, other, on=None):
    with desk.acting() as actor:
        return current_terms(actor, other.party.id, on or timezone.localdate())


def test_proposed_terms_hold_once_the_other_side_agrees(issuer, receiver):
    assert propose(issuer, receiver, closing_day=20, tax_rounding="ceiling").status_code == 302
    assert holding(issuer, receiver) == TermsBody()
    assert answer(issuer, receiver, "agree").status_code == 409, "nobody agrees with themselves"
    assert answer(receiver, issuer, "agree").status_code == 302
    for desk, other in ((issuer, receiver), (receiver, issuer)):
        assert holding(desk, other).closing_day == 20
        assert holding(desk, other).tax_rounding is Rounding.CEILING
    assert issuer.events()[-2:] == ["partners.terms_proposed", "ledger.refused"]
    assert receiver.events()[-1] == "partners.terms_agreed"


def test_a_document_of_an_earlier_day_follows_what_held_then(issuer, receiver):
    now = timezone.now()
    for days_ago, closing_day in ((10, 20), (5, 10)):
        at = now - timedelta(days=days_ago)
        with issuer.acting() as actor:
            terms = propose_terms(actor, issuer.partner(receiver).id, TermsBody(closing_day=closing_day), at=at)
        with receiver.acting() as actor:
            agree_terms(actor, receiver.partner(issuer).id, terms.id, at=at)
    today = timezone.localdate(now)
    assert holding(issuer, receiver, today).closing_day == 10
    assert holding(issuer, receiver, today - timedelta(days=5)).closing_day == 10
    assert holding(issuer, receiver, today - timedelta(days=6)).closing_day == 20
    assert holding(receiver, issuer, today - timedelta(days=11)) == TermsBody()


def test_declined_terms_change_nothing_and_one_proposal_waits_at_a_time(issuer, receiver):
    propose(issuer, receiver, closing_day=20)
    assert propose(receiver, issuer, closing_day=25).status_code == 422
    assert answer(receiver, issuer, "decline").status_code == 302
    assert answer(receiver, issuer, "agree").status_code == 409
    assert holding(issuer, receiver) == TermsBody()
    assert propose(receiver, issuer, closing_day=25).status_code == 302
    assert answer(receiver, issuer, "decline").status_code == 302, "taken back by its own side"


def test_while_trade_is_suspended_nothing_is_proposed(issuer, receiver):
    issuer.post(f"/partners/{issuer.partner(receiver).id}/suspend")
    assert propose(receiver, issuer, closing_day=25).status_code == 422


def test_a_stranger_neither_agrees_nor_sees(issuer, receiver, stranger):
    propose(issuer, receiver, closing_day=20)
    with issuer.acting():
        terms = Terms.objects.get()
    partner = issuer.partner(receiver).id
    for word in ("agree", "decline"):
        assert stranger.post(f"/partners/{partner}/terms/{terms.id}/{word}").status_code == 404
    with stranger.acting():
        assert not Terms.objects.exists()
        assert Terms.objects.filter(pk=terms.id).update(agreed_at=timezone.now()) == 0


def test_terms_with_an_external_partner_are_set_by_oneself(issuer):
    with issuer.acting() as actor:
        partner = add_external_partner(actor, PartyDetails(name="外部商会"), at=timezone.now())
    page = f"/partners/{partner.id}/terms"
    form = {**fields_of(issuer.get(page)), "closing_day": 15, "tolerance_percent": "2.5", "deemed_acceptance_days": "7"}
    assert issuer.post(page, form).status_code == 302
    with issuer.acting() as actor:
        terms = current_terms(actor, partner.party_id, TODAY)
    assert (terms.closing_day, terms.tolerance_percent, terms.deemed_acceptance_days) == (15, Decimal("2.5"), 7)
    assert "2.5%" in issuer.get(f"/partners/{partner.id}").content.decode()
    assert issuer.events()[-1] == "partners.terms_set"


def test_slow_payment_is_remarked(issuer, receiver):
    page = f"/partners/{issuer.partner(receiver).id}/terms"
    form = {**fields_of(issuer.get(page)), "due_months_after": 2}
    response = issuer.post(page, form, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["success", "warning"]


@pytest.mark.parametrize(
    ("closing", "months", "due", "day", "closes", "paid"),
    [
        (31, 1, 31, date(2026, 1, 15), date(2026, 1, 31), date(2026, 2, 28)),
        (20, 1, 10, date(2026, 1, 20), date(2026, 1, 20), date(2026, 2, 10)),
        (20, 1, 10, date(2026, 1, 21), date(2026, 2, 20), date(2026, 3, 10)),
        (20, 0, 31, date(2026, 12, 25), date(2027, 1, 20), date(2027, 1, 31)),
        (20, 0, 10, date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 10)),
        (31, 2, 5, date(2026, 11, 30), date(2026, 11, 30), date(2027, 1, 5)),
    ],
)
def test_closing_and_payment_days(closing, months, due, day, closes, paid):
    terms = TermsBody(closing_day=closing, due_months_after=months, due_day=due)
    assert terms.closing_on(day) == closes
    assert terms.due_on(day) == paid


def test_what_is_slow():
    assert not TermsBody().is_slow, "end of month, paid at the end of the next"
    assert TermsBody(due_months_after=2).is_slow
    assert TermsBody().payment_days_longest == 62


@pytest.mark.parametrize(
    "wrong",
    [{"closing_day": 0}, {"due_day": 32}, {"tolerance_percent": "-1"}, {"surprise": 1}, {"due_months_after": 9}],
)
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValidationError):
        TermsBody.model_validate(wrong)
