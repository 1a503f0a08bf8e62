"""A private PostgreSQL cluster: where it lies, how it is made, started, reached and stopped.

It listens on a Unix socket only.
"""

import errno
import hashlib
import os
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from torihiki.project.local.account import Account, folder_for_server, server_account
from torihiki.project.local.binaries import Binaries, find, major_of
from torihiki.project.local.passwords import SUPERUSER, passwords, write_privately
from torihiki.project.local.refusals import ClusterDamaged, DiskFull, HomeUnwritable
from torihiki.tenancy.roles import DATABASE

PORT = 8432  # names the socket; no network port is opened
SOCKET_PATH_BYTES_MAX = 107
INITDB_SECONDS_MAX = 120
READY_SECONDS_MAX = 120  # recovery after a crash counts
STOP_SECONDS_MAX = 60
ORPHAN_SECONDS_MAX = 30
POLL_SECONDS = 0.05

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "idle_in_transaction_session_timeout": "5min",
    # A statement or a key's value in the log would be a customer's data in the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_timezone": "UTC",
}
SERVER_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}  # the server gets none of our secrets


@dataclass(frozen=True)
class Cluster:
    data: Path
    sockets: Path
    log: Path
    account: Account
    passwords: Mapping[str, str] = field(repr=False)
    port: int = PORT
    settings: Mapping[str, str] = field(default_factory=dict)

    def url(self, role: str, database: str = DATABASE) -> str:
        """The connection URL of `role`, password included: for environments, never for a command line or a log."""
        return url_for(role, self.passwords[role], database, host=str(self.sockets), port=str(self.port))

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """The superuser's connection, in autocommit mode."""
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=5)

    def command(self, binaries: Binaries) -> tuple[str, ...]:
        settings = {**SETTINGS, "unix_socket_directories": str(self.sockets), **self.settings}
        options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        server = (binaries.program("postgres"), "-D", str(self.data), "-p", str(self.port), *options)
        return (*self.account.prefix, *server)


def url_for(role: str, password: str, database: str, *, host: str, port: str) -> str:
    """A connection URL; `host` may be a socket's folder."""
    where = f"host={quote(host, safe='')}&port={port}"
    return f"postgresql://{quote(role)}:{quote(password, safe='')}@/{quote(database)}?{where}"


def cluster_in(home: Path, *, settings: Mapping[str, str] | None = None) -> Cluster:
    """The cluster of this home, made or not. Makes its folders and passwords; starts nothing.

    Raises ClusterDamaged when there is a cluster but no passwords for it, HomeUnwritable.
    """
    account = server_account()
    data = data_folder(home)
    folder = data.parent
    password_file = home / "keys" / "database-passwords.json"
    if data.exists() and not password_file.exists():
        raise ClusterDamaged(
            f"The database in {data} is there, but the file with its passwords, {password_file}, is not. "
            "Put that file back from a backup, or begin again with an empty platform: bin/up --reset"
        )
    return Cluster(
        data=data,
        sockets=_socket_folder(folder, account),
        log=home / "log" / "postgres.log",
        account=account,
        passwords=passwords(password_file),
        settings=settings or {},
    )


def data_folder(home: Path) -> Path:
    """Where the cluster of this home lies or will lie. Raises HomeUnwritable."""
    return folder_for_server(home, server_account()) / "postgres"


def make(cluster: Cluster, *, sync: bool = True) -> Binaries:
    """Make the cluster unless it is there; return the binaries that fit it.

    It is made beside its place and then renamed: an interrupted first start leaves nothing that looks like a cluster.
    Raises ClusterDamaged, ClusterOfOtherVersion, PostgresMissing, DiskFull.
    """
    if cluster.data.exists() and any(cluster.data.iterdir()):
        check_undamaged(cluster)
        return find(cluster.data)
    binaries = find()
    unfinished = cluster.data.with_name("postgres.unfinished")
    if unfinished.exists():
        subprocess.run(["rm", "-rf", str(unfinished)], check=True)
    cluster.account.own(unfinished)
    password_file = unfinished.with_name("postgres.password")
    write_privately(password_file, cluster.passwords[SUPERUSER] + "\n")
    os.chown(password_file, cluster.account.uid, cluster.account.gid)
    try:
        _initdb(cluster, binaries, unfinished, password_file, sync=sync)
    finally:
        password_file.unlink()
    if cluster.data.exists():
        cluster.data.rmdir()
    unfinished.rename(cluster.data)
    return binaries


def check_undamaged(cluster: Cluster) -> None:
    """Raises ClusterDamaged when what every cluster has is missing. Damage inside shows when the server starts."""
    if major_of(cluster.data) is None or not (cluster.data / "global" / "pg_control").exists():
        raise damaged(cluster, "PG_VERSION or global/pg_control is missing or unreadable")


def damaged(cluster: Cluster, reason: str) -> ClusterDamaged:
    return ClusterDamaged(
        f"The database in {cluster.data} cannot be started: {reason}. Nothing was deleted. Details: {cluster.log}. "
        f"Put a backup of that folder back in its place, or begin again with an empty platform: bin/up --reset"
    )


def wait_until_ready(
    cluster: Cluster, alive: Callable[[], bool], pause: Callable[[float], object] = time.sleep
) -> bool:
    """True once the server answers; False when it ended or READY_SECONDS_MAX have passed."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while alive() and time.monotonic() < deadline:
        try:
            cluster.connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise damaged(cluster, "it does not accept the passwords in keys/database-passwords.json") from None
            pause(POLL_SECONDS)
        else:
            return True
    return False


def is_answering(cluster: Cluster) -> bool:
    try:
        cluster.connect().close()
    except psycopg.OperationalError:
        return False
    return True


def stop_orphan(cluster: Cluster, binaries: Binaries) -> None:
    """End a server that outlived whoever started it (kill -9). Only for the holder of the home's lock."""
    if (cluster.data / "postmaster.pid").exists():
        _stop(cluster.account, cluster.data, binaries, mode="fast")


def stop_orphan_of(data: Path) -> None:
    """As stop_orphan, for a cluster that may be damaged and is about to be destroyed."""
    if (data / "postmaster.pid").exists():
        _stop(server_account(), data, find(), mode="immediate")


def reason_in(log_tail: str) -> str:
    """The line of the server's log that says why it ended."""
    grave = [line for line in log_tail.splitlines() if "FATAL:" in line or "PANIC:" in line]
    return grave[-1].split("  ", 1)[-1] if grave else "the server ended while it started"


def start_detached(cluster: Cluster, binaries: Binaries) -> None:
    """Start a server that outlives this process, for tests. Raises ClusterDamaged."""
    cluster.log.parent.mkdir(parents=True, exist_ok=True)
    with cluster.log.open("ab") as log:
        process = subprocess.Popen(
            cluster.command(binaries),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=SERVER_ENVIRONMENT,
            start_new_session=True,
        )
    if not wait_until_ready(cluster, lambda: process.poll() is None):
        raise damaged(cluster, "the server ended while it started")


def stop_detached(cluster: Cluster, binaries: Binaries, *, mode: str = "fast") -> None:
    _stop(cluster.account, cluster.data, binaries, mode=mode)


def is_waiting_for_orphans(log_tail: str) -> bool:
    """Whether the server did not start because processes of its killed predecessor still hold on."""
    return "shared memory block" in log_tail or 'lock file "postmaster.pid" already exists' in log_tail


def _stop(account: Account, data: Path, binaries: Binaries, *, mode: str) -> None:
    """`mode` is fast (checkpoint) or immediate (as a crash). A server that is not there is no failure."""
    control = (*account.prefix, binaries.program("pg_ctl"), "-D", str(data))
    subprocess.run(
        [*control, "stop", f"--mode={mode}", "--wait", f"--timeout={STOP_SECONDS_MAX}"],
        cwd="/",
        env=SERVER_ENVIRONMENT,
        capture_output=True,
        check=False,
        timeout=STOP_SECONDS_MAX + 10,
    )


def _initdb(cluster: Cluster, binaries: Binaries, folder: Path, password_file: Path, *, sync: bool) -> None:
    done = subprocess.run(
        [
            *cluster.account.prefix,
            binaries.program("initdb"),
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            *([] if sync else ["--no-sync"]),
        ],
        cwd="/",
        env=SERVER_ENVIRONMENT,
        capture_output=True,
        text=True,
        start_new_session=True,  # Ctrl-C is for whoever called
        timeout=INITDB_SECONDS_MAX,
        check=False,
    )
    if done.returncode:
        if os.strerror(errno.ENOSPC) in done.stderr:
            raise DiskFull(f"The disk of {folder.parent} is full; the database could not be made.")
        raise ClusterDamaged(f"initdb could not make a database in {folder.parent}:\n{done.stderr.strip()}")


def _socket_folder(folder: Path, account: Account) -> Path:
    """`run/` in the folder, or a private one under the temporary folder when a socket's path would be too long."""
    sockets = folder / "run"
    if len(os.fsencode(sockets / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES_MAX:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        sockets = Path(tempfile.gettempdir()) / f"torihiki-{name}"
        _refuse_foreign(sockets, account)
    account.own(sockets)
    return sockets


def _refuse_foreign(sockets: Path, account: Account) -> None:
    """Another user could have made a folder of this name first, to listen in our server's place."""
    try:
        found = sockets.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        raise HomeUnwritable(f"{sockets} belongs to another user; remove it, or move this checkout to a shorter path.")
