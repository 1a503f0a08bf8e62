"""The platform as `bin/up` runs it: real processes over TLS, with the demo, on free ports in a folder of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torihiki.project.environment import ROLE_VARIABLES
from torihiki.project.local.supervision import ending_with_us

ROOT = Path(__file__).parents[2]
START_SECONDS_MAX = 90
END_SECONDS_MAX = 60
MAIL_SECONDS_MAX = 20
POLL_SECONDS = 0.1
OWN_VARIABLES = {*ROLE_VARIABLES.values(), "TORIHIKI_SECRET_KEY", "TORIHIKI_DATABASE_ROLE", "TORIHIKI_HOME"}
Mail = dict[str, Any]


class Platform:
    """One `torihiki up` and its mail sink."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.portal, self.console, self.smtp, self.mail_page = free_ports(4)
        self._said = folder / "said"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.portal}"

    @property
    def password(self) -> str:
        """Of everybody in the demo, as `up` says it."""
        found = re.search(r"the password of all is (\S+)", self._said.read_text())
        assert found, self._said.read_text()
        return found[1]

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
        environment |= {
            "TORIHIKI_HOME": str(self.home),
            "TORIHIKI_PORT": str(self.portal),
            "TORIHIKI_CONSOLE_PORT": str(self.console),
            "TORIHIKI_SMTP_PORT": str(self.smtp),
            "TORIHIKI_MAIL_PAGE_PORT": str(self.mail_page),
            "PYTHONPATH": str(ROOT / "src"),
        }
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                ending_with_us((sys.executable, "-m", "torihiki.project.cli", "up"), signal.SIGTERM),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS_MAX
        while "torihiki is up" not in self._said.read_text():
            assert self._process.poll() is None, f"the platform did not start:\n{self._said.read_text()}"
            assert time.monotonic() < deadline, f"the platform takes too long to start:\n{self._said.read_text()}"
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """As Ctrl-C does; it ends all its programs."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(END_SECONDS_MAX) == 0, self._said.read_text()

    def log(self, name: str) -> str:
        return (self.home / "log" / f"{name}.log").read_text(errors="replace")

    def mails(self) -> list[Mail]:
        """Newest first."""
        with urllib.request.urlopen(f"http://localhost:{self.mail_page}/messages.json", timeout=5) as answer:
            found: list[Mail] = json.load(answer)
            return found

    def wait_for_mail(self, to: str, about: str, *, holds: Callable[[Mail], bool] = lambda mail: True) -> Mail:
        """The newest mail to `to` with `about` in its subject or text."""
        deadline = time.monotonic() + MAIL_SECONDS_MAX
        while True:
            for mail in self.mails():
                if mail["to"] == to and about in mail["subject"] + mail["text"] and holds(mail):
                    return mail
            sent = [(mail["to"], mail["subject"]) for mail in self.mails()[:10]]
            assert time.monotonic() < deadline, f"no mail to {to} about {about!r}; the newest are {sent}"
            time.sleep(POLL_SECONDS)


@contextmanager
def running_platform() -> Iterator[Platform]:
    # PostgreSQL's account must be able to enter; pytest's own folders are closed to it.
    folder = Path(tempfile.mkdtemp(prefix="torihiki-journeys-"))
    folder.chmod(0o755)
    platform = Platform(folder)
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(folder)


def free_ports(count: int) -> list[int]:
    """Of the system's choice: from the ephemeral range, so never one that people chose."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
