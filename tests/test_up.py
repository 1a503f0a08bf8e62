"""`bin/up` from outside: it starts, serves, survives kill -9, ends cleanly, and says clearly why it does not start."""

import json
import os
import re
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path

import pytest

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local import cluster as clusters
from torihiki.project.local import refusals
from torihiki.project.local.supervision import RESTART_PAUSES_SECONDS

ROOT = Path(__file__).parents[1]
START_SECONDS_MAX = 60
SECOND_START_SECONDS_MAX = 10
END_SECONDS_MAX = 30

pytestmark = pytest.mark.heavy


class Up:
    """One home and its ports; `start()` runs `up` in it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.portal, self.smtp, self.mail_page, self.console = _free_ports(4)
        self.process: subprocess.Popen[str] | None = None
        self.more_environment: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        outside = {*ROLE_VARIABLES.values(), "TORIHIKI_SECRET_KEY", "TORIHIKI_DATABASE_ROLE"}
        return {name: value for name, value in os.environ.items() if name not in outside} | {
            "TORIHIKI_HOME": str(self.home),
            "TORIHIKI_PORT": str(self.portal),
            "TORIHIKI_SMTP_PORT": str(self.smtp),
            "TORIHIKI_MAIL_PAGE_PORT": str(self.mail_page),
            "TORIHIKI_CONSOLE_PORT": str(self.console),
            "PYTHONPATH": str(ROOT / "src"),
            **self.more_environment,
        }

    def command(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "torihiki.project.cli", *words],
            env=self.environment() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
            check=False,
        )

    def start(self, *words: str) -> float:
        """Seconds until it serves."""
        begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "torihiki.project.cli", "up", "--no-demo", *words],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=(self.home.parent / "said").open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        self.until(lambda: "torihiki is up" in self.said(), START_SECONDS_MAX)
        return time.monotonic() - begun

    def said(self) -> str:
        return (self.home.parent / "said").read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS_MAX)

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, self.said()
            assert self.process
            assert self.process.poll() is None or "torihiki is up" in self.said(), self.said()
            time.sleep(0.05)

    def processes(self) -> dict[int, str]:
        """Every process that works for this home, by its environment or command line."""
        return dict(_processes_of(str(self.home)))

    def process_of(self, words: str) -> int:
        return min(pid for pid, line in self.processes().items() if words in line)

    def answers(self) -> bool:
        return self.says(self.portal, "/") != "nothing"

    def says(self, port: int, path: str) -> str:
        """The answer's status and body."""
        trust = ssl.create_default_context(cafile=str(self.home / "keys" / "localhost.crt"))
        try:
            with urllib.request.urlopen(f"https://localhost:{port}{path}", context=trust, timeout=5) as answer:
                return f"{answer.status} {answer.read().decode()}"
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read().decode()}"
        except OSError:
            return "nothing"

    def mails(self) -> list[dict[str, str]]:
        with urllib.request.urlopen(f"http://localhost:{self.mail_page}/messages.json", timeout=5) as answer:
            found: list[dict[str, str]] = json.load(answer)
            return found

    def sql(self, statement: str) -> str:
        done = self.command("psql", "--role", "superuser", "-Atc", statement)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    # PostgreSQL's account must be able to enter; pytest's own folders are closed to it.
    folder = Path("/tmp") / f"torihiki-up-{os.getpid()}-{tmp_path.name[-12:]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    it = Up(folder / "home")
    yield it
    if it.process and it.process.poll() is None:
        it.end()
    shutil.rmtree(folder)


def test_it_serves_ends_cleanly_and_keeps_its_data(up: Up) -> None:
    up.start()
    assert up.answers()
    _send_mail(up.smtp)
    up.sql("CREATE TABLE kept AS SELECT 42 AS answer")

    assert up.end(signal.SIGINT) == 0
    assert up.processes() == {}
    assert "database system is shut down" in (up.home / "log" / "postgres.log").read_text()

    others = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # what else runs here has its share
    assert up.start() < SECOND_START_SECONDS_MAX * others
    assert up.sql("SELECT answer FROM kept") == "42"
    assert [mail["subject"] for mail in up.mails()] == ["請求書"]


def test_the_console_is_a_process_of_its_own_that_only_this_machine_reaches(up: Up) -> None:
    up.start()
    assert "bin/torihiki staff create" in up.said()
    assert up.says(up.console, "/live") == "200 ok"
    assert "運用コンソール" in up.says(up.console, "/sign-in")
    assert up.says(up.portal, "/live").startswith("404")
    assert up.says(up.console, "/inbox").startswith("404")
    health = json.loads(up.says(up.console, "/health.json").partition(" ")[2])
    assert health["checks"]["worker"]["alive"] == 1
    assert health["checks"]["mail"]["reached"]
    listening = subprocess.run(["ss", "-Hltn", f"sport = :{up.console}"], capture_output=True, text=True, check=True)
    assert {line.split()[3] for line in listening.stdout.splitlines()} == {f"127.0.0.1:{up.console}"}
    environment = Path("/proc", str(up.process_of(f"--port {up.console}")), "environ").read_text()
    assert "DATABASE_CONSOLE_URL=" in environment
    assert "DATABASE_URL=" not in environment
    assert "DATABASE_SYSTEM_URL=" not in environment

    made = up.command("staff", "create", "operator-1", "--name", "運用 太郎")
    assert "operator-1 may sign in" in made.stdout, made.stderr
    assert "belongs to another" in up.command("staff", "create", "operator-1", "--name", "別人").stderr
    assert "disabled" in up.command("staff", "disable", "operator-1").stdout


def test_passwords_are_on_no_command_line_and_in_no_log(up: Up) -> None:
    up.start()
    passwords = json.loads((up.home / "keys" / "database-passwords.json").read_text()).values()
    shown = " ".join(up.processes().values()) + up.said()
    shown += "".join(log.read_text() for log in (up.home / "log").iterdir())
    assert not [password for password in passwords if password in shown]
    assert {oct(file.stat().st_mode & 0o777) for file in (up.home / "keys").glob("*.json")} == {"0o600"}


def test_a_second_ctrl_c_is_harmless(up: Up) -> None:
    up.start()
    assert up.process
    for _ in range(3):
        up.process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    assert up.process.wait(END_SECONDS_MAX) == 0
    assert up.processes() == {}


def test_another_one_in_the_same_home_is_refused(up: Up) -> None:
    up.start()
    again = up.command("up")
    assert again.returncode == refusals.AlreadyRunning.exit_code
    assert str(up.process.pid if up.process else "") in again.stderr


def test_kill_9_of_everything_or_of_the_supervisor_alone_loses_nothing(up: Up) -> None:
    up.start()
    up.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    assert up.end(signal.SIGKILL) == -signal.SIGKILL
    up.start()
    assert up.sql("SELECT answer FROM kept") == "42"
    for pid in up.processes():
        with _already_gone():
            os.kill(pid, signal.SIGKILL)
    up.start()
    assert up.sql("SELECT answer FROM kept") == "42"


@pytest.mark.parametrize("words", ["granian", "mail-sink", "postgres -D"])
def test_a_program_that_dies_is_started_again(up: Up, words: str) -> None:
    up.start()
    first = up.process_of(words)
    before = [first, *(pid for pid, line in up.processes().items() if words in line and _parent(pid) == first)]
    os.kill(first, signal.SIGKILL)
    up.until(lambda: "is started again in 1 s" in up.said())
    up.until(lambda: any(words in line and pid != first for pid, line in up.processes().items()))
    up.until(up.answers)
    assert not [pid for pid in before if pid in up.processes()]
    assert up.end() == 0


def test_a_program_that_keeps_dying_ends_everything_with_its_reason(up: Up) -> None:
    up.start()
    for _ in range(len(RESTART_PAUSES_SECONDS) + 1):
        up.until(lambda: any("mail-sink" in line for line in up.processes().values()), 30)
        os.kill(up.process_of("mail-sink"), signal.SIGKILL)
        time.sleep(0.3)
    assert up.process
    assert up.process.wait(END_SECONDS_MAX) == refusals.ProgramKeepsDying.exit_code
    assert "mail-sink ended 6 times" in up.said()
    assert up.processes() == {}


@pytest.mark.parametrize("which", ["portal", "smtp", "mail_page", "console"])
def test_a_port_in_use_is_named(up: Up, which: str) -> None:
    port = getattr(up, which)
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = up.command("up")
    assert refused.returncode == refusals.PortInUse.exit_code
    assert f"Port {port}" in refused.stderr


def test_a_damaged_cluster_is_refused_and_never_deleted(up: Up) -> None:
    up.start()
    up.end()
    control = up.home / "postgres" / "global" / "pg_control"
    away = control.with_name("away")

    control.rename(away)
    missing = up.command("up")
    control.write_bytes(bytes(away.stat().st_size))
    os.chown(control, away.stat().st_uid, away.stat().st_gid)
    broken = up.command("up")
    for refused in (missing, broken):
        assert refused.returncode == refusals.ClusterDamaged.exit_code, refused.stderr
        assert "Nothing was deleted" in refused.stderr
        assert "--reset" in refused.stderr

    away.rename(control)
    up.start()


def test_a_cluster_of_another_version_is_refused(up: Up) -> None:
    up.start()
    up.end()
    (up.home / "postgres" / "PG_VERSION").write_text("14\n")
    refused = up.command("up")
    assert refused.returncode == refusals.ClusterOfOtherVersion.exit_code
    assert "PostgreSQL 14" in refused.stderr


def test_lost_passwords_are_said(up: Up) -> None:
    up.start()
    up.end()
    (up.home / "keys" / "database-passwords.json").unlink()
    refused = up.command("up")
    assert refused.returncode == refusals.ClusterDamaged.exit_code
    assert "database-passwords.json" in refused.stderr


def test_reset_needs_a_confirmation_and_then_begins_again(up: Up) -> None:
    up.start()
    up.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    up.end()
    assert up.command("up", "--reset").returncode == refusals.ResetNotConfirmed.exit_code
    assert (up.home / "postgres" / "PG_VERSION").exists()

    up.start("--reset", "--yes")
    assert up.sql("SELECT to_regclass('kept') IS NULL") == "t"


def test_an_outside_database_must_be_whole_reachable_and_fit(up: Up) -> None:
    nowhere = dict.fromkeys(ROLE_VARIABLES.values(), "postgresql://a:b@127.0.0.1:1/x")
    some = up.command("up", DATABASE_URL=nowhere["DATABASE_URL"])
    all_ = up.command("up", **nowhere)
    for refused in (some, all_):
        assert refused.returncode == refusals.OutsideDatabaseUnfit.exit_code
        assert "bin/torihiki database roles" in refused.stderr
    assert not (up.home / "postgres").exists()


def test_an_outside_database_is_prepared_and_used(up: Up) -> None:
    elsewhere = up.home.parent / "elsewhere"
    elsewhere.mkdir()
    server = clusters.cluster_in(elsewhere)
    binaries = clusters.make(server, sync=False)
    clusters.start_detached(server, binaries)
    try:
        done = up.command("database", "roles", DATABASE_ADMIN_URL=server.url("postgres", "postgres"))
        assert done.returncode == 0, done.stderr
        lines = (up.home / "keys" / "outside-database.env").read_text().splitlines()
        up.more_environment = dict(re.fullmatch(r"(\w+)='(.*)'", line).groups() for line in lines)  # type: ignore[union-attr,misc]
        up.start()
        assert up.answers()
        assert not (up.home / "postgres").exists()
        assert up.end() == 0
    finally:
        clusters.stop_detached(server, binaries)


def test_a_home_that_cannot_be_written_is_said(up: Up) -> None:
    refused = up.command("up", TORIHIKI_HOME="/proc/torihiki")  # where even root makes nothing
    assert refused.returncode == refusals.HomeUnwritable.exit_code, refused.stderr
    assert "/proc/torihiki cannot be written" in refused.stderr


def _send_mail(port: int) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "請求書", "a@example.com", "b@example.com"
    message.set_content("https://localhost/one")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(message)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _processes_of(home: str) -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").iterdir():
        if not re.fullmatch(r"\d+", folder.name) or int(folder.name) == os.getpid():
            continue
        with _already_gone():
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            if home in line or f"TORIHIKI_HOME={home}\0" in environment:
                yield int(folder.name), line


def _parent(pid: int) -> int:
    return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])


@contextmanager
def _already_gone() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return
