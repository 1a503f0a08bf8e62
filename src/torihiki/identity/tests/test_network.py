"""Members work from their company's networks only (clause 2-5-4), and no header helps."""

import pytest
from django.test import Client, RequestFactory

from tests.world import sign_in_directly
from torihiki.identity.network import client_address, refuse_outside
from torihiki.identity.policies import NetworkPolicy
from torihiki.identity.refusals import OutsideNetwork
from torihiki.identity.tests.deciding import WRONG, decide, sign_in

OFFICE = NetworkPolicy(on=True, ranges=("203.0.113.0/24", "2001:db8:1::/48"))
INSIDE, OUTSIDE = "203.0.113.7", "198.51.100.9"
FORGED = {
    "HTTP_X_FORWARDED_FOR": INSIDE,
    "HTTP_FORWARDED": f"for={INSIDE}",
    "HTTP_X_REAL_IP": INSIDE,
    "HTTP_X_CLIENT_IP": INSIDE,
    "HTTP_TRUE_CLIENT_IP": INSIDE,
    "HTTP_CF_CONNECTING_IP": INSIDE,
}


@pytest.mark.parametrize("address", [INSIDE, "2001:db8:1:2::3", f"::ffff:{INSIDE}"])
def test_who_is_inside_signs_in_and_works(issuer, address):
    decide(issuer, OFFICE)
    browser = Client(REMOTE_ADDR=address)
    assert sign_in(issuer.login_id, browser=browser, address=address).status_code == 302
    assert browser.get("/profile", secure=True).status_code == 200


@pytest.mark.parametrize("address", [OUTSIDE, "2001:db8:2::3", f"::ffff:{OUTSIDE}", "", "unknown", "203.0.113.7, x"])
@pytest.mark.parametrize("headers", [{}, FORGED], ids=["plain", "forged"])
def test_who_is_outside_does_not_sign_in(issuer, address, headers):
    decide(issuer, OFFICE)
    assert sign_in(issuer.login_id, address=address, **headers).status_code == 422


@pytest.mark.parametrize("headers", [{}, FORGED], ids=["plain", "forged"])
def test_a_session_that_turns_up_outside_ends_with_that_request(issuer, headers):
    browser = sign_in_directly(issuer.clerk.actor)
    assert browser.get("/profile", secure=True, REMOTE_ADDR=OUTSIDE).status_code == 200
    decide(issuer, OFFICE)
    answer = browser.get("/profile", secure=True, REMOTE_ADDR=OUTSIDE, **headers)
    assert answer.status_code == 403
    assert issuer.clerk.actor.name not in answer.content.decode()
    assert browser.get("/profile", secure=True, REMOTE_ADDR=INSIDE).status_code == 302, "for good"
    assert issuer.events().count("identity.outside_network") == 1


def test_outside_says_what_a_wrong_password_says_and_locks_nobody_out(issuer):
    decide(issuer, OFFICE)
    told = [sign_in(issuer.login_id, password, address=OUTSIDE) for password in (WRONG, WRONG, WRONG, WRONG, WRONG)]
    told.append(sign_in(issuer.login_id, address=OUTSIDE))
    told.append(sign_in("nobody-here", address=OUTSIDE))
    assert len({str(answer.context["form"].non_field_errors()) for answer in told}) == 1
    assert sign_in(issuer.login_id, address=INSIDE).status_code == 302


def test_other_companies_are_not_concerned(issuer, stranger):
    decide(issuer, OFFICE)
    assert sign_in(stranger.login_id, address=OUTSIDE).status_code == 302


def test_doors_without_a_session_ask_the_same_question(issuer):
    with issuer.acting() as actor:
        refuse_outside(actor, OUTSIDE)
    decide(issuer, OFFICE)
    with issuer.acting() as actor:
        refuse_outside(actor, INSIDE)
        with pytest.raises(OutsideNetwork):
            refuse_outside(actor, OUTSIDE)


@pytest.mark.parametrize(
    ("nearest", "forwarded", "expected"),
    [
        (OUTSIDE, INSIDE, OUTSIDE),
        ("10.0.0.1", OUTSIDE, OUTSIDE),
        ("10.0.0.1", f"{INSIDE}, {OUTSIDE}", OUTSIDE),
        ("10.0.0.1", f"{INSIDE}, {OUTSIDE}, 10.0.0.2", OUTSIDE),
        ("::ffff:10.0.0.1", OUTSIDE, OUTSIDE),
        ("10.0.0.1", f"{INSIDE}, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("", INSIDE, ""),
    ],
)
def test_only_our_own_proxies_are_believed(settings, nearest, forwarded, expected):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    request = RequestFactory().get("/", REMOTE_ADDR=nearest, HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == expected
