"""The example client of the documentation, run as its reader would run it: a program of its own, over HTTPS."""

import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.utils import timezone

from tests.programs import program_of
from tests.world import make_company, trade
from torihiki.crypto.tls import TlsFiles, localhost_certificate

CLIENT = Path(__file__).resolve().parents[1] / "docs" / "examples" / "client.py"
SECONDS_MAX = 60

pytestmark = pytest.mark.django_db(transaction=True)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nothing."""

    def handle(self) -> None:
        super().handle()
        connection.close()


@pytest.fixture
def certificate(tmp_path: Path) -> TlsFiles:
    return localhost_certificate(tmp_path, now=timezone.now())


@pytest.fixture
def site(certificate: TlsFiles) -> Iterator[str]:
    """The application behind a real socket with TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    application = get_wsgi_application()

    def over_tls(environ: dict[str, object], start_response: object) -> object:
        return application({**environ, "wsgi.url_scheme": "https"}, start_response)  # type: ignore[arg-type]

    server = make_server("127.0.0.1", 0, over_tls, _Server, _Quiet)  # type: ignore[arg-type]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(SECONDS_MAX)


def run(site: str, certificate: TlsFiles, token: str, pdf: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "TORIHIKI_TOKEN": token, "SSL_CERT_FILE": str(certificate.certificate)}
    return subprocess.run(
        [sys.executable, CLIENT, site, "株式会社みなと商店", pdf],
        env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip


def test_the_example_sends_an_invoice_and_keeps_its_pdf(site: str, certificate: TlsFiles, tmp_path: Path) -> None:
    issuer = make_company("aoba", "青葉食品株式会社", "アオバショクヒン", "7000012050002")
    receiver = make_company("minato", "株式会社みなと商店")
    trade(issuer, receiver)
    pdf = tmp_path / "invoice.pdf"
    done = run(site, certificate, program_of(issuer).secret, pdf)
    assert done.returncode == 0, done.stderr
    assert "INV-" in done.stdout
    assert "96220 JPY, waiting for them" in done.stdout
    assert pdf.read_bytes().startswith(b"%PDF-")
    found = program_of(receiver).get("documents", box="todo").json()["items"]
    assert [row["subject"] for row in found] == ["11月分 食材"]
    refused = run(site, certificate, "tk_" + "x" * 43, pdf)
    assert refused.returncode != 0
    assert "401 token" in refused.stderr
