"""A company's own system is told what happens to its documents, by a real HTTPS server, and nobody else's is."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from tests.hooks import Hooks, hooks
from tests.portal import deliver, does, write
from tests.test_every_page import queries
from tests.world import Desk, count_queries, fields_of
from torihiki.exchange.actions.bulk import issue_documents
from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import OutboxMessage
from torihiki.exchange.specs import KINDS
from torihiki.exchange.webhooks import delivering
from torihiki.exchange.webhooks.actions import ENDPOINTS_MAX, OVERLAP, TESTS_PER_MINUTE_MAX, add_endpoint
from torihiki.exchange.webhooks.delivering import (
    ANSWER_BYTES_MAX,
    ATTEMPTS_KEPT_MAX,
    JITTER,
    QUIET,
    SCHEDULE_SECONDS,
    attempt_delivery,
    sweep_messages,
)
from torihiki.exchange.webhooks.models import WebhookDelivery, WebhookEndpoint
from torihiki.exchange.webhooks.signing import PREFIX
from torihiki.identity.jobs import send_letter
from torihiki.tenancy import roles

__all__ = ["hooks"]
SECRET = re.compile(PREFIX + r"[A-Za-z0-9+/=]+")
NO_HARM = "https://hooks.example.com/in"


class Clock:
    def __init__(self) -> None:
        self.now = timezone.now()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The jobs' time; pages have their own."""
    found = Clock()

    class Time:
        get_default_timezone = staticmethod(timezone.get_default_timezone)

        @staticmethod
        def now() -> datetime:
            return found.now

    monkeypatch.setattr(delivering, "timezone", Time)
    return found


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Sends what waits to be sent, and gives the mails."""
    waiting: list[dict[str, Any]] = []
    monkeypatch.setattr(send_letter, "defer", lambda **arguments: waiting.append(arguments))

    def send() -> list[Any]:
        before = len(mail.outbox)
        while waiting:
            send_letter.func(**waiting.pop(0))
        return mail.outbox[before:]

    return send


def add(desk: Desk, url: str, **fields: Any) -> tuple[UUID, str]:
    """Through the page, as an administrator does; the endpoint and its secret."""
    form = {"url": url, "description": "基幹システム", "key": fields_of(desk.get("/webhooks/new"))["key"], **fields}
    page = desk.post("/webhooks/new", form)
    assert page.status_code == 200, page.context and page.context["form"].errors
    assert page["Cache-Control"] == "no-store"
    return page.context["endpoint"].pk, shown_secret(page)


def rows(desk: Desk, **wanted: Any) -> list[WebhookDelivery]:
    with desk.acting() as actor:
        found = WebhookDelivery.objects.filter(company_id=actor.company, **wanted)
        return list(found.order_by("created_at", "id"))


def due(delivery: WebhookDelivery) -> datetime:
    assert delivery.next_attempt_at is not None
    return delivery.next_attempt_at


def shown_secret(page: Any) -> str:
    found = SECRET.search(page.content.decode())
    assert found
    return found[0]


def endpoint_of(desk: Desk) -> WebhookEndpoint:
    with desk.acting() as actor:
        return WebhookEndpoint.objects.get(company_id=actor.company)


def attempt(delivery: WebhookDelivery) -> None:
    """What the worker does with the message's job."""
    attempt_delivery.func(
        delivery_id=str(delivery.pk), company_id=str(delivery.company_id), number=delivery.attempts_made
    )


def work(*desks: Desk) -> None:
    """The outbox, then every message that waits."""
    deliver(*desks)
    for desk in desks:
        for delivery in rows(desk, state="waiting"):
            attempt(delivery)


def verified(secret: str, asked: Any, moment: datetime | None = None) -> dict[str, Any]:
    """What the receiver reads, by the example of docs/webhooks.md."""
    from tests.test_documentation import webhook_example

    verify = webhook_example()
    told: dict[str, Any] = verify(secret, asked.headers, asked.body, now=(moment or timezone.now()).timestamp())
    return told


def quote(writer: Desk, reader: Desk) -> UUID:
    return write(writer, "quote", KINDS["quote"].samples.valid, to=[reader])


# ---- three desks


def test_both_sides_are_told_and_a_stranger_is_not(issuer: Desk, receiver: Desk, stranger: Desk, hooks: Hooks) -> None:
    secrets = {desk.key: add(desk, f"{hooks.url}/{desk.key}")[1] for desk in (issuer, receiver, stranger)}
    document = quote(issuer, receiver)
    work(issuer, receiver, stranger)
    receiver.post(f"/documents/{document}/comments", {"text": "承知しました", "shared": "yes"})
    does(receiver, document, "accept")
    work(issuer, receiver, stranger)

    told: dict[str, list[Any]] = {desk.key: [] for desk in (issuer, receiver, stranger)}
    for asked in hooks.asked:
        key = asked.path.rpartition("/")[2]
        told[key].append(verified(secrets[key], asked))
    assert told["yama"] == []
    for key, role, first, later in (("aoba", "issuer", "us", "them"), ("minato", "receiver", "them", "us")):
        assert [each["type"] for each in told[key]] == ["document.sent", "comment.added", "document.accept"], key
        assert [each["data"]["by"] for each in told[key]] == [first, later, later]
        data = told[key][0]["data"]
        assert data["id"] == str(document)
        assert (data["kind"], data["role"], data["state"], data["version"]) == ("quote", role, "sent", 1)
        assert data["url"].endswith(f"/documents/{document}")
        assert told[key][2]["data"]["state"] == "accepted"
    ids = [asked.headers["webhook-id"] for asked in hooks.asked]
    assert len(set(ids)) == 6, "another id for each side and event"
    assert not rows(stranger)
    assert [delivery.state for delivery in rows(issuer)] == ["delivered"] * 3
    assert "承知" not in b"".join(asked.body for asked in hooks.asked).decode()


def test_sellers_asked_at_the_same_time_are_not_told_of_each_other(
    issuer: Desk, receiver: Desk, stranger: Desk, hooks: Hooks
) -> None:
    from tests.world import trade

    trade(issuer, stranger)
    add(receiver, hooks.url)
    add(stranger, f"{hooks.url}/other")
    request = write(issuer, "rfq", KINDS["rfq"].samples.valid, to=[receiver, stranger])
    work(issuer, receiver, stranger)
    assert [asked.path for asked in hooks.asked] == ["/hooks", "/hooks/other"]
    assert all(str(receiver.company) not in asked.body.decode() for asked in hooks.asked)
    does(receiver, request, "decline", reason="間に合いません")
    work(issuer, receiver, stranger)
    assert [asked.path for asked in hooks.asked[2:]] == ["/hooks"], "its own step, and nobody else's"


def test_an_endpoint_hears_only_what_it_chose(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(issuer, f"{hooks.url}/invoices", kinds=["invoice"])
    add(issuer, f"{hooks.url}/accepted", events=["document.accept"])
    document = quote(issuer, receiver)
    does(receiver, document, "accept")
    work(issuer, receiver)
    assert [asked.path for asked in hooks.asked] == ["/hooks/accepted"]


def test_documents_that_are_issued_many_at_once_are_told_one_by_one(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(issuer, f"{hooks.url}/own")
    add(receiver, f"{hooks.url}/theirs")
    row = {"recipients": [str(receiver.party.id)], "body": KINDS["quote"].samples.valid}
    with issuer.acting() as actor:
        issue_documents(actor, KINDS["quote"], [row, row], at=timezone.now())
    work(issuer, receiver)
    assert sorted(asked.path for asked in hooks.asked) == ["/hooks/own"] * 2 + ["/hooks/theirs"] * 2


def test_drafts_and_internal_comments_are_told_to_nobody(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(issuer, hooks.url)
    document = write(issuer, "quote", KINDS["quote"].samples.valid, to=[receiver], do="save")
    issuer.post(f"/documents/{document}/comments", {"text": "社内"})
    work(issuer, receiver)
    assert hooks.asked == []


def test_what_was_refused_tells_nobody(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    document = quote(issuer, receiver)
    work(issuer, receiver)
    does(receiver, document, "accept")
    work(issuer, receiver)
    count = len(hooks.asked)
    answer = receiver.post(f"/documents/{document}/steps/accept", {"version": 1})
    assert answer.status_code in (409, 422)
    work(issuer, receiver)
    assert len(hooks.asked) == count


@pytest.mark.django_db(transaction=True)
def test_a_suspended_companys_endpoints_get_nothing(
    issuer: Desk, receiver: Desk, hooks: Hooks, connect_as: Callable[[str], psycopg.Connection[Any]]
) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    deliver(issuer, receiver)
    operator = connect_as(roles.MIGRATION)
    operator.execute("UPDATE identity_company SET suspended_at = now() WHERE id = %s", [receiver.company])
    operator.commit()
    quote(issuer, receiver)
    work(issuer, receiver)
    assert hooks.asked == []
    (found,) = rows(receiver)
    assert (found.state, found.attempts[-1]["error"]) == ("failed", "company_suspended")


# ---- at least once, under one id


def test_a_job_that_runs_again_sends_nothing_new(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    work(issuer, receiver)
    (delivery,) = rows(receiver)
    attempt_delivery.func(delivery_id=str(delivery.pk), company_id=str(receiver.company), number=0)
    attempt_delivery.func(delivery_id=str(delivery.pk), company_id=str(receiver.company), number=1)
    assert len(hooks.asked) == 1


def test_a_stale_job_does_not_send_what_waits_for_its_next_attempt(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    hooks.answers = [(500, b"")]
    work(issuer, receiver)
    (waiting,) = rows(receiver)
    for number in (0, 2):
        attempt_delivery.func(delivery_id=str(waiting.pk), company_id=str(receiver.company), number=number)
    assert len(hooks.asked) == 1
    assert rows(receiver)[0].attempts_made == 1


def test_a_worker_that_dies_before_it_noted_the_answer_sends_again_under_the_same_id(
    issuer: Desk, receiver: Desk, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*args: Any, **options: Any) -> None:
        raise Killed

    add(receiver, hooks.url)
    quote(issuer, receiver)
    deliver(issuer, receiver)
    (delivery,) = rows(receiver)
    with monkeypatch.context() as patch:
        patch.setattr(delivering, "note_attempt", die)
        with pytest.raises(Killed):
            attempt(delivery)
    attempt(delivery)
    first, second = hooks.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert rows(receiver)[0].state == "delivered"


def test_a_message_that_is_told_twice_is_written_once(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    document = quote(issuer, receiver)
    with issuer.acting() as actor:
        message = OutboxMessage.objects.get(company_id=actor.company, subject_id=document)
    for _time in range(2):
        with receiver.acting():
            OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=None)
        deliver_message.func(message_id=str(message.pk), company_id=str(receiver.company))
    assert [delivery.message_id for delivery in rows(receiver)] == [f"msg_{message.pk.hex}"]


@pytest.mark.django_db(transaction=True)
def test_fifty_triggers_at_once_write_one_row_and_one_job(
    issuer: Desk, receiver: Desk, hooks: Hooks, connect_as: Callable[[str], psycopg.Connection[Any]]
) -> None:
    add(receiver, hooks.url)
    document = quote(issuer, receiver)
    with issuer.acting() as actor:
        message = OutboxMessage.objects.get(company_id=actor.company, subject_id=document)

    def tell(_nth: int) -> None:
        try:
            deliver_message.func(message_id=str(message.pk), company_id=str(receiver.company))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(tell, range(50)))
    (delivery,) = rows(receiver)
    jobs = connect_as(roles.MIGRATION)
    found = jobs.execute(
        "SELECT args, priority, queue_name FROM procrastinate_jobs WHERE task_name = %s", [attempt_delivery.name]
    ).fetchall()
    arguments = {"delivery_id": str(delivery.pk), "company_id": str(receiver.company), "number": 0}
    assert found == [(arguments, delivering.PRIORITY, "webhooks")]
    jobs.commit()

    hooks.answers = [(500, b"")]
    attempt(delivery)
    later = jobs.execute(
        "SELECT args ->> 'number', scheduled_at FROM procrastinate_jobs"
        " WHERE task_name = %s AND scheduled_at IS NOT NULL",
        [attempt_delivery.name],
    ).fetchall()
    assert later == [("1", rows(receiver)[0].next_attempt_at)]


# ---- attempts


def test_failures_are_tried_again_by_the_schedule_and_then_the_endpoint_is_switched_off(
    issuer: Desk, receiver: Desk, hooks: Hooks, clock: Clock, letters: Callable[[], list[Any]]
) -> None:
    _endpoint, secret = add(receiver, hooks.url)
    quote(issuer, receiver)
    deliver(issuer, receiver)
    hooks.answers = [(500, b"sorry")] * len(SCHEDULE_SECONDS)
    waits = []
    for _attempt in SCHEDULE_SECONDS:
        (delivery,) = rows(receiver)
        assert delivery.state == "waiting"
        waits.append((due(delivery) - clock.now).total_seconds())
        clock.now = due(delivery)
        attempt(delivery)
    for wait, planned in zip(waits[1:], SCHEDULE_SECONDS[1:], strict=True):
        assert planned * (1 - JITTER) - 1 <= wait <= planned * (1 + JITTER) + 1
    assert SCHEDULE_SECONDS == (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
    assert len({asked.headers["webhook-id"] for asked in hooks.asked}) == 1
    assert len({asked.headers["webhook-timestamp"] for asked in hooks.asked}) == len(SCHEDULE_SECONDS)
    assert verified(secret, hooks.asked[-1], clock.now)["type"] == "document.sent"

    (delivery,) = rows(receiver)
    assert (delivery.state, delivery.attempts_made, delivery.next_attempt_at) == ("failed", 10, None)
    assert {each["status"] for each in delivery.attempts} == {500}
    assert endpoint_of(receiver).stopped == "failing"
    assert receiver.events()[-1] == "webhooks.stopped"
    (letter,) = letters()
    assert letter.to == ["administrator@minato.example"]
    assert hooks.url in letter.body
    assert "/webhooks" in letter.body
    assert "<time" not in letter.body
    quote(issuer, receiver)
    work(issuer, receiver)
    assert len(rows(receiver)) == 1, "what happens while it is off is not kept for it"


def test_one_message_that_never_passes_does_not_switch_off_an_endpoint_that_takes_others(
    issuer: Desk, receiver: Desk, hooks: Hooks, clock: Clock
) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    deliver(issuer, receiver)
    (poisoned,) = rows(receiver)
    for nth in range(len(SCHEDULE_SECONDS)):
        hooks.answers = [(422, b"no")]
        (poisoned,) = rows(receiver, pk=poisoned.pk)
        clock.now = max(clock.now, due(poisoned))
        attempt(poisoned)
        if nth == 5:
            quote(issuer, receiver)
            deliver(issuer, receiver)
            attempt(rows(receiver)[-1])
    assert [delivery.state for delivery in rows(receiver)] == ["failed", "delivered"]
    assert endpoint_of(receiver).stopped == ""


def test_gone_switches_off_at_once(
    issuer: Desk, receiver: Desk, hooks: Hooks, letters: Callable[[], list[Any]]
) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    quote(issuer, receiver)
    hooks.answers = [(410, b"gone")]
    work(issuer, receiver)
    assert endpoint_of(receiver).stopped == "gone"
    assert [delivery.state for delivery in rows(receiver)] == ["failed", "failed"]
    assert rows(receiver)[1].attempts[-1]["error"] == "endpoint_off"
    assert len(hooks.asked) == 1
    assert len(letters()) == 1


def test_a_redirect_is_a_failure_that_says_so(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    hooks.answers = [(302, b"", {"Location": "https://169.254.169.254/"})]
    work(issuer, receiver)
    (delivery,) = rows(receiver)
    assert (delivery.state, delivery.attempts[0]["error"]) == ("waiting", "redirect")
    page = receiver.get(f"/webhooks/messages/{delivery.pk}").content.decode()
    assert "リダイレクト" in page
    assert len(hooks.asked) == 1


def test_a_name_that_leads_inside_is_not_asked(issuer: Desk, receiver: Desk, hooks: Hooks, settings: Any) -> None:
    add(receiver, hooks.url)
    settings.OUTBOUND_NETWORKS = ()
    quote(issuer, receiver)
    work(issuer, receiver)
    (delivery,) = rows(receiver)
    assert delivery.attempts[0]["error"] == "private_address"
    assert hooks.asked == []


def test_a_slow_endpoint_is_left_alone_for_a_while(
    issuer: Desk, receiver: Desk, hooks: Hooks, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "SLOW_SECONDS", 0)
    add(receiver, hooks.url)
    quote(issuer, receiver)
    quote(issuer, receiver)
    work(issuer, receiver)
    assert len(hooks.asked) == 1
    put_off = rows(receiver)[1]
    assert (put_off.state, put_off.attempts_made) == ("waiting", 0)
    assert clock.now + QUIET <= due(put_off) <= clock.now + 2 * QUIET
    clock.now = due(put_off)
    attempt(put_off)
    assert [delivery.state for delivery in rows(receiver)] == ["delivered", "delivered"]


def test_a_hostile_answer_is_kept_short_and_shown_as_text(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    add(receiver, hooks.url)
    quote(issuer, receiver)
    hooks.answers = [(200, b"\x00\x1b[31m\xff\xfe<script>alert(1)</script>" + "あ".encode() * 100_000)]
    work(issuer, receiver)
    (delivery,) = rows(receiver)
    answer = delivery.attempts[0]["answer"]
    assert delivery.state == "delivered"
    assert len(answer) <= ANSWER_BYTES_MAX
    assert "\x00" not in answer
    assert "\x1b" not in answer
    page = receiver.get(f"/webhooks/messages/{delivery.pk}").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_changed_address_takes_what_still_waits(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(receiver, f"{hooks.url}/old")
    quote(issuer, receiver)
    hooks.answers = [(500, b"")]
    work(issuer, receiver)
    form = fields_of(receiver.get(f"/webhooks/{endpoint}/edit")) | {"url": f"{hooks.url}/new"}
    assert receiver.post(f"/webhooks/{endpoint}/edit", form).status_code == 302
    attempt(rows(receiver)[0])
    assert [asked.path for asked in hooks.asked] == ["/hooks/old", "/hooks/new"]


# ---- secrets


def test_a_secret_is_shown_once_and_stored_encrypted(issuer: Desk, hooks: Hooks) -> None:
    endpoint, secret = add(issuer, hooks.url)
    for page in ("/webhooks", f"/webhooks/{endpoint}", f"/webhooks/{endpoint}/edit", f"/webhooks/{endpoint}/secret"):
        assert PREFIX not in issuer.get(page).content.decode(), page
    stored = endpoint_of(issuer)
    assert secret.encode() not in bytes(stored.secret)
    assert PREFIX not in json.dumps([*map(str, issuer.events())])


def test_after_a_rotation_both_sign_for_a_day(issuer: Desk, receiver: Desk, hooks: Hooks, clock: Clock) -> None:
    endpoint, old = add(receiver, hooks.url)
    since = fields_of(receiver.get(f"/webhooks/{endpoint}/secret"))
    page = receiver.post(f"/webhooks/{endpoint}/secret", since)
    new = shown_secret(page)
    assert new != old
    quote(issuer, receiver)
    work(issuer, receiver)
    for secret in (old, new):
        verified(secret, hooks.asked[0])
    clock.now += OVERLAP + timedelta(minutes=1)
    quote(issuer, receiver)
    work(issuer, receiver)
    verified(new, hooks.asked[1], clock.now)
    with pytest.raises(ValueError, match="signature"):
        verified(old, hooks.asked[1], clock.now)
    again = receiver.post(f"/webhooks/{endpoint}/secret", since)
    assert again.status_code == 409, "the same form twice would throw away a secret that is in use"
    assert receiver.events()[-1] == "ledger.refused"
    assert receiver.post(f"/webhooks/{endpoint}/secret", {"since": "x"}).status_code == 409


def test_a_form_that_is_sent_twice_adds_one_endpoint(issuer: Desk, hooks: Hooks) -> None:
    form = fields_of(issuer.get("/webhooks/new")) | {"url": hooks.url}
    assert issuer.post("/webhooks/new", form).status_code == 200
    again = issuer.post("/webhooks/new", form)
    assert again.status_code == 302
    assert again["Location"] == f"/webhooks/{endpoint_of(issuer).pk}"


# ---- what administrators do


def test_a_test_event_is_sent_at_once_and_its_answer_shown(issuer: Desk, hooks: Hooks) -> None:
    endpoint, secret = add(issuer, hooks.url)
    issuer.post(f"/webhooks/{endpoint}/stop")
    leads = issuer.post(f"/webhooks/{endpoint}/test")["Location"]
    waiting = issuer.get(leads).content.decode()
    assert 'hx-trigger="every 2s"' in waiting
    hooks.answers = [(503, b"not yet")]
    attempt(rows(issuer)[0])
    shown = issuer.get(leads).content.decode()
    assert "not yet" in shown
    assert "503" in shown
    assert "hx-trigger" not in shown
    assert verified(secret, hooks.asked[0])["type"] == "webhook.test"
    assert rows(issuer)[0].state == "failed", "a test is tried once"
    assert endpoint_of(issuer).stopped == "by_hand"


def test_messages_are_sent_again_one_by_one_and_all_that_failed(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(receiver, hooks.url)
    for _time in range(3):
        quote(issuer, receiver)
    deliver(issuer, receiver)
    receiver.post(f"/webhooks/{endpoint}/stop")
    work(receiver)
    first, *others = rows(receiver)
    assert {delivery.state for delivery in (first, *others)} == {"failed"}
    assert receiver.post(f"/webhooks/messages/{first.pk}/replay").status_code == 409
    receiver.post(f"/webhooks/{endpoint}/start")
    assert receiver.post(f"/webhooks/messages/{first.pk}/replay").status_code == 302
    assert receiver.post(f"/webhooks/messages/{first.pk}/replay").status_code == 409, "it is on its way"
    since = timezone.localtime(timezone.now() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
    later = timezone.localtime(timezone.now() + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M")
    receiver.post(f"/webhooks/{endpoint}/replay", {"since": later})
    assert len(rows(receiver, state="waiting")) == 1
    receiver.post(f"/webhooks/{endpoint}/replay", {"since": since})
    assert len(rows(receiver, state="waiting")) == 3
    work(receiver)
    assert {delivery.state for delivery in rows(receiver)} == {"delivered"}
    assert [asked.headers["webhook-id"] for asked in hooks.asked] == [each.message_id for each in (first, *others)]
    assert receiver.post(f"/webhooks/messages/{first.pk}/replay").status_code == 302
    work(receiver)
    assert hooks.asked[-1].headers["webhook-id"] == first.message_id


def test_what_was_deleted_is_not_sent(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(receiver, hooks.url)
    quote(issuer, receiver)
    deliver(issuer, receiver)
    (delivery,) = rows(receiver)
    assert receiver.get(f"/webhooks/{endpoint}/delete").status_code == 200
    assert rows(receiver), "asking is not deleting"
    assert receiver.post(f"/webhooks/{endpoint}/delete").status_code == 302
    attempt(delivery)
    assert hooks.asked == []
    assert rows(receiver) == []
    assert receiver.get(f"/webhooks/{endpoint}").status_code == 404


def test_each_deed_leaves_one_entry_without_the_address_or_the_secret(issuer: Desk, hooks: Hooks) -> None:
    since = timezone.now()
    endpoint, _secret = add(issuer, f"{hooks.url}/token-in-the-path")
    issuer.post(f"/webhooks/{endpoint}/edit", fields_of(issuer.get(f"/webhooks/{endpoint}/edit")))
    issuer.post(f"/webhooks/{endpoint}/secret", fields_of(issuer.get(f"/webhooks/{endpoint}/secret")))
    for deed in ("stop", "start", "test", "delete"):
        issuer.post(f"/webhooks/{endpoint}/{deed}")
    assert issuer.events(since=since) == [
        "webhooks.added",
        "webhooks.changed",
        "webhooks.secret_rotated",
        "webhooks.stopped",
        "webhooks.started",
        "webhooks.tested",
        "webhooks.removed",
    ]
    log = issuer.get("/audit/export.jsonl").content.decode()
    assert "webhooks.added" in log
    assert "token-in-the-path" not in log
    assert PREFIX not in log


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/", "https://127.0.0.1/", "https://0x7f.1/", "https://u:p@hooks.example.com/", "", "x"],
)
def test_an_address_that_may_not_be_asked_is_refused_where_it_is_typed(issuer: Desk, url: str) -> None:
    form = fields_of(issuer.get("/webhooks/new")) | {"url": url}
    page = issuer.post("/webhooks/new", form)
    assert page.status_code == 422
    assert page.context["form"].errors["url"]
    with issuer.acting() as actor:
        assert not WebhookEndpoint.objects.filter(company_id=actor.company).exists()


def test_unknown_kinds_and_events_are_refused(issuer: Desk) -> None:
    form = fields_of(issuer.get("/webhooks/new")) | {"url": NO_HARM}
    for more in ({"kinds": ["ghost"]}, {"events": ["document.ghost"]}, {"description": "x" * 201}):
        assert issuer.post("/webhooks/new", form | more).status_code == 422


def test_there_are_at_most_so_many_endpoints_and_tests(issuer: Desk) -> None:
    with issuer.acting() as actor:
        for _nth in range(ENDPOINTS_MAX):
            endpoint, _secret = add_endpoint(actor, url=NO_HARM, at=timezone.now())
    form = fields_of(issuer.get("/webhooks/new")) | {"url": NO_HARM}
    assert issuer.post("/webhooks/new", form).status_code == 422
    for _nth in range(TESTS_PER_MINUTE_MAX):
        assert issuer.post(f"/webhooks/{endpoint.pk}/test").status_code == 302
    assert issuer.post(f"/webhooks/{endpoint.pk}/test").status_code == 429


def test_only_administrators_come_in(issuer: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(issuer, hooks.url)
    for member in (issuer.clerk, issuer.approver, issuer.viewer):
        assert member.get("/webhooks").status_code == 403
        assert member.get(f"/webhooks/{endpoint}").status_code == 403
        assert member.post(f"/webhooks/{endpoint}/delete").status_code == 403
        assert b"/webhooks" not in member.get("/").content
    assert b'href="/webhooks"' in issuer.get("/").content


def test_another_companys_endpoint_is_as_none(issuer: Desk, receiver: Desk, stranger: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(issuer, hooks.url)
    issuer.post(f"/webhooks/{endpoint}/test")
    (delivery,) = rows(issuer)
    for desk in (receiver, stranger):
        for path in ("", "/edit", "/secret", "/delete"):
            assert desk.get(f"/webhooks/{endpoint}{path}").status_code == 404
        for deed in ("stop", "start", "test", "delete", "replay", "secret"):
            assert desk.post(f"/webhooks/{endpoint}/{deed}").status_code == 404
        assert desk.get(f"/webhooks/messages/{delivery.pk}").status_code == 404
        assert desk.post(f"/webhooks/messages/{delivery.pk}/replay").status_code == 404
    assert endpoint_of(issuer).stopped == ""


# ---- what it costs


def test_pages_cost_the_same_for_many_messages(issuer: Desk, receiver: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(receiver, hooks.url)
    quote(issuer, receiver)
    work(issuer, receiver)
    pages = ["/webhooks", f"/webhooks/{endpoint}", f"/webhooks/messages/{rows(receiver)[0].pk}"]
    before = [queries(receiver, page) for page in pages]
    with receiver.acting():
        delivery = rows(receiver)[0]
        for nth in range(60):
            delivery.pk, delivery.message_id, delivery._state.adding = None, f"msg_{nth}", True
            delivery.save(force_insert=True)
    add(receiver, f"{hooks.url}/more")
    assert [queries(receiver, page) for page in pages] == before
    assert b"after=" in receiver.get(pages[1]).content
    assert receiver.get(f"{pages[1]}?state=failed").context["page"].rows == []
    assert count_queries(receiver, f"{pages[1]}?event=document.sent") == before[1]


def test_a_company_without_endpoints_puts_nothing_more_into_the_outbox(issuer: Desk, receiver: Desk) -> None:
    document = quote(issuer, receiver)
    with issuer.acting() as actor:
        assert OutboxMessage.objects.filter(company_id=actor.company, subject_id=document).count() == 1


def test_attempts_are_kept_up_to_a_bound(issuer: Desk, hooks: Hooks) -> None:
    endpoint, _secret = add(issuer, hooks.url)
    issuer.post(f"/webhooks/{endpoint}/test")
    (delivery,) = rows(issuer)
    for _time in range(ATTEMPTS_KEPT_MAX + 3):
        with issuer.acting():
            WebhookDelivery.objects.filter(pk=delivery.pk).update(state="waiting")
        attempt(rows(issuer)[0])
    (delivery,) = rows(issuer)
    assert len(delivery.attempts) == ATTEMPTS_KEPT_MAX
    assert delivery.attempts_made == ATTEMPTS_KEPT_MAX + 3


@pytest.mark.django_db(transaction=True)
def test_old_messages_go_and_waiting_ones_stay(issuer: Desk) -> None:
    endpoint, _secret = add(issuer, NO_HARM)
    for _time in range(3):
        issuer.post(f"/webhooks/{endpoint}/test")
    old, waiting, _young = rows(issuer)
    with issuer.acting():
        WebhookDelivery.objects.filter(pk=old.pk).update(state="failed")
    sweep_messages(int((old.created_at + timedelta(days=30)).timestamp()))
    assert len(rows(issuer)) == 3
    sweep_messages(int((old.created_at + timedelta(days=31)).timestamp()))
    assert {delivery.pk for delivery in rows(issuer)} == {waiting.pk, _young.pk}
