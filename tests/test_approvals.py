"""Approvals along routes inside one company: steps in sequence and in parallel, quorum, stead, reminders, many at once.
The other side sees nothing of it."""

import random
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from tests.portal import edit, internally, led_to, page_of, view_of, write
from tests.programs import program_of
from tests.test_delegation import lend
from tests.world import Desk, add_member, sign_in_directly
from torihiki.exchange.approvals import escalating
from torihiki.exchange.approvals.models import ApprovalRequest, ApprovalRoute, ApprovalSeat
from torihiki.exchange.approvals.requests import ESCALATE
from torihiki.exchange.approvals.routes import Case, Rules, keep_route
from torihiki.exchange.approvals.steps import Approvers, RouteStep, stages
from torihiki.exchange.models import Transition
from torihiki.exchange.specs import KINDS
from torihiki.identity.actions import add_unit
from torihiki.identity.actions.roles import add_role, set_grants
from torihiki.identity.jobs import send_letter
from torihiki.identity.models import Company, Member
from torihiki.identity.permissions import Role
from torihiki.lib.ids import new_id

INVOICE = KINDS["invoice"]


@pytest.fixture
def post(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Letters put into the queue, delivered by the worker's own function."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    queued: list[dict[str, Any]] = []
    monkeypatch.setattr(send_letter, "defer", lambda **arguments: queued.append(arguments))

    def deliver() -> list[Any]:
        mail.outbox.clear()
        while queued:
            send_letter.func(**queued.pop(0))
        return list(mail.outbox)

    return SimpleNamespace(deliver=deliver)


def colleague(desk: Desk, name: str, role: str = Role.APPROVER) -> Desk:
    """One more member of the desk's company, signed in."""
    with desk.acting() as actor:
        company = Company.objects.get(pk=actor.company)
    actor = add_member(company, f"{desk.key}-{name}", role, at=timezone.now(), name=name)
    return Desk(desk.key, actor, desk.party, sign_in_directly(actor), desk.colleagues)


def route(desk: Desk, *steps: RouteStep, name: str = "支払承認", **conditions: Any) -> ApprovalRoute:
    wanted = {"kinds": ["invoice"], "amount_from": None, "amount_to": None, "unit_id": None, "partner_id": None}
    with desk.acting() as actor:
        return keep_route(actor, None, name=name, steps=steps, at=timezone.now(), **(wanted | conditions))


def by(*desks: Desk, name: str = "承認", **more: Any) -> RouteStep:
    members = tuple(desk.actor.member for desk in desks)
    return RouteStep(name=name, approvers=Approvers.MEMBERS, members=members, **more)


def submitted(desk: Desk, receiver: Desk) -> UUID:
    draft = write(desk, "invoice", to=[receiver], do="save")
    led_to(edit(desk, draft, do="submit"))
    return draft


def approve(desk: Desk, document: UUID, **more: Any) -> int:
    answer = internally(desk, document, "approve", sha256=newest(desk, document).sha256, **more)
    return int(answer.status_code)


def newest(desk: Desk, document: UUID) -> ApprovalRequest:
    with desk.acting():
        return ApprovalRequest.objects.filter(document_id=document).latest("id")


def internal(desk: Desk, document: UUID) -> str:
    return view_of(desk, document).internal_state


def send(desk: Desk, document: UUID) -> int:
    page = desk.get(reverse("document", args=[document]), follow=True)
    revision = page.context["draft"].revision if page.context["draft"] else 0
    return int(desk.post(reverse("document-send", args=[document]), {"revision": revision}).status_code)


# ---- one after another, at the same time, and how many


def test_one_step_after_another_and_only_who_is_asked(issuer: Desk, receiver: Desk, stranger: Desk, post: Any) -> None:
    chief, director = colleague(issuer, "課長"), colleague(issuer, "部長")
    route(issuer, by(chief, name="課長"), by(director, name="部長"))
    draft = write(issuer.clerk, "invoice", to=[receiver], do="save")
    assert edit(issuer.clerk, draft).status_code == 409, "not without the route"
    led_to(edit(issuer.clerk, draft, do="submit"))
    assert [letter.to for letter in post.deliver()] == [[f"{Role.APPROVER}@{issuer.key}-課長.example"]]
    assert approve(director, draft) == 409, "not yet"
    assert approve(issuer.approver, draft) == 409, "may approve, is not asked"
    assert approve(chief, draft, comment="数量を確認済み") == 302
    assert (internal(issuer, draft), send(issuer.clerk, draft)) == ("in_approval", 409)
    assert approve(chief, draft) == 409, "once"
    assert len(post.deliver()) == 1
    page = page_of(issuer.clerk, draft)
    for words in ("支払承認", "数量を確認済み", "部長"):
        assert words in page
    assert approve(director, draft) == 302
    assert internal(issuer, draft) == "ready"
    assert [letter.to for letter in post.deliver()] == [["clerk@aoba.example"]]
    assert receiver.get(reverse("document", args=[draft])).status_code == 404
    assert send(issuer.clerk, draft) == 302
    for trace in ("課長", "支払承認", "数量を確認済み"):
        assert trace not in page_of(receiver, draft)
        assert trace in page_of(issuer, draft), "who approved what was sent stays to be seen"
    assert stranger.get(reverse("document", args=[draft])).status_code == 404
    assert issuer.events().count("document.approved") == 2


def test_two_of_three_suffice_while_another_step_runs_beside(issuer: Desk, receiver: Desk) -> None:
    board = [colleague(issuer, name) for name in ("取締役1", "取締役2", "取締役3")]
    lawyer = colleague(issuer, "法務")
    route(issuer, by(*board, name="取締役", needed=2), by(lawyer, name="法務", together=True))
    draft = submitted(issuer.clerk, receiver)
    assert [approve(desk, draft) for desk in (board[0], board[2])] == [302, 302]
    assert approve(board[1], draft) == 409, "two were enough"
    assert internal(issuer, draft) == "in_approval"
    assert approve(lawyer, draft) == 302
    assert internal(issuer, draft) == "ready"


def test_all_of_a_role(issuer: Desk, receiver: Desk) -> None:
    people = [colleague(issuer, "監査1"), colleague(issuer, "監査2")]
    with issuer.acting() as actor:
        role = add_role(actor, name="監査", permissions=["invoices.read"], at=timezone.now())
        for desk in (*people, issuer.clerk):  # the clerk holds the role, and may not approve
            set_grants(actor, Member.objects.get(pk=desk.actor.member), [role.pk], at=timezone.now())
    route(issuer, RouteStep(name="監査", approvers=Approvers.ROLE, role=role.pk, needed=0))
    draft = submitted(issuer, receiver)
    assert approve(people[0], draft) == 302
    assert internal(issuer, draft) == "in_approval"
    assert approve(people[1], draft) == 302
    assert internal(issuer, draft) == "ready"


def test_the_units_approvers_or_those_above(issuer: Desk, receiver: Desk) -> None:
    with issuer.acting() as actor:
        head = add_unit(actor, name="本部", code="", parent_id=None, at=timezone.now())
        shop = add_unit(actor, name="駅前店", code="", parent_id=head.pk, at=timezone.now())
        Member.objects.filter(pk=issuer.clerk.actor.member).update(unit=shop)
        Member.objects.filter(pk=issuer.approver.actor.member).update(unit=head)
    other = colleague(issuer, "別部署")
    route(issuer, RouteStep(name="上長", approvers=Approvers.UNIT), unit_id=head.pk)
    clerk = replace(issuer.clerk, client=sign_in_directly(issuer.clerk.actor))
    draft = submitted(clerk, receiver)
    assert approve(other, draft) == 409
    assert approve(issuer.approver, draft) == 302
    assert internal(issuer, draft) == "ready"


def test_a_step_that_nobody_could_pass_is_told_at_once(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver, issuer, name="二重", needed=2))
    draft = write(issuer.approver, "invoice", to=[receiver], do="save")
    answer = edit(issuer.approver, draft, do="submit")
    assert answer.status_code == 409
    assert "二重" in answer.content.decode()
    assert internal(issuer, draft) == "draft"


# ---- bound to what was shown


def test_what_was_changed_after_it_was_shown_is_refused_and_told(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver))
    draft = submitted(issuer.clerk, receiver)
    shown = newest(issuer, draft).sha256
    led_to(edit(issuer.clerk, draft, do="save", subject="値上げ後の請求"))
    answer = internally(issuer.approver, draft, "approve", sha256=shown)
    assert answer.status_code == 409
    changed = answer.context["since_shown"]
    assert [change.after for change in changed] == ["値上げ後の請求"]
    assert "値上げ後の請求" in answer.content.decode()
    led_to(edit(issuer.clerk, draft, do="submit"))
    assert internally(issuer.approver, draft, "approve", sha256=shown).status_code == 409
    assert approve(issuer.approver, draft) == 302


def test_a_route_that_is_changed_leaves_what_is_under_way(issuer: Desk, receiver: Desk) -> None:
    kept = route(issuer, by(issuer.approver))
    draft = submitted(issuer.clerk, receiver)
    with issuer.acting() as actor:
        keep_route(actor, kept.pk, name=kept.name, steps=[by(issuer)], at=timezone.now())
    assert approve(issuer, draft) == 409
    assert approve(issuer.approver, draft) == 302
    later = submitted(issuer.clerk, receiver)
    assert approve(issuer.approver, later) == 409


def test_returned_with_a_reason_taken_back_without(issuer: Desk, receiver: Desk, post: Any) -> None:
    route(issuer, by(issuer.approver), by(issuer))
    draft = submitted(issuer.clerk, receiver)
    assert internally(issuer, draft, "return", reason="まだ").status_code == 409, "is not asked yet"
    assert internally(issuer.approver, draft, "return").status_code == 422
    assert internally(issuer.approver, draft, "return", reason="単価が違います").status_code == 302
    assert (internal(issuer, draft), newest(issuer, draft).outcome) == ("draft", "returned")
    assert "単価が違います" in post.deliver()[-1].body
    led_to(edit(issuer.clerk, draft, do="submit"))
    assert internally(issuer.clerk, draft, "return").status_code == 302
    assert newest(issuer, draft).outcome == "taken_back"
    with issuer.acting():
        assert not ApprovalSeat.objects.filter(is_open=True).exists()


# ---- in whose stead


def test_one_person_counts_once_in_a_step_whoever_lent(issuer: Desk, receiver: Desk) -> None:
    first, second, third = (colleague(issuer, name) for name in ("一郎", "二郎", "三郎"))
    route(issuer, by(first, second, third, needed=2))
    assert lend(first, second, "invoices.approve", "invoices.read", "invoices.draft").status_code == 302
    draft = submitted(issuer.clerk, receiver)
    assert approve(second, draft) == 302
    assert approve(second, draft) == 409, "not a second time for the one who lent"
    assert internal(issuer, draft) == "in_approval"
    assert approve(first, draft) == 302
    assert internal(issuer, draft) == "ready"


def test_who_was_lent_the_right_sits_in_that_seat_with_both_names(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver))
    earlier = submitted(issuer, receiver)
    assert approve(issuer.clerk, earlier) == 403
    lend(issuer.approver, issuer.clerk, "invoices.approve")
    draft = submitted(issuer, receiver)
    assert [row.view.document_id for row in issuer.clerk.get("/approvals").context["rows"]] == [draft, earlier]
    assert approve(issuer.clerk, draft) == 302
    with issuer.acting():
        assert ApprovalSeat.objects.get(request__document_id=draft).decided_name == "営業 太郎 代理 承認 次郎"


# ---- which route


def case(kind: str = "invoice", yen: int | None = 100, unit: UUID | None = None, *parties: UUID) -> Case:
    return Case(KINDS[kind], frozenset(parties), unit, yen)


def test_the_first_route_that_fits_holds() -> None:
    head, shop, party = new_id(), new_id(), new_id()
    steps = [RouteStep(name="a").model_dump(mode="json")]

    def made(name: str, **conditions: Any) -> ApprovalRoute:
        return ApprovalRoute(name=name, steps=steps, **conditions)

    routes = [
        made("大口", kinds=["invoice"], amount_from=1_000_000),
        made("本部", unit_id=head, amount_from=500, amount_to=999),
        made("その他", kinds=["order"]),
    ]
    rules = Rules(plain=frozenset(["quote"]), routes=routes, parents={shop: head, head: None})

    def name(found: Any) -> str:
        return "" if found is None else found.route.name if found.route else "plain"

    assert name(rules.need(case(yen=1_000_000))) == "大口"
    assert name(rules.need(case(yen=999_999))) == ""
    assert name(rules.need(case("invoice", None))) == "大口", "another currency slips through no limit"
    assert name(rules.need(case("rfq", None))) == "", "what has no amount is never above one"
    assert name(rules.need(case("invoice", 500, shop))) == name(rules.need(case("invoice", 999, head))) == "本部"
    assert name(rules.need(case("invoice", 1_000, shop))) == name(rules.need(case("invoice", 500, new_id()))) == ""
    assert name(rules.need(case("order", 1))) == "その他"
    assert name(rules.need(case("quote", 1))) == "plain"
    assert party not in case().parties


def test_steps_run_in_stages() -> None:
    one, beside, after = RouteStep(name="1"), RouteStep(name="2", together=True), RouteStep(name="3")
    assert stages([one, beside, after]) == [[0, 1], [2]]
    assert stages([beside, one]) == [[0], [1]], "nothing is before the first"


def test_a_program_and_an_import_do_not_slip_past_a_route(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver), amount_from=1)
    program = program_of(issuer)
    body = {"recipients": [str(receiver.party.id)], "body": INVOICE.samples.valid}
    answer = program.post("documents", {**body, "kind": "invoice", "send": True})
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_missing")
    refused = program.post("imports", {"kind": "invoice", "documents": [body]})
    assert refused.status_code == 422, refused.content
    assert not any(event == "document.sent" for event in issuer.events())
    draft = program.post("documents", {**body, "kind": "invoice"}).json()
    address = f"documents/{draft['id']}"
    assert program.post(f"{address}/actions/submit", {"revision": 1}).status_code == 200
    shown = program.get(address).json()["draft"]["approval"]
    assert (shown["route"], shown["outcome"]) == ("支払承認", "open")
    assert [step["waits_for"] for step in shown["steps"]] == [["承認 次郎"]]


# ---- nobody answers


def test_nobody_answers_in_time(issuer: Desk, receiver: Desk, post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    deputy = colleague(issuer, "代理")
    planned: list[dict[str, Any]] = []
    task = SimpleNamespace(defer=lambda **arguments: planned.append(arguments))
    monkeypatch.setattr(
        "torihiki.exchange.approvals.requests.app.configure_task",
        lambda name, **options: task if name == ESCALATE else pytest.fail(name),
    )
    route(issuer, by(issuer.approver, hours=24, deputy=deputy.actor.member))
    draft = submitted(issuer.clerk, receiver)
    assert approve(deputy, draft) == 409
    post.deliver()
    assert len(planned) == 1
    escalating.escalate_approval.func(**planned.pop())
    told = [letter.to[0] for letter in post.deliver()]
    assert len(told) == 2, "who is asked is reminded, the deputy is asked"
    escalating.escalate_approval.func(**planned.pop())
    with issuer.acting():
        assert ApprovalSeat.objects.filter(request__document_id=draft).count() == 2, "the deputy is asked once"
    assert approve(deputy, draft) == 302
    assert internal(issuer, draft) == "ready"
    post.deliver()
    escalating.escalate_approval.func(**planned.pop())
    assert (post.deliver(), planned) == ([], []), "decided: nothing more"
    assert issuer.events().count("document.approval_escalated") == 2


# ---- many at once, and their page


def test_many_at_once_each_answered_by_itself(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver))
    drafts = [submitted(issuer.clerk, receiver) for _ in range(4)]
    page = issuer.approver.get("/approvals")
    ticks = {row.view.document_id: row.chosen for row in page.context["rows"]}
    assert set(ticks) == set(drafts)
    led_to(edit(issuer.clerk, drafts[1], do="save", subject="変更"))
    led_to(edit(issuer.clerk, drafts[1], do="submit"))
    internally(issuer.clerk, drafts[2], "return")
    foreign = f"{new_id()} {'0' * 64}"
    answer = issuer.approver.post("/approvals/approve", {"chosen": [*ticks.values(), foreign, "nonsense"]})
    assert answer.status_code == 409
    assert {each.view.document_id for each in answer.context["refused"]} == {drafts[1], drafts[2]}
    assert [internal(issuer, draft) for draft in drafts] == ["ready", "in_approval", "draft", "ready"]
    assert issuer.approver.post("/approvals/approve", {}).status_code == 302
    assert issuer.viewer.post("/approvals/approve", {"chosen": list(ticks.values())}).status_code == 403
    own = issuer.clerk.get("/approvals?of=own")
    assert {row.view.document_id for row in own.context["rows"]} == set(drafts)
    assert receiver.get("/approvals").context["rows"] == []


def test_the_page_costs_the_same_for_many(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert issuer.approver.get("/approvals").status_code == 200
        return len(captured)

    submitted(issuer.clerk, receiver)
    few = queries()
    for _ in range(5):
        submitted(issuer.clerk, receiver)
    assert queries() == few


# ---- the routes' own pages


def test_an_administrator_keeps_routes(issuer: Desk, receiver: Desk) -> None:
    assert issuer.clerk.get("/company/approvals").status_code == 403
    page = issuer.get("/company/approvals/new")
    assert page.status_code == 200
    data = {
        "name": "高額請求",
        "kinds": ["invoice"],
        "amount_from": "1000000",
        "steps-TOTAL_FORMS": "1",
        "steps-INITIAL_FORMS": "0",
        "steps-0-name": "部長",
        "steps-0-approvers": "members",
        "steps-0-members": [str(issuer.approver.actor.member)],
        "steps-0-needed": "1",
    }
    more = issuer.post("/company/approvals/new", {**data, "add_step": "yes"})
    assert (more.status_code, len(more.context["steps"].forms)) == (200, 2)
    none = issuer.post("/company/approvals/new", {**data, "steps-0-members": []})
    assert none.status_code == 422
    second = {
        "steps-TOTAL_FORMS": "2",
        "steps-1-name": "社長",
        "steps-1-approvers": "anyone",
        "steps-1-needed": "1",
        "steps-1-together": "on",
    }
    assert issuer.post("/company/approvals/new", {**data, **second}).status_code == 302
    assert issuer.post("/company/approvals/new", {**data, **second}).status_code == 422, "the name is taken"
    with issuer.acting():
        kept = ApprovalRoute.objects.get()
    assert [step["name"] for step in kept.steps] == ["部長", "社長"]
    page = issuer.get(f"/company/approvals/{kept.pk}")
    assert [form["name"].value() for form in page.context["steps"]] == ["部長", "社長"]
    gone = {**data, **second, "steps-INITIAL_FORMS": "2", "steps-1-DELETE": "on", "name": "請求"}
    assert issuer.post(f"/company/approvals/{kept.pk}", gone).status_code == 302
    with issuer.acting():
        assert [step["name"] for step in ApprovalRoute.objects.get().steps] == ["部長"]
    trial = issuer.get("/company/approvals", {"kind": "invoice", "amount": "1000000"})
    assert trial.context["need"].route.pk == kept.pk
    assert issuer.get("/company/approvals", {"kind": "invoice", "amount": "999999"}).context["need"] is None
    other = route(issuer, by(issuer), name="全部")
    trial = issuer.get("/company/approvals", {"kind": "invoice", "amount": "1000000"})
    assert trial.context["need"].route.pk == kept.pk
    issuer.post(f"/company/approvals/{other.pk}/raise")
    trial = issuer.get("/company/approvals", {"kind": "invoice", "amount": "1000000"})
    assert trial.context["need"].route.pk == other.pk
    issuer.post(f"/company/approvals/{other.pk}/switch")
    trial = issuer.get("/company/approvals", {"kind": "invoice", "amount": "1000000"})
    assert trial.context["need"].route.pk == kept.pk
    issuer.post(f"/company/approvals/{other.pk}/switch", {"on": "yes"})
    assert issuer.events()[-1] == "approval.route_switched"
    assert receiver.get(f"/company/approvals/{kept.pk}").status_code == 404


def test_the_form_says_which_route_as_one_types(issuer: Desk, receiver: Desk) -> None:
    route(issuer, by(issuer.approver), amount_from=1_000)
    draft = write(issuer.clerk, "invoice", to=[receiver], do="save")
    with translation.override("ja"):
        words = translation.gettext("Submit for approval")
    page = issuer.clerk.get(reverse("document-edit", args=[draft]))
    assert words in page.content.decode()
    with issuer.acting():
        ApprovalRoute.objects.update(amount_from=10**12)
    page = issuer.clerk.get(reverse("document-edit", args=[draft]))
    assert words not in page.content.decode()


# ---- anything in any order


@pytest.mark.parametrize("seed", range(6))
def test_a_random_walk_never_sends_without_the_routes_approvals(issuer: Desk, receiver: Desk, seed: int) -> None:
    chance = random.Random(seed)
    people = [issuer, issuer.approver, colleague(issuer, "甲"), colleague(issuer, "乙")]
    shape = [
        by(*chance.sample(people[1:], k=chance.randint(2, 3)), name=str(n), together=chance.random() < 0.4,
           needed=chance.choice([0, 1, 2]))
        for n in range(chance.randint(1, 3))
    ]  # fmt: skip
    route(issuer, *shape)
    draft = write(issuer.clerk, "invoice", to=[receiver], do="save")
    for _ in range(40):
        desk = chance.choice([*people, issuer.clerk])
        act = chance.choice(["submit", "approve", "approve", "approve", "approve", "send", "edit", "return"])
        if act == "submit":
            edit(chance.choice([issuer.clerk, issuer]), draft, do="submit")
        elif act == "edit" and chance.random() < 0.2:
            edit(issuer.clerk, draft, do="save", subject=f"件名 {chance.random()}")
        elif act == "return" and chance.random() < 0.2:
            internally(desk, draft, "return", reason="理由")
        elif act == "approve":
            page = desk.get(reverse("document", args=[draft]), follow=True)
            approval = page.context.get("approval")
            sha256 = approval.request.sha256 if approval else "0" * 64
            internally(desk, draft, "approve", sha256=sha256)
        elif act == "send":
            sent = send(issuer.clerk, draft) == 302
            assert sent == bool(view_of(issuer, draft).number)
            if sent:
                break
    _as_the_route_says(issuer, draft, shape, sent=bool(view_of(issuer, draft).number))


def _as_the_route_says(desk: Desk, draft: UUID, shape: list[RouteStep], *, sent: bool) -> None:
    with desk.acting():
        requests = list(ApprovalRequest.objects.filter(document_id=draft).order_by("id"))
        for request in requests:
            seats = list(ApprovalSeat.objects.filter(request=request))
            passed = True
            for index, step in enumerate(shape):
                its = [seat for seat in seats if seat.step == index]
                approved = {seat.decided_by for seat in its if seat.decision == "approved"}
                assert request.submitted_by_id not in approved
                assert len(approved) == sum(seat.decision == "approved" for seat in its)
                passed &= bool(its) and len(approved) >= (step.needed or len(its))
            assert (request.outcome != "approved") or passed
        if sent:
            assert requests[-1].outcome == "approved"
            assert Transition.objects.filter(document_id=draft, name="send").count() == 1
        assert sum(request.outcome == "" for request in requests) <= 1
