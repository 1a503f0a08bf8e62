"""One platform as `bin/up` runs it, in a folder of its own: granian, worker, PostgreSQL with fsync; what each used."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local import cluster as clusters
from torihiki.project.local.database import private_urls

ROOT = Path(__file__).parents[1]
START_SECONDS_MAX = 180
STOP_SECONDS_MAX = 90
TICKS = os.sysconf("SC_CLK_TCK")
PROGRAMS = ("serve", "worker", "postgres")
OWN_VARIABLES = {*ROLE_VARIABLES.values(), "TORIHIKI_SECRET_KEY", "TORIHIKI_DATABASE_ROLE", "TORIHIKI_PUBLIC_URL"}
Cpu = dict[str, float]


class Running:
    """A started platform. `cpu()` is what its processes have used so far, in seconds, by program."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        self.log = home / "up.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "torihiki.project.cli", "up"],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while "torihiki is up" not in self.log.read_text():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"the platform in {self.home} does not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        cluster = clusters.cluster_in(self.home)
        self.urls = private_urls(cluster)
        self.certificate = self.home / "keys" / "localhost.crt"

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(STOP_SECONDS_MAX)

    def load(self, documents: int) -> None:
        """Documents of one demo company, unless they are there from an earlier run."""
        with psycopg.connect(self.urls["migration"]) as connection:
            row = connection.execute(
                "SELECT count(*) FROM exchange_partyview v JOIN identity_member m USING (company_id)"
                " JOIN identity_account a ON a.id = m.account_id WHERE a.login_id = 'hidamari'"
            ).fetchone()
        assert row
        if row[0] < documents:
            self.command("demo", "--documents", str(documents - row[0]))
            with psycopg.connect(self.urls["migration"], autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def command(self, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "torihiki.project.cli", *words], env=self._environment(), cwd=ROOT, check=True
        )

    def python(self, script: str, *words: str) -> Any:
        """What a script of ours prints last, as JSON; it runs as the application, with Django set up."""
        environment = self._environment() | {
            "DJANGO_SETTINGS_MODULE": "torihiki.project.settings",
            "TORIHIKI_DATABASE_ROLE": "application",
            ROLE_VARIABLES["application"]: self.urls["application"],
            ROLE_VARIABLES["migration"]: self.urls["migration"],
        }
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{script}", *words],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        return json.loads(done.stdout.splitlines()[-1])

    def cpu(self) -> Cpu:
        """Server, worker and database; the mail sink and the supervisor are none of them."""
        return {name: sum(map(_used, self._pids(name))) for name in PROGRAMS}

    @contextmanager
    def worker_paused(self) -> Iterator[None]:
        """What happens after a request is answered is left out while requests are measured; it is made up for later."""
        pids = self._pids("worker")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _pids(self, name: str) -> list[int]:
        assert self._process is not None
        if name == "postgres":
            first = [int((clusters.data_folder(self.home) / "postmaster.pid").read_text().split()[0])]
        else:
            tree = _tree([self._process.pid])
            first = [pid for pid in tree if f"torihiki.project.cli {name}" in _command(pid)]
            if name == "serve":
                first += [pid for pid in tree if "-m granian" in _command(pid)]
        return sorted(set(_tree(first)))

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
        return inherited | {
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
            "TORIHIKI_HOME": str(self.home),
            "TORIHIKI_PORT": str(self.port),
            "TORIHIKI_SMTP_PORT": str(self.port + 1),
            "TORIHIKI_MAIL_PAGE_PORT": str(self.port + 2),
            "TORIHIKI_CONSOLE_PORT": str(self.port + 3),
        }


def _tree(roots: list[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if status := _stat(int(folder.name)):
            children.setdefault(int(status[1]), []).append(int(folder.name))
    found, waiting = [], list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _used(pid: int) -> float:
    """User and system time, of ended children too: database connections come and go."""
    status = _stat(pid)
    return sum(int(ticks) for ticks in status[11:15]) / TICKS if status else 0.0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
