"""What a page costs does not grow with what it shows: as many queries for one document as for forty."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.world import Desk, add_member
from torihiki.exchange.access import access_document, access_draft
from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.actions.remarks import comment
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.partners.actions import add_external_partner, invite_partner
from torihiki.exchange.specs import KINDS
from torihiki.identity.actions import add_unit, invite_member
from torihiki.identity.models import Company
from torihiki.identity.permissions import Role

MANY = 40
LINES = 30
LISTS = ["/", "/inbox", "/outbox", "/drafts", "/search", "/search?q=厨房", "/inbox.csv", "/documents/kinds/quote"]
HOUSE = ["/members", "/units", "/partners", "/audit", "/audit/export.csv", "/documents/new/quote"]


def queries(desk: Desk, path: str) -> int:
    """Of the second of two visits: the first one fills caches of the process and marks things as read."""
    assert desk.get(path).status_code == 200, path
    with CaptureQueriesContext(connection) as captured:
        assert desk.get(path).status_code == 200, path
    return len(captured)


def draft(code: str, desk: Desk, to: Desk, lines: int = 1) -> UUID:
    kind = KINDS[code]
    body = {**kind.samples.valid, "lines": [kind.samples.valid["lines"][0]] * lines}
    with desk.acting() as actor:
        return start_draft(actor, kind, at=timezone.now(), body=body, recipients=[to.party.id])


def send(code: str, desk: Desk, to: Desk, lines: int = 1) -> UUID:
    document = draft(code, desk, to, lines)
    with desk.acting() as actor:
        unsent = access_draft(access_document(actor, document))
        assert unsent is not None
        send_document(actor, document, revision=unsent.revision, at=timezone.now())
    return document


def fill_house(desk: Desk, number: int) -> None:
    now = timezone.now()
    with desk.acting() as actor:
        add_unit(actor, name=f"店舗 {number}", code=str(number), parent_id=None, at=now)
        invite_member(actor, email=f"{number}@x.example", name="新人", role=Role.CLERK, unit_id=None, at=now)
        invite_partner(actor, email=f"{number}@y.example", at=now)
        add_external_partner(actor, PartyDetails(name=f"外部 {number}"), at=now)
        company = Company.objects.get(pk=actor.company)
    add_member(company, f"more{number}", Role.CLERK, at=now)


def grows(pages: list[str], desks: list[Desk], more: Callable[[int], Any]) -> dict[str, tuple[int, int]]:
    """Pages that need more queries when there is more, with both numbers."""
    more(0)
    before = {(desk.key, page): queries(desk, page) for desk in desks for page in pages}
    for number in range(1, MANY):
        more(number)
    after = {(desk.key, page): queries(desk, page) for desk in desks for page in pages}
    return {" ".join(place): (before[place], after[place]) for place in before if after[place] > before[place]}


def test_lists_of_documents(issuer: Desk, receiver: Desk) -> None:
    def more(_number: int) -> None:
        send("quote", issuer, receiver)
        draft("quote", issuer, receiver)

    assert grows(LISTS, [issuer, receiver], more) == {}


def test_lists_of_everything_else(issuer: Desk) -> None:
    assert grows(HOUSE, [issuer], lambda number: fill_house(issuer, number)) == {}


def test_one_document(issuer: Desk, receiver: Desk) -> None:
    """With one line, remark and step, and with thirty."""
    short, long = send("invoice", issuer, receiver), send("invoice", issuer, receiver, lines=LINES)
    for document, times in ((short, 1), (long, LINES)):
        for _time in range(times):
            talk(issuer, receiver, document)
    pages = ["", "/json", "/pdf", "/as/jp-pint", "/steps/accept"]
    few, many = ({page: queries(receiver, f"/documents/{one}{page}") for page in pages} for one in (short, long))
    assert many == few


def test_one_draft(issuer: Desk, receiver: Desk) -> None:
    short, long = (draft("invoice", issuer, receiver, lines=lines) for lines in (1, LINES))
    few, many = (queries(issuer, f"/documents/{document}/edit") for document in (short, long))
    assert many <= few, f"{few} became {many}"


def talk(issuer: Desk, receiver: Desk, document: UUID) -> None:
    """A remark from each side, shared and internal, and a question with its answer."""
    now = timezone.now()
    for desk, step in ((receiver, "query"), (issuer, "answer")):
        with desk.acting() as actor:
            comment(actor, document, text="承知しました", shared=True, at=now)
            comment(actor, document, text="社内で確認", shared=False, at=now)
            take_step(actor, document, step, at=now, version=1, reason="数量の件")
