"""Real servers on loopback, which try what a hostile server would try."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.hooks import LOOPBACK, Hooks, hooks, listening, serving
from torihiki.outbound import asking
from torihiki.outbound.asking import HEAD_BYTES_MAX, Answer, ask
from torihiki.outbound.failures import Failure, OutboundFailed
from torihiki.outbound.targets import Target, read_target

__all__ = ["hooks"]
WANTED = 1_024


def ask_hooks(hooks: Hooks, *, seconds: float = 5.0, host: str = "localhost") -> Answer:
    target = Target(host, hooks.port, "/hooks")
    return ask(target, method="POST", body=b"{}", answer_bytes_max=WANTED, seconds_max=seconds)


def failure_of(deed: Callable[[], Any]) -> Failure:
    with pytest.raises(OutboundFailed) as failed:
        deed()
    return failed.value.failure


def test_an_answer_comes_back_with_its_status_and_the_wanted_part_of_its_body(hooks: Hooks) -> None:
    hooks.answers = [(201, b"thank you", {"X-Kept": "yes"}), (200, b"x" * 5_000_000)]
    answer = ask_hooks(hooks)
    assert (answer.status, answer.body, answer.headers["x-kept"]) == (201, b"thank you", "yes")
    assert hooks.asked[0].headers["Host"] == f"localhost:{hooks.port}"
    assert hooks.asked[0].body == b"{}"
    assert ask_hooks(hooks).body == b"x" * WANTED


def test_without_the_operators_word_loopback_is_not_asked(hooks: Hooks, settings: Any) -> None:
    settings.OUTBOUND_NETWORKS = ()
    assert failure_of(lambda: ask_hooks(hooks)) is Failure.PRIVATE
    assert hooks.asked == []


@pytest.mark.parametrize("second", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%lo"])
def test_one_private_address_among_public_ones_is_enough_to_refuse(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, settings: Any, second: str
) -> None:
    settings.OUTBOUND_NETWORKS = LOOPBACK[:1]
    monkeypatch.setattr(asking, "resolve", lambda host, port: ["127.0.0.1", second])
    assert failure_of(lambda: ask_hooks(hooks)) is Failure.PRIVATE
    assert hooks.asked == []


def test_a_name_that_changes_its_address_is_resolved_once(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """DNS rebinding: the first answer is harmless, every later one is inside. Only the first is ever used."""
    settings.OUTBOUND_NETWORKS = LOOPBACK[:1]
    answers = [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"]]
    resolved, connected = [], []
    connect = socket.socket.connect

    def rebinding(host: str, port: int) -> list[str]:
        resolved.append(host)
        return answers[len(resolved) - 1]

    def noted(self: socket.socket, address: Any) -> None:
        connected.append(address)
        connect(self, address)

    monkeypatch.setattr(asking, "resolve", rebinding)
    monkeypatch.setattr(socket.socket, "connect", noted)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: pytest.fail("resolved a second time"))
    assert ask_hooks(hooks).status == 200
    assert resolved == ["localhost"]
    assert connected == [("127.0.0.1", hooks.port)]
    assert failure_of(lambda: ask_hooks(hooks)) is Failure.PRIVATE


def test_the_next_address_is_tried_when_one_does_not_answer(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "resolve", lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert ask_hooks(hooks).status == 200


def test_the_certificate_must_be_of_the_name_and_of_a_known_issuer(
    hooks: Hooks, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    assert ask_hooks(hooks, host="127.0.0.1").status == 200
    monkeypatch.setattr(asking, "resolve", lambda host, port: ["127.0.0.1"])
    assert failure_of(lambda: ask_hooks(hooks, host="hooks.example.com")) is Failure.CERTIFICATE
    settings.OUTBOUND_CA_FILE = None
    assert failure_of(lambda: ask_hooks(hooks)) is Failure.CERTIFICATE
    with serving(tmp_path / "another") as other:
        settings.OUTBOUND_CA_FILE = other.certificate
        assert failure_of(lambda: ask_hooks(hooks)) is Failure.CERTIFICATE
    assert len(hooks.asked) == 1


def test_a_redirect_is_an_answer_and_is_not_followed(hooks: Hooks) -> None:
    for status in (301, 302, 303, 307, 308):
        hooks.answers = [(status, b"", {"Location": f"https://localhost:{hooks.port}/elsewhere"})]
        assert ask_hooks(hooks).status == status
    assert {asked.path for asked in hooks.asked} == {"/hooks"}


def test_proxies_of_the_environment_are_not_used(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask_hooks(hooks).status == 200


# ---- time and size


def drip(handler: Any) -> None:
    """A byte now and then: no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _byte in range(200):
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_head(handler: Any) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(200):
        handler.wfile.write(b"X-%d: .\r\n" % number)
        handler.wfile.flush()
        time.sleep(0.05)


def silence(handler: Any) -> None:
    time.sleep(3)


@pytest.mark.parametrize("answer", [drip, drip_head, silence])
def test_an_answer_that_drips_ends_at_the_deadline_of_the_whole(hooks: Hooks, answer: Any) -> None:
    hooks.answers = [answer]
    began = time.monotonic()
    assert failure_of(lambda: ask_hooks(hooks, seconds=0.5)) is Failure.TIMEOUT
    assert time.monotonic() - began < 2


def test_a_server_that_never_speaks_tls_ends_at_the_deadline(hooks: Hooks, settings: Any) -> None:
    with listening(lambda connection: time.sleep(3)) as port:
        began = time.monotonic()
        target = Target("localhost", port, "/")
        assert failure_of(lambda: ask(target, answer_bytes_max=1, seconds_max=0.5)) is Failure.TIMEOUT
        assert time.monotonic() - began < 2


def test_a_resolver_that_hangs_ends_at_the_deadline(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "resolve", lambda host, port: [time.sleep(2)])  # type: ignore[func-returns-value]
    began = time.monotonic()
    assert failure_of(lambda: ask_hooks(hooks, seconds=0.3)) is Failure.TIMEOUT
    assert time.monotonic() - began < 1.5


def raw(content: bytes) -> Callable[[Any], None]:
    return lambda handler: handler.wfile.write(content)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1_000) for n in range(90))), "too_large"),
        (raw(b"HTTP/1.1 100 Continue\r\n\r\n" * HEAD_BYTES_MAX), "too_large"),
        (raw(b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n"), "too_large"),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "not_http"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "closed"),
        (raw(b""), "closed"),
    ],
)
def test_an_answer_that_is_none_fails_by_its_name(hooks: Hooks, answer: Any, failure: str) -> None:
    hooks.answers = [answer]
    assert failure_of(lambda: ask_hooks(hooks)).value.removeprefix("answer_") == failure


def test_plain_http_at_the_port_is_no_tls(hooks: Hooks) -> None:
    def plain(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.close()

    with listening(plain) as port:
        assert failure_of(lambda: ask(Target("localhost", port, "/"), answer_bytes_max=1)) is Failure.TLS


def test_nobody_there_and_no_such_name(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert failure_of(lambda: ask(Target("localhost", port, "/"), answer_bytes_max=1)) is Failure.UNREACHABLE

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror

    monkeypatch.setattr(asking, "resolve", unknown)
    assert failure_of(lambda: ask_hooks(hooks)) is Failure.UNRESOLVED


def test_a_target_by_the_settings(hooks: Hooks) -> None:
    assert read_target(f"https://127.0.0.1:{hooks.port}/a").port == hooks.port
