"""The person in charge of a document (担当者), and a leaver's work handed over (clause 2-4-1): own side only."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.portal import does, page_of, view_of, write, write_from
from tests.programs import program_of
from tests.world import Desk
from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import Handover, OutboxMessage, Transition
from torihiki.exchange.pages import lists
from torihiki.identity.actions.roles import add_role, set_grants
from torihiki.identity.jobs import send_letter
from torihiki.identity.models import Member
from torihiki.ledger.models import Entry

PRICES = {f"lines-{nth}-unit_price": "100" for nth in range(3)}


@pytest.fixture
def post(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The letters that were put into the queue, delivered by the worker's own function."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    queued: list[dict[str, Any]] = []
    monkeypatch.setattr(send_letter, "defer", lambda **arguments: queued.append(arguments))

    def deliver() -> list[Any]:
        while queued:
            send_letter.func(**queued.pop(0))
        return mail.outbox

    return SimpleNamespace(deliver=deliver)


def charge(desk: Desk, document: UUID, member: UUID | None) -> int:
    answer = desk.post(reverse("document-charge", args=[document]), {"member": str(member or "")})
    return int(answer.status_code)


def in_charge(desk: Desk, document: UUID) -> UUID | None:
    return view_of(desk, document).assignee_id


def hand_over(desk: Desk, giver: Desk, taker: UUID) -> Any:
    return desk.post(reverse("hand-over", args=[giver.actor.member]), {"taker": str(taker)})


def suspend(desk: Desk, member: UUID) -> None:
    with desk.acting():
        Member.objects.filter(pk=member).update(suspended_at=timezone.now())


def test_who_begins_a_document_is_in_charge_and_the_other_side_sees_nothing(
    issuer: Desk, receiver: Desk, stranger: Desk
) -> None:
    quote = write(issuer.clerk, "quote", to=[receiver])
    clerk, approver = issuer.clerk.actor.member, issuer.approver.actor.member
    assert in_charge(issuer, quote) == clerk
    assert in_charge(receiver, quote) is None
    assert "営業 太郎" in page_of(issuer, quote)

    assert charge(issuer.approver, quote, approver) == 302
    assert in_charge(issuer, quote) == approver
    with issuer.acting():
        told = Transition.objects.get(document_id=quote, name="charge")
    assert (told.shared, told.reason) == (False, "承認 次郎")
    assert str(approver) not in page_of(receiver, quote)
    with receiver.acting():
        assert not Transition.objects.filter(document_id=quote, name="charge").exists()
    assert charge(issuer.approver, quote, approver) == 302, "who is already"
    assert issuer.events().count("document.charged") == 1

    assert charge(receiver, quote, receiver.actor.member) == 302, "each side has its own"
    assert in_charge(issuer, quote) == approver
    assert charge(issuer, quote, None) == 302
    assert in_charge(issuer, quote) is None
    assert charge(stranger, quote, stranger.actor.member) == 404
    assert charge(issuer, quote, receiver.actor.member) == 404, "nobody from outside"
    assert charge(issuer.viewer, quote, clerk) == 403
    assert in_charge(issuer, quote) is None


def test_who_cannot_be_in_charge(issuer: Desk, receiver: Desk) -> None:
    quote = write(issuer, "quote", to=[receiver])
    suspend(issuer, issuer.approver.actor.member)
    assert charge(issuer, quote, issuer.approver.actor.member) == 422
    with issuer.acting():
        Member.objects.filter(pk=issuer.clerk.actor.member).update(role="limited")
    assert charge(issuer, quote, issuer.clerk.actor.member) == 422
    assert in_charge(issuer, quote) == issuer.actor.member


def test_what_answers_a_document_goes_to_whom_it_concerns(issuer: Desk, receiver: Desk) -> None:
    request = write(receiver.clerk, "rfq", to=[issuer])
    quote = write_from(issuer, "quote", request, **PRICES)
    assert in_charge(receiver, quote) == receiver.clerk.actor.member
    suspend(receiver, receiver.clerk.actor.member)
    does(receiver.approver, quote, "accept")
    order = write_from(receiver.approver, "order", quote)
    assert in_charge(issuer, order) == issuer.actor.member
    late = write_from(issuer, "quote", write(receiver.approver, "rfq", to=[issuer]), **PRICES)
    assert in_charge(receiver, late) == receiver.approver.actor.member


def test_who_is_in_charge_is_told_and_nobody_else(issuer: Desk, receiver: Desk, post: Any) -> None:
    def told(document: UUID) -> set[str]:
        mail.outbox = []
        with receiver.acting() as actor:
            message = OutboxMessage.objects.filter(target_id=actor.company, subject_id=document).latest("at")
        deliver_message.func(message_id=str(message.pk), company_id=str(message.target_id))
        return {address for sent in mail.outbox for address in sent.to}

    quote = write(issuer, "quote", to=[receiver])
    assert len(told(quote)) > 1, "as long as nobody is in charge, everybody who could answer"
    with receiver.acting():
        address = Member.objects.get(pk=receiver.clerk.actor.member).email
        OutboxMessage.objects.filter(subject_id=quote).update(delivered_at=None)
    mail.outbox = []
    assert charge(receiver, quote, receiver.clerk.actor.member) == 302
    [letter] = post.deliver()
    assert letter.to == [address]
    assert str(quote) in letter.body
    assert told(quote) == {address}
    suspend(receiver, receiver.clerk.actor.member)
    with receiver.acting():
        OutboxMessage.objects.filter(subject_id=quote).update(delivered_at=None)
    assert address not in told(quote), "gone: everybody else again"


def test_lists_by_the_person_in_charge(issuer: Desk, receiver: Desk) -> None:
    mine, theirs = write(issuer.clerk, "quote", to=[receiver]), write(issuer.approver, "quote", to=[receiver])
    free = write(issuer.approver, "quote", to=[receiver])
    assert charge(issuer, free, None) == 302

    def listed(charge: object) -> set[UUID]:
        page = issuer.clerk.get("/outbox", {"charge": str(charge)})
        return {row.view.document_id for row in page.context["rows"]}

    assert listed("me") == {mine}
    assert listed("nobody") == {free}
    assert listed(issuer.approver.actor.member) == {theirs}
    assert listed("") == {mine, theirs, free} == listed(uuid4()) == listed("x' OR 1=1")
    assert "営業 太郎" in issuer.get("/outbox.csv").content.decode()


def test_a_company_of_thousands_is_not_offered_whole(issuer: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "CHARGES_OFFERED_MAX", 1)
    with issuer.acting() as actor:
        names = list(
            Member.objects.filter(company_id=actor.company).order_by("name", "id").values_list("pk", flat=True)
        )
    for chosen, offered in (("", names[:1]), (names[2], [names[0], names[2]]), (uuid4(), names[:1])):
        choices = issuer.get("/outbox", {"charge": str(chosen)}).context["form"].fields["charge"].choices
        assert [value for value, _name in choices[3:]] == [str(pk) for pk in offered]


def test_a_leavers_work_is_handed_over_and_back(issuer: Desk, receiver: Desk, stranger: Desk, post: Any) -> None:
    leaver, taker = issuer.clerk, issuer.approver
    documents = [write(leaver, kind, to=[receiver]) for kind in ("quote", "invoice", "invoice")]
    draft = write(leaver, "quote", to=[receiver], do="save")
    own = write(taker, "invoice", to=[receiver])
    address = reverse("hand-over", args=[leaver.actor.member])
    assert address in issuer.get(reverse("member", args=[leaver.actor.member])).content.decode()
    suspend(issuer, leaver.actor.member)
    page = issuer.get(address)
    assert {(each.kind.code, each.documents, each.waiting) for each in page.context["work"]} == {
        ("quote", 2, 1),
        ("invoice", 2, 0),
    }
    assert hand_over(issuer, leaver, taker.actor.member).status_code == 302
    assert {in_charge(issuer, each) for each in (*documents, draft)} == {taker.actor.member}
    with issuer.acting():
        assert Transition.objects.get(document_id=documents[0], name="send").member_name == "営業 太郎"
        entry = Entry.objects.get(event="document.handed_over")
        said = json.loads(bytes(entry.payload or b""))["data"]
        handover = Handover.objects.get()
    assert said["documents"] == 4
    [letter] = post.deliver()
    assert "4" in letter.body
    assert {row.view.document_id for row in taker.get("/drafts", {"charge": "me"}).context["rows"]} == {draft}

    assert hand_over(issuer, leaver, taker.actor.member).status_code == 422, "nothing is left"
    assert charge(issuer, documents[0], issuer.actor.member) == 302, "given on meanwhile"
    undo = reverse("hand-back", args=[handover.pk])
    assert stranger.post(undo).status_code == 404
    assert taker.post(undo).status_code == 403
    assert [issuer.post(undo).status_code for _twice in range(2)] == [302, 302]
    assert issuer.events().count("document.handed_back") == 1
    assert [in_charge(issuer, each) for each in (*documents, draft, own)] == [
        issuer.actor.member,
        *[leaver.actor.member] * 3,
        taker.actor.member,
    ]


def test_whom_work_cannot_be_handed_to(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    quote, invoice = (write(issuer.clerk, kind, to=[receiver]) for kind in ("quote", "invoice"))
    for taker in (issuer.clerk.actor.member, stranger.actor.member, uuid4(), "nobody"):
        assert hand_over(issuer, issuer.clerk, taker).status_code == 422, taker  # type: ignore[arg-type]
    suspend(issuer, issuer.approver.actor.member)
    assert hand_over(issuer, issuer.clerk, issuer.approver.actor.member).status_code == 422
    assert hand_over(stranger, issuer.clerk, stranger.actor.member).status_code == 404
    assert hand_over(issuer.clerk, issuer.clerk, issuer.actor.member).status_code == 403
    viewer = issuer.viewer.actor.member
    with issuer.acting() as actor:
        Member.objects.filter(pk=viewer).update(role="limited")
        role = add_role(actor, name="見積係", permissions=["quotes.read"], at=timezone.now())
        set_grants(actor, Member.objects.get(pk=viewer), [role.pk], at=timezone.now())
    assert hand_over(issuer, issuer.clerk, viewer).status_code == 302
    assert in_charge(issuer, quote) == viewer
    assert in_charge(issuer, invoice) == issuer.clerk.actor.member, "of a kind that they may not read"


def test_many_documents_take_as_many_statements_as_few(issuer: Desk, receiver: Desk) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert hand_over(issuer, issuer.clerk, issuer.approver.actor.member).status_code == 302
        return len(counted)

    write(issuer.clerk, "quote", to=[receiver])
    few = statements()
    for _nth in range(6):
        write(issuer.clerk, "quote", to=[receiver])
    assert statements() == few


def test_programs_read_and_find_who_is_in_charge(issuer: Desk, receiver: Desk) -> None:
    mine, theirs = write(issuer.clerk, "quote", to=[receiver]), write(issuer.approver, "quote", to=[receiver])
    program, clerk = program_of(issuer), issuer.clerk.actor.member
    assert program.get(f"documents/{mine}").json()["in_charge"] == {"id": str(clerk), "name": "営業 太郎"}
    assert [each["id"] for each in program.get("documents", in_charge=str(clerk)).json()["items"]] == [str(mine)]
    assert program_of(receiver).get(f"documents/{theirs}").json()["in_charge"] is None
