"""Signing in: how many a second beside bare PBKDF2, and how long others wait for a page while strangers try passwords.

Each sign-in comes over a connection of its own, as people come; whoever is asked to come back (503) does so. Strangers
are processes of their own at the lowest priority: they stand for machines elsewhere.
"""

import hashlib
import http.client
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from bench.cases import Outcome, Setting
from bench.measuring import Measured, measure, quantile
from bench.running import ROOT, Running

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CLIENTS = 8  # no more than there are accounts: a right password of one account is counted as a try until it is verified
BACK_AFTER_SECONDS = 0.1
PAUSE_SECONDS = 0.05  # between two pages of somebody who reads
ROUNDS = 3
FLOODS = (8, 32)  # strangers at once
SETTLE_SECONDS = 2.0
PAGES = ("/inbox", "/profile")
PEOPLE = """
import json
from torihiki.project.demo.people import COMPANIES, PASSWORD
print(json.dumps([PASSWORD, [one for company in COMPANIES for one in company.login_ids()]]))
"""


class Visitor:
    """A browser at the platform's front page. `busy` counts the answers that asked to come back."""

    def __init__(self, port: int, certificate: Path) -> None:
        self._context = ssl.create_default_context(cafile=str(certificate))
        self._port = port
        self.busy = 0
        self._connection = self._connect()
        status, cookies, page = self._ask("GET", "/sign-in")
        assert status == 200, page[:500]
        self._csrf = cookies["__Host-csrf"]
        found = TOKEN.search(page)
        assert found
        self._typed = found[1]
        self._session = ""

    def try_once(self, login_id: str, password: str) -> int:
        """Over a new connection. The status; 302 opens a session."""
        self._connection.close()
        self._connection = self._connect()
        values = {"login_id": login_id, "password": password, "csrfmiddlewaretoken": self._typed, "next": "/"}
        status, cookies, _page = self._ask("POST", "/sign-in", urlencode(values).encode(), f"__Host-csrf={self._csrf}")
        self._session = cookies.get("__Host-session", "")
        return status

    def sign_in(self, login_id: str, password: str) -> None:
        while (status := self.try_once(login_id, password)) == 503:
            self.busy += 1
            time.sleep(BACK_AFTER_SECONDS)
        assert status == 302, f"{login_id}: {status}"

    def read(self, path: str) -> None:
        status, _cookies, page = self._ask("GET", path, None, f"__Host-session={self._session}")
        assert status == 200, f"{path}: {status} {page[:200]}"

    def _ask(
        self, method: str, path: str, body: bytes | None = None, cookie: str = ""
    ) -> tuple[int, dict[str, str], str]:
        headers = {"Cookie": cookie, "Referer": f"https://localhost:{self._port}/", "Accept-Language": "ja"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode()
        set_ = [value.partition(";")[0].partition("=") for value in answer.headers.get_all("Set-Cookie") or []]
        return answer.status, {name: value for name, _is, value in set_}, text

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("localhost", self._port, timeout=60, context=self._context)


def visitor(running: Running) -> Visitor:
    return Visitor(running.port, running.certificate)


def sign_ins(setting: Setting) -> Outcome:
    """Of as many people as there are clients, beside as many threads that only hash: as many bits, no platform."""
    running = setting.running
    password, people = running.python(PEOPLE)
    assert len(people) >= CLIENTS
    visitors: list[Visitor] = []

    def person() -> Callable[[], object]:
        login_id, own = people[len(visitors) % CLIENTS], visitor(running)
        visitors.append(own)
        return lambda: own.sign_in(login_id, password)

    def bare() -> Callable[[], object]:
        rounds = PBKDF2PasswordHasher.iterations
        return lambda: hashlib.pbkdf2_hmac("sha256", password.encode(), b"22 characters of salt.", rounds)

    outcome = Outcome(f"sign-in, {PBKDF2PasswordHasher.iterations:,} rounds of PBKDF2")
    with running.worker_paused():
        for clients in (1, CLIENTS):
            halves = [
                (measure(running, person, clients=clients, seconds=setting.seconds / ROUNDS, warm_up=1),
                 measure(running, bare, clients=clients, seconds=setting.seconds / ROUNDS, warm_up=1))
                for _ in range(ROUNDS)
            ]  # fmt: skip
            outcome.measured.append(_middle([ours for ours, _limit in halves]))
            outcome.limit.append(_middle([limit for _ours, limit in halves]))
    outcome.facts["asked to come back"] = sum(each.busy for each in visitors)
    return outcome


def floods(setting: Setting) -> Outcome:
    """Pages of one who is signed in, alone and while others try wrong passwords at unknown ids; turn about."""
    running = setting.running
    reader = visitor(running)
    password, people = running.python(PEOPLE)
    reader.sign_in(people[0], password)
    quiet: list[float] = []
    flooded: dict[int, list[float]] = {count: [] for count in FLOODS}
    tried: dict[int, int] = dict.fromkeys(FLOODS, 0)
    with running.worker_paused():
        for _ in range(ROUNDS):
            quiet += _reading(reader, setting.seconds / ROUNDS)
            for count in FLOODS:
                with subprocess.Popen(
                    [sys.executable, "-m", "bench.strangers", str(running.port), str(running.certificate), str(count)],
                    cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                ) as strangers:  # fmt: skip
                    time.sleep(SETTLE_SECONDS)
                    flooded[count] += _reading(reader, setting.seconds / ROUNDS)
                    told, _nothing = strangers.communicate("enough\n")
                    tried[count] += int(told)
                time.sleep(SETTLE_SECONDS)
    outcome = Outcome("page while strangers try passwords")
    idle = quantile(sorted(quiet), 0.95)
    outcome.facts = {"alone p50 ms": quantile(sorted(quiet), 0.5), "alone p95 ms": idle}
    for count, times in flooded.items():
        p95 = quantile(sorted(times), 0.95)
        outcome.facts |= {
            f"{count} strangers p50 ms": quantile(sorted(times), 0.5),
            f"{count} strangers p95 ms": p95,
            f"{count} strangers times": round(p95 / idle, 2),
            f"{count} strangers tried": tried[count],
        }
    return outcome


def _reading(reader: Visitor, seconds: float) -> list[float]:
    times, end, place = [], time.perf_counter() + seconds, 0
    while (begun := time.perf_counter()) < end:
        reader.read(PAGES[place % len(PAGES)])
        times.append((time.perf_counter() - begun) * 1000)
        place += 1
        time.sleep(PAUSE_SECONDS)
    return times


def _middle(found: list[Measured]) -> Measured:
    """The run whose throughput is the median: what else the machine does comes and goes."""
    return sorted(found, key=lambda each: each.per_second)[len(found) // 2]
