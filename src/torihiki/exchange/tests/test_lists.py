"""Lists turn pages by key, both ways, and find what is looked for."""

import re

import pytest
from django.utils import timezone

from tests.world import Desk
from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.pages import lists
from torihiki.exchange.specs import KINDS

SUBJECT = re.compile(r"文書\d+号")


@pytest.fixture
def seven_drafts(issuer: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(lists, "PAGE_ROWS", 3)
    with issuer.acting() as actor:
        for number in range(7):
            start_draft(actor, KINDS["invoice"], body={"subject": f"文書{number}号"}, at=timezone.now())
    return issuer


def shown(page: object) -> list[str]:
    return SUBJECT.findall(page.content.decode())  # type: ignore[attr-defined]


def test_pages_lead_forward_and_back_and_lose_nothing(seven_drafts: Desk) -> None:
    first = seven_drafts.get("/drafts")
    assert shown(first) == ["文書6号", "文書5号", "文書4号"]
    assert first.context["previous"] == ""
    second = seven_drafts.get(first.context["next"])
    assert shown(second) == ["文書3号", "文書2号", "文書1号"]
    third = seven_drafts.get(second.context["next"])
    assert shown(third) == ["文書0号"]
    assert third.context["next"] == ""
    assert shown(seven_drafts.get(second.context["previous"])) == shown(first)


def test_a_made_up_cursor_shows_the_first_page(seven_drafts: Desk) -> None:
    for cursor in ("x", "A" * 500, "eyJhIjoxfQ==", "WzEsMl0="):
        assert shown(seven_drafts.get("/drafts", {"after": cursor})) == ["文書6号", "文書5号", "文書4号"]


def test_the_export_is_the_whole_list_whatever_page_is_shown(seven_drafts: Desk) -> None:
    second = seven_drafts.get(seven_drafts.get("/drafts").context["next"])
    csv = seven_drafts.get(second.context["export"])
    assert csv.content.startswith(b"\xef\xbb\xbf")
    assert len(shown(csv)) == 7
