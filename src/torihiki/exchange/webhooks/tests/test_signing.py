"""The signature is the convention's, and a secret opens only where it belongs."""

import base64
from uuid import uuid4

import pytest

from tests.world import Desk
from torihiki.crypto.envelope import DecryptionFailed
from torihiki.exchange.webhooks.signing import PREFIX, new_secret, seal, secret_text, signature, unseal


class Vector:
    """The test vector that the libraries of Standard Webhooks share."""

    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    timestamp = 1614265330
    body = b'{"test": 2432232314}'
    signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def sign(*secrets: bytes) -> str:
    return signature(secrets, Vector.message_id, Vector.timestamp, Vector.body)


def test_the_published_vector() -> None:
    assert sign(Vector.secret) == Vector.signature


def test_two_secrets_give_two_signatures() -> None:
    other = new_secret()
    assert sign(other, Vector.secret) == f"{sign(other)} {Vector.signature}"
    assert sign(other) != Vector.signature


def test_a_secret_is_written_as_libraries_read_it() -> None:
    secret = new_secret()
    text = secret_text(secret)
    assert text.startswith(PREFIX)
    assert base64.b64decode(text.removeprefix(PREFIX), validate=True) == secret
    assert 24 <= len(secret) <= 64
    assert new_secret() != secret


def test_a_secret_opens_for_its_company_and_endpoint_only(issuer: Desk, stranger: Desk) -> None:
    endpoint, secret = uuid4(), new_secret()
    with issuer.acting():
        sealed = seal(issuer.company, endpoint, secret)
        assert secret not in sealed
        assert unseal(issuer.company, endpoint, sealed) == secret
        with pytest.raises(DecryptionFailed):
            unseal(issuer.company, uuid4(), sealed)
    with stranger.acting(), pytest.raises(DecryptionFailed):
        unseal(stranger.company, endpoint, sealed)
