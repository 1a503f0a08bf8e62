"""Starting a provider for a test session, and a browser's way through it."""

import json
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from django.utils import timezone

from torihiki.crypto.tls import TlsFiles, localhost_certificate

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
START_SECONDS_MAX = 30


@dataclass
class Provider:
    """A running provider's address, and how a test talks to it past the platform."""

    port: int
    files: TlsFiles

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}"

    def get(self, url: str) -> str:
        """Where the provider sends a browser that comes to `url`."""
        answer = self._ask(urllib.request.Request(url))
        return str(answer.headers.get("Location", ""))

    def read(self, path: str) -> bytes:
        body: bytes = self._ask(urllib.request.Request(f"{self.issuer}{path}")).read()
        return body

    def tell(self, path: str, **values: Any) -> None:
        headers = {"Content-Type": "application/json"}
        self._ask(urllib.request.Request(f"{self.issuer}{path}", json.dumps(values).encode(), headers))

    def _ask(self, request: urllib.request.Request) -> Any:
        context = ssl.create_default_context(cafile=str(self.files.certificate))

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *args: Any, **options: Any) -> None:
                return None

        opener = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=context))
        try:
            return opener.open(request, timeout=10)
        except urllib.error.HTTPError as error:
            if error.code in (302, 303):
                return error
            raise AssertionError(f"{error.code}: {error.read()[:500]!r}") from error


@contextmanager
def running(module: str, folder: Path) -> Iterator[Provider]:
    """The provider as a process of its own; ended by its id."""
    files = localhost_certificate(folder, now=timezone.now())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", module, str(port), str(files.certificate), str(files.key)]
    log = (folder / "provider.log").open("wb")
    with subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as process:
        try:
            _wait(process, port, folder / "provider.log")
            yield Provider(port, files)
        finally:
            process.kill()
            log.close()


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the provider did not start:\n{log.read_text()[-2000:]}")
