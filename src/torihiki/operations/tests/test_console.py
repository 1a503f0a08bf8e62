"""The console from its staff's desk, and from the desks of companies that it acts on."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.programs import program_of
from tests.staff import NAME, Console
from tests.world import PASSWORD, Desk
from torihiki.announcements.models import Announcement
from torihiki.identity.jobs import send_letter
from torihiki.operations.jobs import open_company
from torihiki.operations.models import Staff, StaffSession
from torihiki.operations.sessions import ABSOLUTE, IDLE
from torihiki.tenancy import roles

WRONG = "Wrong-2026"
JOBS = "SELECT id, args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id"
Connect = Callable[[str], psycopg.Connection[Any]]


@pytest.fixture
def jobs(console: Console, connect_as: Connect) -> psycopg.Connection[Any]:
    """The queue, as its owner sees it."""
    found = connect_as(roles.MIGRATION)
    found.autocommit = True
    return found


# ---- three stories


def test_a_company_is_opened_and_its_administrator_signs_in(console: Console, jobs: psycopg.Connection[Any]) -> None:
    console.does("/companies/open", name="新会社株式会社", person="社長 一郎", email="ceo@new.example")
    assert "新会社株式会社" in console.get("/companies").content.decode(), "while it is being opened"
    assert console.events() == ["operations.company_opening"]

    ((_id, arguments),) = jobs.execute(JOBS, [open_company.name]).fetchall()
    assert arguments.keys() == {"opening_id"}
    for _time in range(2):  # a job may run twice
        open_company(**arguments)
    ((_id, letter),) = jobs.execute(JOBS, [send_letter.name]).fetchall()
    send_letter(**letter)
    assert mail.outbox[-1].to == ["ceo@new.example"]
    link = re.search(r"https://[^/]+(/invitation/\S+)", str(mail.outbox[-1].body))
    assert link

    person = Client()
    wanted = {"name": "社長 一郎", "email": "ceo@new.example", "login_id": "ceo-new", "password": PASSWORD}
    assert person.post(link[1], {**wanted, "repeated": PASSWORD}, secure=True).status_code == 302
    answer = Client().post("/sign-in", {"login_id": "ceo-new", "password": PASSWORD, "next": ""}, secure=True)
    assert answer.status_code == 302

    page = console.get("/companies?q=新会社")
    assert [numbers.members for _company, numbers in page.context["rows"]] == [1]
    assert "社長 一郎" not in page.content.decode(), "staff learns numbers, not who"
    company = page.context["rows"][0][0]
    refused = console.post(f"/companies/{company.id}/invite", person="別人", email="other@new.example")
    assert refused.status_code == 422


def test_an_invitation_that_got_lost_is_sent_anew_as_long_as_nobody_has_joined(
    console: Console, jobs: psycopg.Connection[Any]
) -> None:
    console.does("/companies/open", name="新会社株式会社", person="社長", email="typo@new.example")
    open_company(**jobs.execute(JOBS, [open_company.name]).fetchall()[0][1])
    company = console.get("/companies").context["rows"][0][0]
    console.does(f"/companies/{company.id}/invite", person="社長", email="right@new.example")
    open_company(**jobs.execute(JOBS, [open_company.name]).fetchall()[1][1])
    invitations = jobs.execute("SELECT email, withdrawn_at IS NULL FROM identity_invitation ORDER BY id").fetchall()
    assert invitations == [("typo@new.example", False), ("right@new.example", True)]
    assert console.events() == ["operations.company_opening", "operations.administrator_invited"]


def test_a_suspended_company_is_out_from_its_next_request_until_it_is_resumed(
    console: Console, issuer: Desk, receiver: Desk
) -> None:
    assert issuer.get("/inbox").status_code == 200
    program = program_of(issuer)
    assert program.get("documents").status_code == 200
    address = f"/companies/{issuer.company}"
    refused = console.post(f"{address}/suspend", reason="未払い", password=WRONG)
    assert refused.status_code == 422
    assert issuer.get("/inbox").status_code == 200

    console.does(f"{address}/suspend", reason="未払い", password=PASSWORD)
    assert console.post(f"{address}/suspend", reason="未払い", password=PASSWORD).status_code == 422
    assert issuer.get("/inbox").status_code == 302
    assert issuer.clerk.get("/inbox").status_code == 302
    assert program.get("documents").status_code == 401
    page = sign_in(issuer.login_id)
    assert page.status_code == 403
    assert "運営者が貴社の利用を停止しています" in page.content.decode()
    assert receiver.get("/inbox").status_code == 200
    assert "未払い" in console.get(address).content.decode()

    console.does(f"{address}/resume", reason="入金", password=PASSWORD)
    assert issuer.get("/inbox").status_code == 302, "the former session stays dead"
    assert sign_in(issuer.login_id).status_code == 302
    assert program.get("documents").status_code == 200
    moments = console.get(address).context["history"]
    assert [moment.detail for moment in moments] == ["入金", "会社を利用停止", "未払い"]
    assert {moment.who for moment in moments} == {NAME}
    suspended, resumed = "operations.company_suspended", "operations.company_resumed"
    assert console.events() == ["ledger.refused", suspended, "ledger.refused", resumed]


def test_what_is_announced_every_member_sees_and_nobody_before_or_after(
    console: Console, issuer: Desk, receiver: Desk
) -> None:
    console.does("/announcements/new", **words(level="incident"))
    address = console_address(console)
    preview = console.get(address).content.decode()
    assert "障害のお知らせ" in preview
    assert "Incident notice" in preview
    for desk in (issuer, receiver):
        assert "障害のお知らせ" not in desk.get("/").content.decode()
    assert console.post(f"{address}/release", password=WRONG).status_code == 422
    console.does(f"{address}/release", password=PASSWORD)
    for desk in (issuer, receiver, receiver.viewer):
        for path in ("/", "/inbox"):
            assert "障害のお知らせ" in desk.get(path).content.decode(), "a bar on every page"
    assert "障害のお知らせ" not in Client().get("/sign-in", secure=True).content.decode()
    stranger = Client().get(address, secure=True)
    assert stranger.status_code == 302

    page = receiver.get(address)
    assert "復旧中" in page.content.decode()
    assert receiver.post(f"{address}/acknowledge").status_code == 302
    assert receiver.post(f"{address}/acknowledge").status_code == 302
    assert receiver.events()[-1] == "announcement.acknowledged"
    assert receiver.events().count("announcement.acknowledged") == 1
    assert "障害のお知らせ" not in receiver.get("/inbox").content.decode(), "understood: the bar goes"
    assert "障害のお知らせ" in receiver.viewer.get("/inbox").content.decode(), "for this member alone"
    assert console.get(address).context["numbers"] == (1, 1, 1)

    assert console.post(f"{address}/edit", **words(level="info")).status_code == 409
    console.does(f"{address}/withdraw")
    assert issuer.get(address).status_code == 404
    assert "障害のお知らせ" not in issuer.get("/").content.decode()
    assert console.events() == [
        "operations.announcement_written",
        "ledger.refused",
        "operations.announcement_released",
        "ledger.refused",
        "operations.announcement_withdrawn",
    ]


def test_an_announcement_for_later_waits_and_its_words_stay(console: Console, issuer: Desk) -> None:
    later = timezone.localtime(timezone.now() + timedelta(days=2))
    console.does("/announcements/new", **words(starts_at=f"{later:%Y-%m-%dT%H:%M}"))
    address = console_address(console)
    console.does(f"{address}/edit", **words(starts_at=f"{later:%Y-%m-%dT%H:%M}", title_ja="改訂"))
    console.does(f"{address}/release", password=PASSWORD)
    assert console.get(address).context["announcement"].state == "scheduled"
    assert issuer.get(address).status_code == 404
    with console.open(), pytest.raises(Exception, match="stays as it was"):
        Announcement.objects.update(title_ja="別の言葉")
    past = console.post("/announcements/new", **words(ends_at="2020-01-01T00:00"))
    assert past.status_code == 422
    assert "ends_at" in past.context["form"].errors


# ---- jobs, ledger, health


def test_a_failed_job_is_retried_and_a_waiting_one_called_off(console: Console, jobs: psycopg.Connection[Any]) -> None:
    make = (
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('mail', %s, %s, %s) RETURNING id"
    )
    ids = {}
    for status in ("failed", "todo", "doing"):
        row = jobs.execute(make, [f"test.{status}", '{"company_id": "7"}', status]).fetchone()
        assert row
        ids[status] = row[0]
    page = console.get("/jobs")
    assert {(line.task, line.todo, line.doing, line.failed, line.stalled) for line in page.context["queue"]} == {
        ("test.failed", 0, 0, 1, 0),
        ("test.todo", 1, 0, 0, 0),
        ("test.doing", 0, 1, 0, 1),
    }
    assert [row.job.id for row in console.get("/jobs?status=failed").context["rows"]] == [ids["failed"]]
    assert [row.job.id for row in console.get("/jobs?stalled=on").context["rows"]] == [ids["doing"]]
    assert "company_id" in console.get(f"/jobs/{ids['failed']}").content.decode()

    console.does(f"/jobs/{ids['failed']}/retry")
    console.does(f"/jobs/{ids['todo']}/cancel")
    assert console.post(f"/jobs/{ids['doing']}/retry").status_code == 409
    assert console.post(f"/jobs/{ids['doing']}/cancel").status_code == 409
    assert console.post("/jobs/999999/retry").status_code == 404
    now = dict(jobs.execute("SELECT task_name, status::text FROM procrastinate_jobs").fetchall())
    assert now == {"test.failed": "todo", "test.todo": "cancelled", "test.doing": "doing"}
    refused = ["ledger.refused"] * 3
    assert console.events() == ["operations.job_retried", "operations.job_cancelled", *refused]


def test_the_operators_ledger_has_what_staff_did_and_nothing_of_a_company(console: Console, issuer: Desk) -> None:
    console.does(f"/companies/{issuer.company}/suspend", reason="点検", password=PASSWORD)
    page = console.get("/audit")
    assert {label for _entry, label, _subject in page.context["rows"]} >= {"会社を利用停止", "職員がログイン"}
    assert all(entry.company_id is None for entry, _label, _subject in page.context["rows"])
    assert [entry.event for entry, *_ in console.get("/audit?event=operations.company_suspended").context["rows"]] == [
        "operations.company_suspended"
    ]
    entry = console.get("/audit?event=operations.company_suspended").context["rows"][0][0]
    assert "点検" in console.get(f"/audit/{entry.id}").content.decode()
    lines = console.get("/audit/export.jsonl").content.decode()
    assert '"reason":"点検"' in lines
    assert str(console.staff_id()) in lines
    assert "点検" in console.get("/audit/export.csv").content.decode()
    with issuer.acting():
        pass
    assert "operations.company_suspended" not in issuer.events()


def test_health_says_what_to_do_and_machines_can_read_it(console: Console) -> None:
    with console.open():
        answer = Client().get("/health.json", secure=True)
    assert answer.status_code == 503, "no worker runs in tests"
    found = answer.json()
    assert found["checks"]["worker"] == {"health": "failing", "alive": 0, "last_heartbeat_seconds": None}
    assert found["checks"]["connections"]["connections"] > 0
    assert found["checks"]["database_size"]["size_bytes"] > 1_000_000
    assert found["checks"]["queue"]["health"] == "well"
    page = console.get("/").content.decode()
    assert "bin/torihiki worker" in page
    with console.open():
        assert Client().get("/live", secure=True).content == b"ok"


# ---- who gets in


def test_five_wrong_passwords_shut_an_account_for_a_quarter_of_an_hour(console: Console) -> None:
    visitor = Console(console.database)
    for _time in range(5):
        assert visitor.sign_in(password=WRONG).status_code == 422
    locked = visitor.sign_in()
    assert locked.status_code == 422, "the right one too"
    unknown = visitor.sign_in(login_id="nobody")
    assert [str(error) for error in unknown.context["form"].non_field_errors()] == [
        str(error) for error in locked.context["form"].non_field_errors()
    ]
    assert console.get("/companies").status_code == 200, "a session under way goes on"
    with console.open():
        Staff.objects.update(tries_since=timezone.now() - timedelta(minutes=15, seconds=1))
    assert visitor.sign_in().status_code == 302
    assert console.events() == ["operations.staff_sign_in_failed"] * 7


def test_guessing_the_password_at_a_dangerous_action_ends_the_session(console: Console, issuer: Desk) -> None:
    address = f"/companies/{issuer.company}/suspend"
    for _time in range(5):
        assert console.post(address, reason="x", password=WRONG).status_code == 422
    assert console.post(address, reason="x", password=PASSWORD).status_code == 422
    assert console.get("/companies").status_code == 302
    assert issuer.get("/inbox").status_code == 200


def test_sessions_end_when_idle_too_old_signed_out_or_disabled(console: Console) -> None:
    for changed in (
        {"last_seen_at": timezone.now() - IDLE},
        {"created_at": timezone.now() - ABSOLUTE},
    ):
        assert console.get("/companies").status_code == 200
        with console.open():
            StaffSession.objects.update(**changed)
        assert console.get("/companies").status_code == 302
        assert console.sign_in().status_code == 302
    token = console.client.cookies["__Host-console-session"].value
    console.does("/sign-out")
    console.client.cookies["__Host-console-session"] = token
    assert console.get("/companies").status_code == 302
    assert console.sign_in().status_code == 302
    with console.open():
        Staff.objects.update(disabled_at=timezone.now())
    assert console.get("/companies").status_code == 302
    assert console.sign_in().status_code == 422


def test_staff_changes_the_own_password_and_is_signed_out_elsewhere(console: Console) -> None:
    other = Console(console.database)
    other.sign_in()
    new = "Console-2027"
    weak = console.post("/password", present=PASSWORD, password="weak", repeated="weak")
    assert weak.status_code == 422
    assert console.post("/password", present=WRONG, password=new, repeated=new).status_code == 422
    console.does("/password", present=PASSWORD, password=new, repeated=new)
    assert console.get("/companies").status_code == 200
    assert other.get("/companies").status_code == 302
    assert Console(console.database).sign_in(password=new).status_code == 302


def test_the_language_is_the_accounts_own(console: Console) -> None:
    console.does("/language", language="en", next="/companies")
    assert "Operations console" in console.get("/companies").content.decode()
    assert console.events() == ["operations.staff_language_changed"]
    del console.client.cookies["__Host-console-language"]
    console.sign_in()


# ---- what the console cannot do


def test_no_page_of_the_console_tells_what_a_company_wrote(console: Console, issuer: Desk, receiver: Desk) -> None:
    from tests.portal import write
    from torihiki.exchange.specs import KINDS

    kind = KINDS["quote"]
    write(issuer, "quote", {**kind.samples.valid, "subject": "秘密の件名"}, to=[receiver])
    for path in ("/", "/companies", f"/companies/{issuer.company}", "/jobs", "/audit", "/audit/export.jsonl"):
        answer = console.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert "秘密の件名" not in text, path
        assert "@aoba.example" not in text, path
        assert "営業 太郎" not in text, path
    page = console.get(f"/companies/{issuer.company}")
    assert ("送った文書", 1) in [(str(fact.label), fact.value) for fact in page.context["facts"]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE identity_company SET suspended_at = now()",
        "INSERT INTO identity_invitation (id) VALUES (gen_random_uuid())",
        "INSERT INTO identity_member (id) VALUES (gen_random_uuid())",
        "INSERT INTO identity_session (key_hash) VALUES ('x')",
        "SELECT * FROM identity_account",
        "SELECT * FROM identity_session",
        "SELECT procrastinate_defer_jobs_v1(NULL)",
        "UPDATE procrastinate_jobs SET args = '{}'",
        "INSERT INTO ledger_entry (id, company_id) VALUES (gen_random_uuid(), gen_random_uuid())",
        "UPDATE ledger_entry SET payload = NULL",
        "DELETE FROM operations_staffsession",
        "SELECT identity_session_open('x', gen_random_uuid(), now())",
        "SELECT * FROM operations_opening(gen_random_uuid())",
    ],
)
def test_the_consoles_role_can_do_no_more_than_its_functions(
    console: Console, connect_as: Connect, statement: str
) -> None:
    staff = connect_as(roles.CONSOLE)
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction)):
        staff.execute(statement.encode())


def test_the_application_sees_nothing_of_the_staff(console: Console, issuer: Desk) -> None:
    for table in ("operations_staff", "operations_staffsession", "operations_companyopening"):
        with issuer.acting(), connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute(f"SELECT * FROM {table}")


def sign_in(login_id: str) -> Any:
    return Client().post("/sign-in", {"login_id": login_id, "password": PASSWORD, "next": ""}, secure=True)


def words(**changed: str) -> dict[str, str]:
    return {
        "level": "info",
        "title_ja": "障害のお知らせ",
        "title_en": "Incident notice",
        "text_ja": "現在、復旧中です。",
        "text_en": "We are working on it.",
        **changed,
    }


def console_address(console: Console) -> str:
    (announcement,) = console.get("/announcements").context["page"].rows
    return f"/announcements/{announcement.id}"
