"""Asking one server one thing: its name is resolved once, every address is checked, and exactly a checked one is
connected to, under the certificate of the name. No redirect is followed, no proxy of the environment is used, and the
time and the size of the answer are bounded, however slowly it drips."""

import contextlib
import http.client
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from torihiki.crypto.tls import client_context
from torihiki.outbound.addresses import is_reachable
from torihiki.outbound.failures import Failure, OutboundFailed
from torihiki.outbound.targets import Target

SECONDS_MAX = 10.0  # for everything: resolving, connecting, TLS, asking and the answer
CONNECT_SECONDS_MAX = 5.0  # for one of several addresses
ADDRESSES_MAX = 4  # tried one after the other
HEAD_BYTES_MAX = 32 * 1024  # of the answer, beside the wanted part of its body


@dataclass(frozen=True)
class Answer:
    """`body` is at most what was asked for; the rest of a larger one was not read."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    seconds: float


def ask(
    target: Target,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    answer_bytes_max: int,
    seconds_max: float = SECONDS_MAX,
) -> Answer:
    """The server's answer, whatever its status. Raises OutboundFailed. Call it outside any transaction."""
    began = time.monotonic()
    deadline = began + seconds_max
    try:
        addresses = _checked_addresses(target, deadline)
        connection = _Connection(target, addresses, deadline, HEAD_BYTES_MAX + answer_bytes_max)
        with contextlib.closing(connection):
            connection.request(method, target.path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            answer = response.read(answer_bytes_max)
            heads = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, heads, answer, time.monotonic() - began)
    except OutboundFailed as error:
        raise OutboundFailed(error.failure, time.monotonic() - began) from error
    except (OSError, http.client.HTTPException) as error:
        raise OutboundFailed(_failure(error), time.monotonic() - began) from error


def resolve(host: str, port: int) -> list[str]:
    """All addresses of `host`, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def _checked_addresses(target: Target, deadline: float) -> list[str]:
    """Refused when any one is not public: a name that leads to both is a trap or a mistake."""
    addresses = _resolve_in_time(target, deadline)
    if not addresses:
        raise OutboundFailed(Failure.UNRESOLVED)
    if not all(is_reachable(address, named=settings.OUTBOUND_NETWORKS) for address in addresses):
        raise OutboundFailed(Failure.PRIVATE)
    return addresses[:ADDRESSES_MAX]


def _resolve_in_time(target: Target, deadline: float) -> list[str]:
    """The system's resolver knows no deadline: it works in a thread that may be left behind."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=work, name="resolver", daemon=True).start()
    try:
        return answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise OutboundFailed(Failure.TIMEOUT) from None


class _TimedSocket(ssl.SSLSocket):
    """Every operation ends by the deadline of the whole, and no more than `bytes_left` are read."""

    deadline: float
    bytes_left: int

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_left(self.deadline))
        count = super().recv_into(buffer, nbytes, flags)
        self.bytes_left -= count
        if self.bytes_left < 0:
            raise OutboundFailed(Failure.TOO_LARGE)
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(_left(self.deadline))
        return super().send(data, flags)


class _Connection(http.client.HTTPSConnection):
    """To one of the checked addresses, whatever the name resolves to meanwhile; TLS and Host carry the name."""

    def __init__(self, target: Target, addresses: list[str], deadline: float, bytes_max: int) -> None:
        super().__init__(target.host, target.port, context=_context(settings.OUTBOUND_CA_FILE))
        self._addresses = addresses
        self._deadline = deadline
        self._bytes_max = bytes_max

    def connect(self) -> None:
        plain = self._open()
        try:
            plain.settimeout(_left(self._deadline))  # TLS counts it over the whole handshake
            sock = _context(settings.OUTBOUND_CA_FILE).wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        assert isinstance(sock, _TimedSocket), "made by the context"
        sock.deadline, sock.bytes_left = self._deadline, self._bytes_max
        self.sock = sock

    def _open(self) -> socket.socket:
        for nth, address in enumerate(self._addresses, start=1):
            sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
            try:
                sock.settimeout(min(_left(self._deadline), CONNECT_SECONDS_MAX))
                sock.connect((address, self.port))
            except OSError:
                sock.close()
                if nth == len(self._addresses):
                    raise
            else:
                return sock
        raise AssertionError("at least one address was checked")


@cache
def _context(ca_file: Path | None) -> ssl.SSLContext:
    context = client_context(ca_file)
    context.sslsocket_class = _TimedSocket
    return context


def _left(deadline: float) -> float:
    """Seconds. Raises TimeoutError when there is none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _failure(error: Exception) -> Failure:
    match error:
        case TimeoutError():
            return Failure.TIMEOUT
        case ssl.SSLCertVerificationError():
            return Failure.CERTIFICATE
        case ssl.SSLEOFError() | ConnectionResetError() | BrokenPipeError() | http.client.RemoteDisconnected():
            return Failure.CLOSED
        case http.client.IncompleteRead():
            return Failure.CLOSED
        case ssl.SSLError():
            return Failure.TLS
        case http.client.HTTPException():
            return Failure.NOT_HTTP
        case _:
            return Failure.UNREACHABLE
