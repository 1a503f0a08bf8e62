"""A program of a company at work: it has a token, and calls the API as programs do.

program = program_of(issuer)                       # every scope; or program_of(issuer, "*.read")
program.get("documents", box="inbox").json()
program.post("documents", {"kind": "invoice", …})  # with a fresh Idempotency-Key, unless `key` is given
"""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.utils import timezone

from tests.world import Desk
from torihiki.identity.actions import create_token
from torihiki.lib.ids import new_id

EVERYTHING = ("*.read", "*.draft", "*.send", "*.respond", "*.approve")


@dataclass
class Program:
    secret: str
    language: str = "en"
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> Any:
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, key: str = "", **more: Any) -> Any:
        return self.ask("POST", path, body if body is not None else {}, key=key or str(new_id()), **more)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str = "",
        etag: str = "",
        query: dict[str, Any] | None = None,
        content_type: str = "application/json",
        **headers: str,
    ) -> Any:
        named = {"Authorization": f"Bearer {self.secret}", "Accept-Language": self.language}
        named |= {"Idempotency-Key": key} if key else {}
        named |= {"If-Match": f'"{etag}"'} if etag else {}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            raw,
            content_type if raw else "",
            secure=True,
            headers={**named, **headers},
            query_params={name: str(value) for name, value in (query or {}).items()},
        )


def program_of(desk: Desk, *scopes: str, name: str = "基幹システム", **more: Any) -> Program:
    words: dict[str, Any] = {"at": timezone.now(), "name": name, "scopes": scopes or EVERYTHING} | more
    with desk.acting() as actor:
        _token, secret = create_token(actor, **words)
    return Program(secret)
