"""A program that sends an invoice through the API, waits for its answer and keeps the PDF. Python's own library only.

    TORIHIKI_TOKEN=tk_… python client.py https://localhost:8443 "株式会社みなと商店" invoice.pdf

Against the certificate of a platform on one machine, set SSL_CERT_FILE to `var/keys/localhost.crt`.
"""

import json
import os
import sys
import time
import uuid
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TRIES_MAX = 5
TIMEOUT_SECONDS = 30
AGAIN = (429, 500, 502, 503, 504)


class Refused(Exception):
    """The API's problem (RFC 9457): `code` for programs, `detail` for people, `errors` with places in the body."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')} {problem.get('errors', '')}")
        self.status, self.problem = status, problem


class Torihiki:
    def __init__(self, site: str, token: str) -> None:
        if not site.startswith("https://"):
            raise ValueError("a token travels by https only")
        self.site, self.token = site.rstrip("/"), token

    def get(self, path: str, **query: Any) -> Any:
        return json.loads(self.fetch("GET", path, query=query))

    def post(self, path: str, body: Any, *, key: str) -> Any:
        """`key` names the act, not the try: take it from your own books, such as the invoice's id there. Whatever
        happens on the way, the same key with the same body does the act once."""
        return json.loads(self.fetch("POST", path, body, key=key))

    def pages(self, path: str, **query: Any) -> Any:
        """Every item of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, **query, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["cursor"]

    def fetch(
        self, method: str, path: str, body: Any = None, *, key: str = "", query: dict[str, Any] | None = None
    ) -> bytes:
        address = f"{self.site}/api/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": "ja"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        raw = None if body is None else json.dumps(body).encode()
        for attempt in range(TRIES_MAX):
            if attempt:
                time.sleep(2**attempt / 4)
            try:
                with urlopen(Request(address, raw, headers, method=method), timeout=TIMEOUT_SECONDS) as answer:
                    return bytes(answer.read())
            except HTTPError as error:
                if error.code not in AGAIN or attempt == TRIES_MAX - 1:
                    raise Refused(error.code, json.loads(error.read())) from error
            except URLError:
                if attempt == TRIES_MAX - 1:
                    raise
        raise AssertionError("the last try returns or raises")


def send_invoice(api: Torihiki, partner_name: str, *, key: str) -> dict[str, Any]:
    partner = next(partner for partner in api.pages("partners", q=partner_name) if partner["state"] == "active")
    return dict(
        api.post(
            "documents",
            {
                "kind": "invoice",
                "recipients": [partner["party"]],
                "body": {
                    "subject": "11月分 食材",
                    "lines": [
                        {"description": "コシヒカリ 10kg", "quantity": "20", "unit": "袋", "unit_price": "4200",
                         "tax_category": "AA"},
                        {"description": "業務用洗剤 5L", "quantity": "4", "unit": "本", "unit_price": "1250"},
                    ],
                },
                "send": True,
            },
            key=key,
        )
    )  # fmt: skip


def main(site: str, partner_name: str, pdf: str) -> None:
    api = Torihiki(site, os.environ["TORIHIKI_TOKEN"])
    sent = send_invoice(api, partner_name, key=str(uuid.uuid4()))
    print(f"{sent['number']} was sent: {sent['state']}")
    state = api.get(f"documents/{sent['id']}")  # ask again later, or let a webhook tell
    print(f"{state['amount']} {state['currency']}, waiting for {state['waiting'] or 'nobody'}")
    with open(pdf, "wb") as file:
        file.write(api.fetch("GET", f"documents/{sent['id']}/pdf", query={"language": "ja"}))
    print(f"{pdf} is there")


if __name__ == "__main__":
    main(*sys.argv[1:4])
