"""A person with a browser who issues documents over HTTPS, and tries again with the same form when no answer comes."""

import http.client
import ssl
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from http.cookies import SimpleCookie
from urllib.parse import urlencode

TIMEOUT_SECONDS = 8
PAUSE_SECONDS = 0.2


class NoAnswer(Exception):
    """Nothing came, or not what was asked for: it may have been done or not."""


class Browser:
    def __init__(self, port: int, certificate: str) -> None:
        self.port = port
        self.trust = ssl.create_default_context(cafile=certificate)
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> tuple[int, str, str]:
        return self._ask("GET", path, None)

    def post(self, path: str, data: Mapping[str, str | Sequence[str]]) -> tuple[int, str, str]:
        """(status, where it leads, text)."""
        fields = {**data, "csrfmiddlewaretoken": self.cookies.get("__Host-csrf", "")}
        return self._ask("POST", path, urlencode(fields, doseq=True))

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, str]:
        origin = f"https://localhost:{self.port}"
        headers = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Origin": origin,
            "Referer": origin,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line = http.client.HTTPSConnection("localhost", self.port, timeout=TIMEOUT_SECONDS, context=self.trust)
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(repr(error)) from error
        finally:
            line.close()
        for header in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        return answer.status, answer.headers.get("Location", ""), text


class Person(threading.Thread):
    """Issues one document after the other until told to stop; each under a key, repeated until it is acknowledged."""

    def __init__(self, browser: Browser, form: Mapping[str, str | Sequence[str]], path: str) -> None:
        super().__init__(daemon=True)
        self.browser, self.form, self.path = browser, form, path
        self.acknowledged: dict[str, str] = {}  # key → document
        self.tried: set[str] = set()
        self.unanswered = 0
        self.other_answers: list[tuple[int, str]] = []
        self.ending = threading.Event()

    def sign_in(self, login_id: str, password: str) -> None:
        self.browser.get("/sign-in")
        status, _where, text = self.browser.post("/sign-in", {"login_id": login_id, "password": password, "next": "/"})
        assert status == 302, text[:2000]

    def run(self) -> None:
        key = ""
        while not self.ending.is_set() or key:
            key = key or str(uuid.uuid4())
            self.tried.add(key)
            try:
                status, where, text = self.browser.post(self.path, {**self.form, "key": key})
            except NoAnswer:
                self.unanswered += 1
                time.sleep(PAUSE_SECONDS)
                continue
            if status == 302 and where.startswith("/documents/"):
                self.acknowledged[key] = where.removeprefix("/documents/").strip("/")
                key = ""
            else:  # 500 and 503 while the database is away: not acknowledged, so again
                self.other_answers.append((status, text[:200] if status not in (500, 502, 503) else ""))
                time.sleep(PAUSE_SECONDS)

    def finish(self) -> None:
        """Stop after the last form was answered."""
        self.ending.set()
        self.join(60)
        assert not self.is_alive(), "the last form never got an answer"
