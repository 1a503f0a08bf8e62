"""Examples in the documentation do what they say."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from torihiki.exchange.webhooks.tests.test_signing import Vector

DOCS = Path(__file__).parents[1] / "docs"
PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)


def webhook_example() -> Callable[..., Any]:
    """`verify` of docs/webhooks.md."""
    found = PYTHON.findall((DOCS / "webhooks.md").read_text())
    place: dict[str, Any] = {}
    exec(found[0], place)
    verify: Callable[..., Any] = place["verify"]
    return verify


def headers(**other: str) -> dict[str, str]:
    return {
        "webhook-id": Vector.message_id,
        "webhook-timestamp": str(Vector.timestamp),
        "webhook-signature": Vector.signature,
    } | {name.replace("_", "-"): value for name, value in other.items()}


def test_the_webhook_example_takes_what_is_genuine_and_nothing_else() -> None:
    verify, secret, body = webhook_example(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Vector.body
    now = float(Vector.timestamp)
    assert verify(secret, headers(), body, now=now + 60) == {"test": 2432232314}
    two = f"v1,AAAA {Vector.signature}"
    assert verify(secret, headers(webhook_signature=two), body, now=now) == {"test": 2432232314}
    for case in (
        {"headers": headers(), "body": b'{"test": 2432232315}', "now": now},
        {"headers": headers(webhook_id="msg_other"), "body": body, "now": now},
        {"headers": headers(webhook_timestamp="1614265331"), "body": body, "now": now},
        {"headers": headers(webhook_signature="v1,"), "body": body, "now": now},
        {"headers": headers(webhook_signature=""), "body": body, "now": now},
        {"headers": headers(), "body": body, "now": now + 301},
        {"headers": headers(), "body": body, "now": now - 301},
    ):
        with pytest.raises(ValueError, match=r"signature|old"):
            verify(secret, **case)
    with pytest.raises(ValueError, match="signature"):
        verify("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", headers(), body, now=now)
