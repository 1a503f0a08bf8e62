"""Fifty people at once: numbers stay gapless (promise P2), a key works once (P3), an approval takes effect once (P4),
and two who answer differently leave one course."""

import random
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from tests.at_once import MANY, a_connection_each, another_window, at_once, statuses
from tests.dealings import form_data
from tests.portal import does, filled, internally, led_to, opened, page_of, state_of, view_of, write, write_from
from tests.programs import Program, program_of
from tests.world import Desk, make_company, trade
from torihiki.exchange.actions.drafts import start_draft
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.approvals.models import ApprovalSeat
from torihiki.exchange.approvals.routes import keep_route
from torihiki.exchange.approvals.steps import RouteStep
from torihiki.exchange.models import Document, Link, NumberSeries, OutboxMessage, Recipient, Transition, Version
from torihiki.exchange.specs import KINDS
from torihiki.identity.models import Company
from torihiki.ledger.models import Entry

ROUNDS = 3
SEED = 20261123

__all__ = ["a_connection_each"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("a_connection_each")]


def prices() -> list[str]:
    return [line["unit_price"] for line in KINDS["quote"].samples.valid["lines"]]


class Aborted(Exception):
    """The transaction goes wrong after everything was written."""


def test_numbers_are_gapless_and_unique_however_many_write_and_abort(issuer: Desk, receiver: Desk) -> None:
    chance = random.Random(SEED)
    plans = [[chance.choice(["sent", "sent", "aborted", "cut off"]) for _ in range(ROUNDS)] for _ in range(MANY)]

    def issue(fate: str, kind_code: str) -> str:
        kind = KINDS[kind_code]
        with issuer.acting() as actor:
            draft = start_draft(actor, kind, at=timezone.now(), body=kind.samples.valid, recipients=[receiver.party.id])
            number = send_document(actor, draft, revision=1, at=timezone.now())
            if fate == "aborted":
                raise Aborted
            if fate == "cut off":
                connection.connection.pgconn.finish()
        return number

    def work(plan: list[str], kind: str) -> list[str]:
        given = []
        for fate in plan:
            try:
                given.append(issue(fate, kind))
            except (Aborted, OperationalError):
                connection.close()
        return given

    kinds = ["invoice" if number % 3 else "quote" for number in range(MANY)]
    results = at_once([partial(work, plan, kind) for plan, kind in zip(plans, kinds, strict=True)])
    assert [error for error in results if isinstance(error, Exception)] == []
    wanted = {
        kind: sum(plan.count("sent") for plan, its in zip(plans, kinds, strict=True) if its == kind)
        for kind in set(kinds)
    }
    with issuer.acting():
        for kind, count in wanted.items():
            assert count > 10
            numbers = sorted(Document.objects.filter(kind=kind).values_list("number", flat=True))
            year = timezone.localdate().year
            assert numbers == [f"{KINDS[kind].prefix}-{year}-{n:06d}" for n in range(1, count + 1)]
            acknowledged = [number for given in results for number in given if number.startswith(KINDS[kind].prefix)]
            assert sorted(acknowledged) == numbers
            assert NumberSeries.objects.get(kind=kind).last == count
        assert Version.objects.count() == OutboxMessage.objects.count() == sum(wanted.values())
        assert Entry.objects.filter(event="document.sent").count() == sum(wanted.values())


def test_fifty_retries_of_one_form_make_one_document(issuer: Desk, receiver: Desk) -> None:
    kind, address = KINDS["invoice"], reverse("document-new", args=["invoice"])
    data = form_data(kind, kind.samples.valid) | {"recipients": [str(receiver.party.id)], "do": "send", "key": "one"}
    windows = [another_window(issuer) for _ in range(MANY)]
    before = issuer.events()
    answers = at_once([partial(window.post, address, data) for window in windows])
    assert statuses(answers) == {302: MANY}
    assert len({led_to(answer) for answer in answers}) == 1
    with issuer.acting():
        assert Document.objects.get().number.endswith("000001")
        assert Version.objects.count() == OutboxMessage.objects.count() == 1
    assert issuer.events()[len(before) :] == ["document.started", "document.sent"]


def test_fifty_retries_of_one_answer_are_one_answer(issuer: Desk, receiver: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    address, data = reverse("document-step", args=[invoice, "accept"]), {"version": "1", "key": str(uuid4())}
    windows = [another_window(receiver) for _ in range(MANY)]
    answers = at_once([partial(window.post, address, data) for window in windows])
    assert statuses(answers) == {302: MANY}
    with receiver.acting():
        assert Transition.objects.filter(document_id=invoice, name="accept").count() == 1
        assert OutboxMessage.objects.filter(topic="document.accept").count() == 1
    assert receiver.events().count("document.step") == 1


def test_fifty_approvals_take_effect_once_and_so_does_sending(issuer: Desk, receiver: Desk) -> None:
    with issuer.acting() as actor:
        Company.objects.filter(pk=actor.company).update(approval_kinds=["invoice"])
    draft = write(issuer.clerk, "invoice", to=[receiver], do="submit")
    sha256 = str(issuer.approver.get(reverse("document", args=[draft])).context["draft_sha256"])
    people = [another_window(issuer.approver if n % 2 else issuer) for n in range(MANY)]
    answers = at_once([partial(internally, desk, draft, "approve", sha256=sha256) for desk in people])
    assert statuses(answers) == {302: 1, 409: MANY - 1}
    assert issuer.events().count("document.approved") == 1
    with issuer.acting():
        assert Transition.objects.filter(document_id=draft, name="approve").count() == 1

    address = reverse("document-send", args=[draft])
    sent = at_once([partial(desk.post, address, {"revision": "1"}) for desk in people])
    assert statuses(sent) == {302: 1, 409: MANY - 1}
    with issuer.acting():
        assert Version.objects.count() == OutboxMessage.objects.count() == 1


def test_fifty_approvals_of_two_people_close_a_quorum_of_two_once(issuer: Desk, receiver: Desk) -> None:
    with issuer.acting() as actor:
        step = RouteStep(name="two", needed=2)
        keep_route(actor, None, name="two", steps=[step], at=timezone.now(), kinds=["invoice"])
    draft = write(issuer.clerk, "invoice", to=[receiver], do="submit")
    sha256 = str(issuer.approver.get(reverse("document", args=[draft])).context["draft_sha256"])
    people = [another_window(issuer.approver if n % 2 else issuer) for n in range(MANY)]
    answers = at_once([partial(internally, desk, draft, "approve", sha256=sha256) for desk in people])
    assert statuses(answers) == {302: 2, 409: MANY - 2}
    with issuer.acting():
        seats = ApprovalSeat.objects.filter(decision="approved")
        assert len({seat.decided_by for seat in seats}) == len(seats) == 2
        approvals = Transition.objects.filter(document_id=draft, name="approve").order_by("id")
        assert [each.to_state for each in approvals] == ["in_approval", "ready"]


def test_an_edit_and_an_approval_at_once_never_send_what_was_not_approved(issuer: Desk, receiver: Desk) -> None:
    with issuer.acting() as actor:
        Company.objects.filter(pk=actor.company).update(approval_kinds=["invoice"])
    outcomes = set()
    for _ in range(6):
        draft = write(issuer.clerk, "invoice", to=[receiver], do="submit")
        page = issuer.approver.get(reverse("document", args=[draft]))
        sha256, revision = str(page.context["draft_sha256"]), page.context["draft"].revision
        form = filled(issuer.clerk.get(reverse("document-edit", args=[draft]))) | {"subject": "書き換え", "do": "save"}
        editor, approver, sender = another_window(issuer.clerk), another_window(issuer.approver), another_window(issuer)
        answers = at_once(
            [
                partial(editor.post, reverse("document-edit", args=[draft]), form),
                partial(internally, approver, draft, "approve", sha256=sha256),
                partial(sender.post, reverse("document-send", args=[draft]), {"revision": str(revision)}),
            ]
        )
        outcomes.add(tuple(answer.status_code for answer in answers))
        if view_of(issuer, draft).number:
            assert "書き換え" not in page_of(receiver, draft)
        else:
            assert receiver.get(reverse("document", args=[draft])).status_code == 404
    assert all(set(outcome) <= {302, 409} for outcome in outcomes)


def test_opposite_answers_at_once_leave_one_course(issuer: Desk, receiver: Desk) -> None:
    steps = [(receiver, "accept"), (receiver, "reject"), (receiver, "query"), (issuer, "withdraw")]
    for _ in range(3):
        invoice = write(issuer, "invoice", to=[receiver])
        people = [(another_window(desk), step) for desk, step in steps * 5]

        def answer(desk: Desk, step: str, invoice: UUID = invoice) -> Any:
            address = reverse("document-step", args=[invoice, step])
            return desk.post(address, {"version": "1", "reason": "理由"})

        answers = at_once([partial(answer, desk, step) for desk, step in people])
        taken = [step for (_desk, step), answer in zip(people, answers, strict=True) if answer.status_code == 302]
        with issuer.acting():
            # By their ids, which are given under the document's lock: `at` is when somebody asked.
            timeline = Transition.objects.filter(document_id=invoice).exclude(name="send").order_by("id")
            course = list(timeline.values_list("name", flat=True))
        assert sorted(course) == sorted(taken)
        assert set(course[:-1]) <= {"query"}  # only a query leaves room for another answer
        final = {"accept": "accepted", "reject": "rejected", "query": "in_query", "withdraw": "withdrawn"}
        assert state_of(issuer, invoice) == state_of(receiver, invoice) == final[course[-1]]


def test_two_quotations_accepted_at_once_award_both_sellers(issuer: Desk, receiver: Desk) -> None:
    rival = make_company("kaede", "かえで厨機株式会社")
    trade(receiver, rival)
    priced = {f"lines-{number}-unit_price": price for number, price in enumerate(prices())}
    for _ in range(3):
        rfq = write(receiver, "rfq", to=[issuer, rival])
        quotes = [write_from(desk, "quote", rfq, **priced) for desk in (issuer, rival)]
        pages = [opened(receiver, quote, "accept") for quote in quotes]
        answers = at_once([partial(another_window(receiver).post, address, data) for _page, address, data in pages])
        assert statuses(answers) == {302: 2}  # a purchase may be split
        with receiver.acting():
            assert set(Recipient.objects.filter(document_id=rfq).values_list("state", flat=True)) == {"awarded"}
        assert [state_of(desk, rfq) for desk in (issuer, rival)] == ["awarded", "awarded"]


def test_an_acceptance_and_a_refusal_at_once_agree_with_the_request(issuer: Desk, receiver: Desk) -> None:
    priced = {f"lines-{number}-unit_price": price for number, price in enumerate(prices())}
    for _ in range(4):
        rfq = write(receiver, "rfq", to=[issuer])
        quote = write_from(issuer, "quote", rfq, **priced)
        taken = [(receiver, "accept"), (receiver, "decline"), (issuer, "withdraw")]
        pages = [(desk, opened(desk, quote, step, "理由")) for desk, step in taken]
        answers = at_once([partial(another_window(desk).post, page[1], page[2]) for desk, page in pages])
        assert statuses(answers) == {302: 1, 409: 2}
        agreed = {"accepted": "awarded", "declined": "lost", "withdrawn": "sent"}
        assert state_of(issuer, rfq) == agreed[state_of(issuer, quote)]


def test_two_invoices_for_one_quotation_at_once_are_one(issuer: Desk, receiver: Desk) -> None:
    quote = write(issuer, "quote", to=[receiver])
    does(receiver, quote, "accept")
    drafts = [write_from(issuer, "invoice", quote, do="save") for _ in range(6)]
    addresses = [reverse("document-edit", args=[draft]) for draft in drafts]
    forms = [filled(issuer.get(address)) | {"do": "send"} for address in addresses]
    answers = at_once(
        [partial(another_window(issuer).post, address, form) for address, form in zip(addresses, forms, strict=True)]
    )
    assert statuses(answers) == {302: 1, 409: 5}
    with issuer.acting():
        assert Link.objects.filter(target_id=quote, name="bills").count() == 1


def test_one_file_taken_in_by_ten_at_once_is_one_invoice(issuer: Desk, receiver: Desk, stranger: Desk) -> None:
    invoice = write(issuer, "invoice", to=[receiver])
    xml = issuer.get(reverse("document-export", args=[invoice, "jp-pint"])).content
    address = reverse("document-take-in", args=["invoice"])
    windows = [another_window(stranger) for _ in range(10)]

    def offer(desk: Desk) -> Any:
        return desk.post(address, {"file": SimpleUploadedFile("invoice.xml", xml), "key": str(uuid4())})

    answers = at_once([partial(offer, desk) for desk in windows])
    assert statuses(answers) == {302: 1, 422: 9}
    with stranger.acting():
        assert Document.objects.count() == 1


def test_whoever_saves_second_is_told_and_overwrites_nothing(issuer: Desk, receiver: Desk) -> None:
    draft: UUID = write(issuer, "invoice", to=[receiver], do="save")
    windows = [another_window(issuer) for _ in range(10)]
    kind = KINDS["invoice"]
    data = form_data(kind, kind.samples.valid) | {"recipients": [str(receiver.party.id)], "revision": "1", "do": "save"}
    address = reverse("document-edit", args=[draft])
    answers = at_once([partial(desk.post, address, data | {"subject": f"版{n}"}) for n, desk in enumerate(windows)])
    assert statuses(answers) == {302: 1, 409: 9}
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 302)
    assert view_of(issuer, draft).subject == f"版{winner}"


# ---- programs that repeat themselves


def test_fifty_requests_under_one_key_make_one_document_and_get_one_answer(db: None) -> None:
    issuer, receiver = make_company("aoba", "青葉食品株式会社"), make_company("minato", "株式会社みなと商店")
    trade(issuer, receiver)
    program = program_of(issuer)
    body = KINDS["quote"].samples.valid
    new = {"kind": "quote", "body": body, "recipients": [str(receiver.party.id)], "send": True}
    answers = at_once([partial(Program(program.secret).post, "documents", new, key="one")] * MANY)
    assert statuses(answers) == {201: MANY}
    assert len({answer.content for answer in answers}) == 1
    with issuer.acting():
        assert Document.objects.count() == 1
        assert OutboxMessage.objects.count() == 1
        assert Entry.objects.filter(event="document.sent").count() == 1


def test_programs_number_without_a_gap(db: None) -> None:
    issuer, receiver = make_company("aoba", "青葉食品株式会社"), make_company("minato", "株式会社みなと商店")
    trade(issuer, receiver)
    program = program_of(issuer)
    body = KINDS["quote"].samples.valid
    right = {"kind": "quote", "body": body, "recipients": [str(receiver.party.id)], "send": True}
    wrong = {**right, "body": {**body, "lines": []}}
    answers = at_once([partial(Program(program.secret).post, "documents", new) for new in [right, wrong] * (MANY // 2)])
    assert statuses(answers) == {201: MANY // 2, 422: MANY // 2}
    numbers = sorted(answer.json()["number"] for answer in answers if answer.status_code == 201)
    year = numbers[0].split("-")[1]
    assert numbers == [f"QT-{year}-{nth:06d}" for nth in range(1, MANY // 2 + 1)]
