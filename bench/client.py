"""A program that uses the API: one kept connection over TLS, a token, a fresh key for each write."""

import http.client
import json
import ssl
import time
from typing import Any
from uuid import uuid4

from bench.running import Running

TIMEOUT_SECONDS = 300


class Api:
    """Raises AssertionError for any answer but success."""

    def __init__(self, running: Running, token: str) -> None:
        self._context = ssl.create_default_context(cafile=str(running.certificate))
        self._port, self._token = running.port, token
        self._connection = self._connect()

    def get(self, path: str) -> Any:
        return json.loads(self.bytes("GET", path))

    def post(self, path: str, value: object) -> Any:
        return json.loads(self.bytes("POST", path, json.dumps(value).encode()))

    def bytes(self, method: str, path: str, body: bytes | None = None, media: str = "application/json") -> bytes:
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Language": "ja"}
        if method != "GET":
            headers |= {"Content-Type": media, "Idempotency-Key": uuid4().hex}
        try:
            self._connection.request(method, f"/api/v1{path}", body, headers)
            answer = self._connection.getresponse()
        except (http.client.HTTPException, ConnectionError):  # a kept connection was closed over there
            self._connection = self._connect()
            self._connection.request(method, f"/api/v1{path}", body, headers)
            answer = self._connection.getresponse()
        content = answer.read()
        assert answer.status < 300, f"{method} {path}: {answer.status} {content[:500]!r}"
        return content

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("localhost", self._port, timeout=TIMEOUT_SECONDS, context=self._context)


def timed(act: Any) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result
