"""Passkeys in a real browser, with its own virtual authenticator: set up, sign in, second step, copy, removal."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, PHONE, Person, Screen

pytestmark = pytest.mark.heavy
LONG = pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long")
OWN_PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Authenticator:
    """The virtual authenticator of one browser (Chrome DevTools Protocol, domain WebAuthn)."""

    def __init__(self, person: Person) -> None:
        self._devtools = person.context.new_cdp_session(person.page)
        self._devtools.send("WebAuthn.enable")
        self._id = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": OWN_PHONE})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def take(self, credential: dict[str, Any]) -> None:
        self._send("addCredential", credential=credential)

    def verify(self, is_verified: bool) -> None:
        self._send("setUserVerified", isUserVerified=is_verified)

    def _send(self, what: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self._devtools.send(f"WebAuthn.{what}", {"authenticatorId": self._id, **more})
        return answer


def use(person: Person, *, label: str = "Use a passkey", status: int = 200) -> Person:
    """Press the button; the script asks the authenticator and sends its answer."""
    with person.page.expect_navigation():
        person.page.get_by_role("button", name=person.say(label)).click()
    return person.examine(status=status)


@pytest.mark.parametrize(
    ("login_id", "language", "screen", "name"),
    [
        pytest.param("minato", "ja", DESKTOP, "青い鍵", id="ja-desktop"),
        pytest.param("suzuran", "en", PHONE, "Blue key", id="en-phone", marks=LONG),
    ],
)
def test_a_passkey_from_its_set_up_to_its_removal(
    person: MakePerson, login_id: str, language: str, screen: Screen, name: str
) -> None:
    owner = person(language=language, screen=screen)
    owner.visit("/sign-in").give_password(login_id)
    device = Authenticator(owner)
    owner.visit("/profile/passkeys").fill("name", name)
    use(owner, label="Set up a passkey")
    owner.sees(name)
    (copy,) = device.credentials()

    owner.context.clear_cookies(name="__Host-session")
    sent: list[str] = []
    owner.page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    owner.page.goto("/sign-in?next=/profile")
    expect(owner.page).to_have_url(f"{owner.platform.url}/profile")  # offered by itself, and taken
    replayed = {name: values[0] for name, values in parse_qs(sent[-1]).items()}
    headers = {"Referer": f"{owner.platform.url}/sign-in"}
    stranger = person(language=language, screen=screen).visit("/sign-in")
    token = stranger.page.locator("form input[name=csrfmiddlewaretoken]").first.input_value()
    replay = stranger.context.request.post(
        "/sign-in/passkey", form={**replayed, "csrfmiddlewaretoken": token}, headers=headers
    )
    assert replay.status == 422

    thief = person(language=language, screen=screen)
    Authenticator(thief).take({**copy, "signCount": 0})
    thief.page.goto("/sign-in")
    thief.page.wait_for_url("**/sign-in/passkey")
    thief.examine(status=422)

    owner.visit("/profile/passkeys").follow(name).press("Remove this passkey")
    owner.does_not_see(name)
