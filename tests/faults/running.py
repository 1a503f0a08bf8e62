"""The real processes of a platform in a folder of its own: PostgreSQL with fsync, portal, worker, mail sink.

They are declared where `bin/up` declares them and started as it starts them. Only the pauses between restarts are not
its: whoever dies here comes back at once.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from torihiki.crypto.tls import localhost_certificate
from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local import cluster as clusters
from torihiki.project.local.database import private_urls
from torihiki.project.local.home import ROOT, Home, make_home
from torihiki.project.local.logs import tail
from torihiki.project.local.programs import Platform, Ports, command
from torihiki.project.local.supervision import Program, launch
from torihiki.tenancy.roles import DATABASE, prepare

START_SECONDS_MAX = 120
SERVING_SECONDS_MAX = 60
STOP_SECONDS_MAX = 10
RECOVERY_SECONDS_MAX = 60
POLL_SECONDS = 0.05
NOT_INHERITED = {*ROLE_VARIABLES.values(), "TORIHIKI_SECRET_KEY", "TORIHIKI_DATABASE_ROLE", "TORIHIKI_PUBLIC_URL"}

BUSY = """SELECT pid, usename::text FROM pg_stat_activity WHERE starts_with(usename, 'torihiki')
AND pid <> pg_backend_pid() ORDER BY (state <> 'idle') DESC, pid LIMIT 4"""
Result = TypeVar("Result")


class Running:
    """One platform. `kill()` ends a program as a power cut would; `mend()` starts again whatever is down."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.home.path.mkdir(mode=0o755)
        self.ports = Ports(*_free_ports(4))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """From nothing to a platform that serves."""
        make_home(self.home)
        self.cluster = clusters.cluster_in(self.home.path)
        binaries = clusters.make(self.cluster)
        log = self.cluster.log
        environment = clusters.SERVER_ENVIRONMENT
        self.postgres = Program("postgres", self.cluster.command(binaries), environment, log, stop_signal=signal.SIGINT)
        self.mend_postgres()
        with self.cluster.connect() as admin:
            prepare(admin, self.cluster.passwords)
        platform = Platform(self.home, self.ports, private_urls(self.cluster))
        localhost_certificate(self.home.keys, now=datetime.now(UTC))
        self.environment = {role: platform.environment(role) for role in ("application", "migration")}
        self.run(*command("migrate"), role="migration")
        self.programs = {
            "mail-sink": platform.program("mail-sink", "application"),
            "serve": platform.program("serve", "application"),
            "worker": platform.program("worker", "application", "system"),
        }
        self.mend()

    def run(self, *words: str, role: str = "application") -> str:
        done = subprocess.run(
            words, env=self.environment[role], capture_output=True, text=True, timeout=START_SECONDS_MAX, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def python(self, script: str) -> Any:
        """What a script prints as JSON, run as the application with the tests' own modules at hand."""
        setup = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import django; django.setup()\n"
        return json.loads(self.run(sys.executable, "-c", setup + script).splitlines()[-1])

    # ---- dying and coming back

    def kill(self, victim: str, chance: random.Random) -> str:
        """SIGKILL, and what was hit. `all` is a power cut; a `server process` and a `connection` die alone."""
        if victim == "all":
            for name in ("serve", "worker", "postgres"):
                self._kill_group(name)
        elif victim == "server process":
            children = _children(self.processes["serve"].pid)
            if children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(children), signal.SIGKILL)
        elif victim == "connection":
            return f"connection: {self._kill_backend(chance)}"
        else:
            self._kill_group(victim)
        return victim

    def mend(self) -> None:
        """Start again whatever is down, and wait until the portal serves."""
        self.mend_postgres()
        self.until(self._serves_again, SERVING_SECONDS_MAX, "the portal does not serve")

    def _serves_again(self) -> bool:
        """As the supervisor does, also what gives up by itself: granian ends when its processes die in a row."""
        for name, program in self.programs.items():
            if name not in self.processes or self.processes[name].poll() is not None:
                if name in self.processes:
                    self._kill_group(name)  # what a killed server leaves behind would go on serving
                self.processes[name] = launch(program)
        return self.serves()

    def mend_postgres(self) -> None:
        deadline = time.monotonic() + clusters.ORPHAN_SECONDS_MAX
        while True:
            process = self.processes.get("postgres")
            if process is None or process.poll() is not None:
                process = self.processes["postgres"] = launch(self.postgres)
            if clusters.wait_until_ready(self.cluster, lambda process=process: process.poll() is None):  # type: ignore[misc]
                return
            assert time.monotonic() < deadline, tail(self.cluster.log)
            time.sleep(0.2)

    def serves(self) -> bool:
        trust = ssl.create_default_context(cafile=str(self.home.keys / "localhost.crt"))
        try:
            urllib.request.urlopen(f"https://localhost:{self.ports.portal}/sign-in", context=trust, timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """The ones that were started here, and nobody else."""
        for name in ("serve", "worker", "mail-sink"):
            self._kill_group(name)
        postgres = self.processes.get("postgres")
        if postgres and postgres.poll() is None:
            postgres.send_signal(signal.SIGQUIT)  # what it holds is about to be thrown away
            with contextlib.suppress(subprocess.TimeoutExpired):
                postgres.wait(STOP_SECONDS_MAX)
        self._kill_group("postgres")

    # ---- looking

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the superuser, past every policy."""
        return self.steadily(lambda connection: connection.execute(statement, values).fetchall())

    def steadily(self, read: Callable[[psycopg.Connection[Any]], Result]) -> Result:
        """Read in one snapshot, whatever goes on meanwhile; again, where the server was just recovering."""
        deadline = time.monotonic() + RECOVERY_SECONDS_MAX
        while True:
            try:
                with self.cluster.connect(DATABASE) as connection, connection.transaction():
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    return read(connection)
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, f"PostgreSQL does not come back\n{self.logs()}"
                time.sleep(POLL_SECONDS)

    def mails(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"http://localhost:{self.ports.mail_page}/messages.json", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found

    def until(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"{otherwise}\n{self.logs()}"
            time.sleep(POLL_SECONDS)

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{tail(log)[-1500:]}" for log in sorted(self.home.log.glob("*.log")))

    def _kill_group(self, name: str) -> None:
        process = self.processes.get(name)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)

    def _kill_backend(self, chance: random.Random) -> str:
        """One server process of PostgreSQL: it takes all others with it and recovers by itself."""
        busy = self.rows(BUSY)
        if not busy:
            return "none"
        pid, role = chance.choice(busy)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return str(role)


@contextlib.contextmanager
def running() -> Iterator[Running]:
    """In a folder that PostgreSQL's account can enter; pytest's own folders are closed to it."""
    folder = Path("/tmp") / f"torihiki-faults-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    before = dict(os.environ)
    for name in NOT_INHERITED:  # the tests' own database is none of its business
        os.environ.pop(name, None)
    platform = Running(folder)
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _children(pid: int) -> list[int]:
    """Process ids of a process's own children."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
