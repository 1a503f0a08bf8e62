"""Databases for tests: one cluster for all test processes of this checkout, one copy of a migrated template for each.

The first process to come starts the cluster, the last to leave stops it. The template is made once per state of the
migrations.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local import cluster as clusters
from torihiki.tenancy import roles

ROOT = Path(__file__).resolve().parents[4]
SOURCE = ROOT / "src"
HOME = ROOT / "var" / "test"
TEMPLATES_KEPT = 4
ALONE_SECONDS_MAX = 240
POLL_SECONDS = 0.05
MIGRATE_SECONDS_MAX = 180
TEMPLATE_LOCK = 0x746D706C
# What a migrated database is made of.
TEMPLATE_INGREDIENTS = (
    "**/migrations/*.py",
    "**/walls.py",
    "**/*.sql",
    "torihiki/tenancy/*.py",
    "torihiki/project/settings.py",
)

# Tests may lose everything in a power cut, and are faster for it.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
ROLE_NAMES = {
    "application": roles.APPLICATION,
    "migration": roles.MIGRATION,
    "console": roles.CONSOLE,
    "system": roles.SYSTEM,
}


class TestDatabase:
    """This process's database, `test_<pid>`: known by its URLs from the start, made when a test first asks."""

    __test__ = False

    def __init__(self) -> None:
        self.name = f"test_{os.getpid()}"
        self._users: IO[str] | None = None
        HOME.mkdir(parents=True, exist_ok=True)
        with _alone():
            self.cluster = clusters.cluster_in(HOME, settings=FAST)

    def environment(self, database: str | None = None) -> dict[str, str]:
        """The variables that point all four roles at this database, or at `database`."""
        return {
            variable: self.cluster.url(ROLE_NAMES[role], database or self.name)
            for role, variable in ROLE_VARIABLES.items()
        }

    def start(self) -> None:
        """Join the cluster, starting it when nobody has, and make the database."""
        with _alone():
            binaries = clusters.make(self.cluster, sync=False)
            if not clusters.is_answering(self.cluster):
                clusters.stop_orphan(self.cluster, binaries)
                clusters.start_detached(self.cluster, binaries)
                with self.cluster.connect() as admin:
                    roles.prepare(admin, self.cluster.passwords)
            self._users = (HOME / "users.lock").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
        with self.cluster.connect() as admin:
            self._template = self._make_template(admin)
            _drop_abandoned(admin)
        self.renew()

    def renew(self) -> None:
        """Replace the database by a fresh copy of the template; connections to the old one are cut."""
        with self.cluster.connect() as admin:
            _drop(admin, self.name)
            roles.create_database(admin, self.name, template=self._template)

    @contextmanager
    def beside(self, purpose: str) -> Iterator[str]:
        """The name of one more fresh database of this process, for as long as it is needed."""
        name = f"{self.name}_{purpose}"
        with self.cluster.connect() as admin:
            _drop(admin, name)
            roles.create_database(admin, name, template=self._template)
        try:
            yield name
        finally:
            with self.cluster.connect() as admin:
                _drop(admin, name)

    def stop(self) -> None:
        """Drop the database and leave the cluster, stopping it when nobody else is in it."""
        if self._users is None:
            return
        with self.cluster.connect() as admin:
            _drop(admin, self.name)
        with _alone():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            finally:
                self._users.close()
                self._users = None
            clusters.stop_detached(self.cluster, clusters.make(self.cluster), mode="immediate")

    def _make_template(self, admin: psycopg.Connection) -> str:
        name = f"template_{_state_of_migrations()}"
        admin.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        try:
            if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                unfinished = f"unfinished_{name}"
                _drop(admin, unfinished)
                roles.prepare(admin, self.cluster.passwords, database=unfinished)
                self._migrate(unfinished)
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
                )
                _drop_old_templates(admin, name)
        finally:
            admin.execute("SELECT pg_advisory_unlock(%s)", [TEMPLATE_LOCK])
        return name

    def _migrate(self, database: str) -> None:
        """Migrate as the migration role, in a process of its own: this one only ever serves."""
        environment = {**os.environ, **self.environment(database), "TORIHIKI_DATABASE_ROLE": "migration"}
        done = subprocess.run(
            [sys.executable, "-m", "django", "migrate", "--verbosity=0", "--skip-checks"],
            env={**environment, "PYTHONPATH": str(SOURCE), "DJANGO_SETTINGS_MODULE": "torihiki.project.settings"},
            capture_output=True,
            text=True,
            timeout=MIGRATE_SECONDS_MAX,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"The test database could not be migrated:\n{done.stderr.strip()}")


def _state_of_migrations() -> str:
    files = {file for pattern in TEMPLATE_INGREDIENTS for file in SOURCE.glob(pattern)} | {ROOT / "requirements.lock"}
    state = hashlib.sha256()
    for file in sorted(files):
        state.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return state.hexdigest()[:16]


def _drop(admin: psycopg.Connection, database: str) -> None:
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _drop_abandoned(admin: psycopg.Connection) -> None:
    """Drop the databases of test processes that were killed."""
    for (name,) in admin.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^test_\d+(_|$)'").fetchall():
        if not Path("/proc", name.split("_")[1]).exists():
            _drop(admin, name)


def _drop_old_templates(admin: psycopg.Connection, current: str) -> None:
    older = admin.execute(
        r"SELECT datname FROM pg_database WHERE datname ~ '^template_' AND datname <> %s ORDER BY oid DESC OFFSET %s",
        [current, TEMPLATES_KEPT - 1],
    ).fetchall()
    for (name,) in older:
        _drop(admin, name)


@contextmanager
def _alone() -> Iterator[None]:
    """One test process at a time starts, joins or stops the cluster."""
    deadline = time.monotonic() + ALONE_SECONDS_MAX
    with (HOME / "start.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RuntimeError(f"Another test process does not let go of {lock.name}.") from None
                time.sleep(POLL_SECONDS)
        yield
