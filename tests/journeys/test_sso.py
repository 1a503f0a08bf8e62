"""An administrator connects a SAML provider (pysaml2's, in a process of its own) and lets it keep the members; somebody
comes in through it who was never here."""

from pathlib import Path

import pytest

from tests.journeys.conftest import MakePerson
from tests.journeys.person import DESKTOP, PHONE, Person, Screen
from tests.providers.running import running

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif("not config.getoption('--long', False)", reason="takes minutes: --long"),
]


def proved(person: Person) -> None:
    if person.path == "/prove":  # signed in a while ago
        person.fill("present", person.platform.password)
        person.leave(person.page.locator("main form button.is-primary").click)


@pytest.mark.parametrize(
    ("language", "screen"),
    [pytest.param("ja", DESKTOP, id="ja-desktop"), pytest.param("en", PHONE, id="en-phone")],
)
def test_a_provider_is_connected_and_lets_somebody_in(
    person: MakePerson, language: str, screen: Screen, tmp_path: Path
) -> None:
    with running("tests.providers.saml", tmp_path) as provider:
        newcomer = {"subject": f"p-{language}", "name": "田中 四郎", "email": f"tanaka-{language}@minato.example"}
        provider.tell("/be", person={**newcomer, "groups": ["営業"]}, services=[])
        metadata = tmp_path / "metadata.xml"
        metadata.write_bytes(provider.read("/metadata"))

        boss = person(language=language, screen=screen)
        boss.visit("/sign-in").give_password("minato")
        boss.visit("/company/sign-in").visit("/company/sign-in/new/saml")
        proved(boss)
        for name, value in (("name", f"湊アカウント {language}"), ("email_from", "mail"), ("name_from", "displayName")):
            boss.fill(name, value)
        boss.fill("roles_by_group", "営業 = clerk")
        boss.page.locator("[name=creates_members]").check()
        boss.page.locator("[name=metadata]").set_input_files(metadata)
        boss.press("Save").sees(boss.say("What the provider must know of us"))
        place = boss.path
        status, ours, _headers = boss.fetch(f"{place}/metadata")
        assert status == 200
        provider.tell("/be", services=[ours.decode()])
        boss.page.get_by_role("link", name=boss.say("Test the connection")).click()
        boss.page.wait_for_url(f"{boss.platform.url}/sso/**")
        boss.examine().sees(f"p-{language}", "田中 四郎")
        boss.visit(place).press("Switch on")

        guest = person(language=language, screen=screen)
        connection = place.rpartition("/")[2]
        guest.page.goto(f"/sso/start/{connection}?next=/profile")
        guest.page.wait_for_url(f"{guest.platform.url}/profile")
        guest.examine()
        assert guest.named("name").input_value() == "田中 四郎"

        boss.visit(place)
        boss.leave(boss.page.get_by_role("link", name=boss.say("Provisioning (SCIM)")).click)
        boss.press("Make a token")
        proved(boss)
        if not boss.page.locator("code.secret").count():
            boss.press("Make a token")
        boss.sees("/scim/v2", "tk_")
        secret = boss.page.locator("code.secret").last.inner_text()
        made = boss.context.request.post(
            "/scim/v2/Users",
            headers={"Authorization": f"Bearer {secret}", "Content-Type": "application/scim+json"},
            data=f'{{"userName": "{language}", "displayName": "伊藤 五郎",'
            f' "emails": [{{"value": "ito-{language}@minato.example"}}]}}',
            ignore_https_errors=True,
        )
        assert made.status == 201
        boss.visit(f"{place}/scim").sees("伊藤 五郎")
        boss.leave(boss.page.get_by_role("link", name="伊藤 五郎").click)
        boss.sees(boss.say("Provisioned"))
        boss.visit("/company/sign-in/only")
        boss.visit(place).press("Switch off")
