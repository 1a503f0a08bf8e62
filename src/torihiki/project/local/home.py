"""The folder of one platform, `var/` by default: what lies where in it, and that only one `bin/up` uses it."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torihiki.project.local.refusals import AlreadyRunning, DiskFull, HomeUnwritable

FREE_MIB_MIN = 200
ROOT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Home:
    path: Path

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    @property
    def static(self) -> Path:
        return self.path / "static"

    def stamp(self, name: str) -> Path:
        """The file that remembers for which state of the sources the step `name` was last done."""
        return self.path / "stamps" / name


def this_home() -> Home:
    """The home that the environment names (TORIHIKI_HOME), else `var/` of this checkout. Nothing is made."""
    return Home(Path(os.environ.get("TORIHIKI_HOME") or ROOT / "var").resolve())


def make_home(home: Home) -> None:
    """Make its folders. Raises HomeUnwritable, DiskFull."""
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        for folder in (home.keys, home.log, home.mail, home.path / "stamps"):
            folder.mkdir(exist_ok=True, mode=0o700)
        probe = home.path / f".probe.{os.getpid()}"
        probe.write_bytes(b"?" * 4096)
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"The disk of {home.path} is full.") from error
        raise HomeUnwritable(
            f"{home.path} cannot be written ({error.strerror}). "
            "Give it to this user, or set TORIHIKI_HOME to another folder."
        ) from error
    free_mib = shutil.disk_usage(home.path).free // 2**20
    if free_mib < FREE_MIB_MIN:
        raise DiskFull(f"The disk of {home.path} has {free_mib} MiB left; {FREE_MIB_MIN} MiB are needed to start.")


@contextmanager
def only_one(home: Home) -> Iterator[bool]:
    """Hold the home alone; yields whether the one before was killed, so that its programs may still be ending.

    Raises AlreadyRunning. The kernel lets go of the home however this process ends.
    """
    with (home.path / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyRunning(
                f"bin/up is already running for {home.path} (process {lock.read().strip() or 'unknown'}). "
                "Use that one, or end it with Ctrl-C first."
            ) from None
        lock.seek(0)
        predecessor = lock.read().strip()
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        try:
            yield predecessor != ""
        finally:
            lock.truncate(0)
