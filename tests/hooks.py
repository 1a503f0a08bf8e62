"""A customer's system: a real HTTPS server on loopback, under a certificate that only the test trusts.

hooks.answers.append((503, b"later"))     # the next answer; when there is none left, 200
hooks.asked[0].headers["webhook-id"]      # what came
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from torihiki.crypto.tls import localhost_certificate

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECONDS_MAX = 30


@dataclass
class Asked:
    path: str
    headers: Message
    body: bytes


@dataclass
class Hooks:
    port: int
    certificate: Path
    asked: list[Asked] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    """(status, body), (status, body, headers), or a function that gets the handler."""

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/hooks"


@pytest.fixture
def hooks(tmp_path: Path, settings: Any) -> Iterator[Hooks]:
    """The platform may ask it: its network, port and certificate are named in the settings."""
    with serving(tmp_path) as found:
        settings.OUTBOUND_NETWORKS = LOOPBACK
        settings.OUTBOUND_PORTS = [found.port]
        settings.OUTBOUND_CA_FILE = found.certificate
        yield found


@contextmanager
def serving(folder: Path) -> Iterator[Hooks]:
    files = localhost_certificate(folder, now=timezone.now())
    found = Hooks(0, files.certificate)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SECONDS_MAX

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.asked.append(Asked(self.path, self.headers, body))
            answer = found.answers.pop(0) if found.answers else (200, b"ok")
            if callable(answer):
                answer(self)
                self.close_connection = True
                return
            status, content, *more = answer
            self.send_response(status)
            for name, value in (more[0] if more else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = _Server(("127.0.0.1", 0), Handler)
    server.context = context
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS_MAX)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """TLS in the connection's own thread: a client that says nothing holds up nobody."""
        request.settimeout(SECONDS_MAX)
        try:
            super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)
        except OSError:
            return  # the client went away, or did not like the certificate

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what these tests are about."""


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port at which `answer` gets each connection raw, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(SECONDS_MAX)

    def serve() -> None:
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=[connection], daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(SECONDS_MAX)
