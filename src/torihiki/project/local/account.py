"""Which account PostgreSQL runs as. It refuses root, so root hands it to the `postgres` account by `setpriv`."""

import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from torihiki.project.local.refusals import HomeUnwritable, NoAccountForPostgres

ACCOUNT = "postgres"
OUTSIDE_FOLDER = Path("/var/lib/torihiki")


@dataclass(frozen=True)
class Account:
    """Who runs the server. `prefix` is the start of a command line that becomes this account."""

    uid: int
    gid: int
    prefix: tuple[str, ...]

    def own(self, path: Path) -> None:
        """Make the folder `path`, private to this account."""
        path.mkdir(parents=True, exist_ok=True)
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def can_enter(self, folder: Path) -> bool:
        return subprocess.run([*self.prefix, "test", "-x", str(folder)], cwd="/", check=False).returncode == 0


def server_account() -> Account:
    """Raises NoAccountForPostgres when this is root and there is nobody to become."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), ())
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        raise NoAccountForPostgres(
            f"PostgreSQL does not run as root, and there is no account {ACCOUNT!r} to run it as. "
            f"Make one: useradd --system --no-create-home {ACCOUNT}"
        ) from None
    if not shutil.which("setpriv"):
        raise NoAccountForPostgres("PostgreSQL does not run as root, and setpriv (package util-linux) is missing.")
    identity = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--init-groups")
    return Account(entry.pw_uid, entry.pw_gid, ("setpriv", *identity, "--inh-caps=-all", "--no-new-privs", "--"))


def folder_for_server(home: Path, account: Account) -> Path:
    """Where PostgreSQL's files go: `home`, or, when its account cannot enter that, a folder of its own outside.

    A checkout under /root is the usual reason. The modes of folders that are not ours are never changed.
    """
    if account.can_enter(home):
        return home
    folder = OUTSIDE_FOLDER / hashlib.sha256(str(home).encode()).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    if not account.can_enter(folder):
        raise HomeUnwritable(f"The account {ACCOUNT!r}, which runs PostgreSQL, can enter neither {home} nor {folder}.")
    return folder
