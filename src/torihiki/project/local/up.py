"""The `up` command: from a checkout to a platform that serves, on one machine, until Ctrl-C."""

import shutil
import signal
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec

import psycopg

from torihiki.crypto.tls import localhost_certificate
from torihiki.project.local import cluster as clusters
from torihiki.project.local.database import check_outside, outside_urls, private_urls
from torihiki.project.local.ending import Ended, Ending
from torihiki.project.local.home import Home, make_home, only_one
from torihiki.project.local.logs import tail
from torihiki.project.local.mail.sink import HOST as MAIL_HOST
from torihiki.project.local.orphans import end_orphans
from torihiki.project.local.ports import check_free
from torihiki.project.local.programs import CONSOLE_HOST, PORTAL_HOST, Platform, Ports, command
from torihiki.project.local.refusals import DiskFull, ProgramKeepsDying, ResetNotConfirmed
from torihiki.project.local.supervision import DISK_FULL_WORDS, Program, Supervisor, run_step
from torihiki.tenancy.roles import prepare

MIGRATE_SECONDS_MAX = 1_800
DEMO_SECONDS_MAX = 300
SERVING_SECONDS_MAX = 60
LOG_SETTLES_SECONDS = 0.2
POLL_SECONDS = 0.05
RESET_WORD = "reset"


@dataclass(frozen=True)
class Options:
    ports: Ports
    demo: bool = True
    reset: bool = False
    yes: bool = False


def up(home: Home, options: Options) -> None:
    """Serve until asked to end. Raises a Refusal when that is not possible."""
    started = time.monotonic()
    make_home(home)
    with only_one(home) as after_kill:
        if after_kill:
            end_orphans(home.path)
        _check_ports(options.ports, wait_seconds=clusters.ORPHAN_SECONDS_MAX if after_kill else 0)
        if options.reset:
            reset(home, confirmed=options.yes)
        with Ending() as ending, _stopping(supervisor := Supervisor(ending, _say)):
            platform = Platform(home, options.ports, _database(home, supervisor, ending))
            credentials = _prepare(platform, supervisor, ending, demo=options.demo)
            _serve(platform, supervisor, ending)
            _summarise(platform, credentials, seconds=time.monotonic() - started)
            supervisor.watch()


def reset(home: Home, *, confirmed: bool) -> None:
    """Destroy this platform's data: database, keys, mail. Raises ResetNotConfirmed. The caller holds the home."""
    if outside_urls():
        raise ResetNotConfirmed(
            "The database is outside (DATABASE_URL); --reset destroys only a private one. Nothing was done."
        )
    if not confirmed:
        _confirm(home)
    data = clusters.data_folder(home.path)
    clusters.stop_orphan_of(data)
    for each in (data, home.keys, home.mail, home.static, home.path / "stamps", home.log):
        if each.exists():
            shutil.rmtree(each)
    make_home(home)
    _say("All data of this platform was destroyed.")


def _confirm(home: Home) -> None:
    if not sys.stdin.isatty():
        raise ResetNotConfirmed("--reset needs a terminal to confirm on, or --yes. Nothing was destroyed.")
    try:
        answer = input(f"This destroys all documents, accounts and keys in {home.path}. Type {RESET_WORD!r} to go on: ")
    except EOFError:
        answer = ""
    if answer.strip() != RESET_WORD:
        raise ResetNotConfirmed("Not confirmed. Nothing was destroyed.")


def _check_ports(ports: Ports, *, wait_seconds: float) -> None:
    """Raises PortInUse. `wait_seconds` is for the programs of a killed predecessor, which are still letting go."""
    other = "Choose another: "
    deadline = time.monotonic() + wait_seconds
    check_free(PORTAL_HOST, ports.portal, deadline, what="the portal", remedy=f"{other}bin/up --port N")
    check_free(CONSOLE_HOST, ports.console, deadline, what="the console", remedy=f"{other}bin/up --console-port N")
    check_free(MAIL_HOST, ports.smtp, deadline, what="mail", remedy=f"{other}TORIHIKI_SMTP_PORT=N bin/up")
    check_free(MAIL_HOST, ports.mail_page, deadline, what="mail", remedy=f"{other}TORIHIKI_MAIL_PAGE_PORT=N bin/up")


@contextmanager
def _stopping(supervisor: Supervisor) -> Iterator[None]:
    try:
        yield
    except Ended:
        _say("Ending …")
    finally:
        supervisor.stop()
    _say("Everything has ended; the data stay.")


def _database(home: Home, supervisor: Supervisor, ending: Ending) -> dict[str, str]:
    """The URLs by role of a database that answers."""
    if urls := outside_urls():
        _say("Database: the one that DATABASE_URL names")
        check_outside(urls)
        return urls
    cluster = clusters.cluster_in(home.path)
    if not cluster.data.is_relative_to(home.path):
        _say(f"PostgreSQL's account cannot enter {home.path}; the database is in {cluster.data}")
    new = not cluster.data.exists()
    _say("Database: making a private PostgreSQL" if new else "Database: starting the private PostgreSQL")
    _start_cluster(cluster, supervisor, ending)
    with cluster.connect() as admin:
        prepare(admin, cluster.passwords)
    return private_urls(cluster)


def _start_cluster(cluster: clusters.Cluster, supervisor: Supervisor, ending: Ending) -> None:
    """Start it, waiting for what a killed predecessor left behind. Raises ClusterDamaged, DiskFull."""
    binaries = clusters.make(cluster)
    clusters.stop_orphan(cluster, binaries)
    program = Program(
        "postgres",
        cluster.command(binaries),
        clusters.SERVER_ENVIRONMENT,
        cluster.log,
        stage=0,
        stop_signal=signal.SIGINT,  # fast shutdown
        stop_seconds_max=clusters.STOP_SECONDS_MAX,
    )
    deadline = time.monotonic() + clusters.ORPHAN_SECONDS_MAX
    while True:
        supervisor.start(program)
        if clusters.wait_until_ready(cluster, lambda: supervisor.is_alive("postgres"), ending.pause):
            return
        supervisor.forget("postgres")
        ending.pause(LOG_SETTLES_SECONDS)
        last = tail(cluster.log)
        if clusters.is_waiting_for_orphans(last) and time.monotonic() < deadline:
            continue
        if DISK_FULL_WORDS in last:
            raise DiskFull(
                f"PostgreSQL cannot start because the disk of {cluster.data} is full. Free some space first."
            )
        raise clusters.damaged(cluster, clusters.reason_in(last))


def _prepare(platform: Platform, supervisor: Supervisor, ending: Ending, *, demo: bool) -> str:
    """Everything before serving; what the demo has to say about signing in."""
    localhost_certificate(platform.home.keys, now=datetime.now(UTC))
    supervisor.start(platform.program("mail-sink", "application"))
    _say("Preparing: translations, migrations, static files")
    run_step(
        "Preparing the database",
        command("migrate"),
        platform.environment("migration"),
        ending=ending,
        seconds_max=MIGRATE_SECONDS_MAX,
    )
    return _demo(platform, ending) if demo else ""


def _demo(platform: Platform, ending: Ending) -> str:
    """Load the demo once per database; later starts repeat what it said."""
    said = platform.home.stamp(f"demo-{_database_identity(platform)}")
    if not said.exists():
        _say("Loading the demo companies")
        text = run_step(
            "Loading the demo",
            command("demo"),
            platform.environment("application"),
            ending=ending,
            seconds_max=DEMO_SECONDS_MAX,
        )
        text += run_step(
            "Making the demo's staff account",
            command("manage", "--role", "console", "demo_staff"),
            platform.environment("console"),
            ending=ending,
            seconds_max=DEMO_SECONDS_MAX,
        )
        said.write_text(text)
    return said.read_text().strip()


def _database_identity(platform: Platform) -> str:
    """Changes when the database is another one than before."""
    with psycopg.connect(platform.urls["migration"]) as connection:
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        made = connection.execute("SELECT min(applied) FROM django_migrations").fetchone()
    assert row
    assert made
    return f"{row[0]}-{made[0]:%Y%m%d%H%M%S%f}"


def _serve(platform: Platform, supervisor: Supervisor, ending: Ending) -> None:
    _say("Starting the portal, the console and the worker")
    supervisor.start(platform.program("serve", "application"))
    supervisor.start(platform.program("console", "console"))
    if find_spec("torihiki.project.worker"):
        supervisor.start(platform.program("worker", "application", "system"))
    deadline = time.monotonic() + SERVING_SECONDS_MAX
    for name, program, port in (
        ("The portal", "serve", platform.ports.portal),
        ("The console", "console", platform.ports.console),
    ):
        while not _answers(platform, port):
            ending.pause(POLL_SECONDS)
            if not supervisor.is_alive(program) or time.monotonic() > deadline:
                log = platform.home.log / f"{program}.log"
                ending.pause(LOG_SETTLES_SECONDS)
                raise ProgramKeepsDying(f"{name} did not start. The last lines of {log}:\n{tail(log)}")


def _answers(platform: Platform, port: int) -> bool:
    """Whether a plane answers at all; an error page is an answer."""
    trust = ssl.create_default_context(cafile=str(platform.home.keys / "localhost.crt"))
    try:
        urllib.request.urlopen(f"https://localhost:{port}/", context=trust, timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        return False
    return True


def _summarise(platform: Platform, credentials: str, *, seconds: float) -> None:
    _say("")
    _say(f"torihiki is up ({seconds:.1f} s)")
    _say(
        f"  Portal     https://localhost:{platform.ports.portal}  (a browser warns once: the certificate is self-made)"
    )
    _say(f"  Console    https://localhost:{platform.ports.console}  (the operator's, on this machine only)")
    _say(f"  Mail sink  http://localhost:{platform.ports.mail_page}")
    if credentials:
        _say("")
        _say(credentials)
    else:
        _say("")
        _say("Companies are opened in the console. Make its first account: bin/torihiki staff create LOGIN --name NAME")
    _say("")
    _say("Ctrl-C ends it; the data stay.")


def _say(line: str) -> None:
    print(line, flush=True)
