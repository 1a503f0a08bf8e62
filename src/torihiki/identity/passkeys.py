"""Passkeys (WebAuthn): in place of the password, as the second step after it, and to prove again who one is.

A challenge is a token derived from the root key, bound to what its browser holds (a session's cookie, a half-finished
sign-in's, or one of its own) and to one purpose, for five minutes: asking for one writes nothing, answering one leaves
its hash, so that it is answered once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from torihiki.crypto.digest import derived_token, new_token, same, sha256
from torihiki.crypto.envelope import root_key
from torihiki.crypto.passkeys import (
    ALGORITHMS,
    Answer,
    PasskeyInvalid,
    Site,
    read_answer,
    to_text,
    verified_registration,
    verified_use,
)
from torihiki.identity.access import access_own_account
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Account, Passkey
from torihiki.identity.policies import PasskeyPolicy, rules_of
from torihiki.identity.recording import record_oneself
from torihiki.identity.refusals import (
    NotHere,
    PasskeyCloned,
    PasskeyRefused,
    PasskeysOff,
    PasskeyTaken,
    TooManyPasskeys,
)
from torihiki.identity.sessions import end_other_sessions
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor, scope

CHALLENGE_VALID = timedelta(minutes=5)
PASSKEYS_MAX = 20  # of one person
NAME_LENGTH_MAX = 100
COOKIE_NAME = "__Host-passkey"
"""Holds what the challenge of a sign-in is bound to, while there is nothing else to bind it to."""
_PARTS = 3


class Purpose(StrEnum):
    """What a challenge is for: an answer to one is no answer to another."""

    REGISTER = "register"
    SIGN_IN = "sign-in"
    SECOND_STEP = "second-step"
    PROVE = "prove"


def site() -> Site:
    """The platform as browsers reach it."""
    there = urlsplit(settings.PUBLIC_URL)
    return Site(there.hostname or "", f"{there.scheme}://{there.netloc}")


# ---- asking


def options_for_new(actor: Actor, bound_to: str, *, at: datetime) -> dict[str, Any]:
    """What `navigator.credentials.create` is called with (WebAuthn 5.4), as JSON; in the account's scope."""
    account = access_own_account(actor)
    return {
        "rp": {"id": site().host, "name": "torihiki"},
        "user": {"id": to_text(account.id.bytes), "name": account.login_id, "displayName": actor.name},
        "challenge": _challenge(Purpose.REGISTER, bound_to, at),
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS.values()],
        "timeout": CHALLENGE_VALID // timedelta(milliseconds=1),
        "excludeCredentials": _descriptors(actor),
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def options_for_use(purpose: Purpose, bound_to: str, *, at: datetime, actor: Actor | None = None) -> dict[str, Any]:
    """What `navigator.credentials.get` is called with (WebAuthn 5.5), as JSON. Whoever is not known yet is not told
    whose passkeys there are: the browser knows its own."""
    return {
        "challenge": _challenge(purpose, bound_to, at),
        "timeout": CHALLENGE_VALID // timedelta(milliseconds=1),
        "rpId": site().host,
        "allowCredentials": _descriptors(actor) if actor else [],
        "userVerification": "required",
    }


def _descriptors(actor: Actor) -> list[dict[str, str]]:
    with scope(Actor(account_id=actor.account)):
        ids = own_passkeys(actor).values_list("credential_id", flat=True)
        return [{"type": "public-key", "id": to_text(bytes(each))} for each in ids]


def _challenge(purpose: Purpose, bound_to: str, at: datetime) -> str:
    """base64url of `nonce.end.code`."""
    nonce, end = new_token(), str(int((at + CHALLENGE_VALID).timestamp()))
    return to_text(f"{nonce}.{end}.{_code(purpose, bound_to, nonce, end)}".encode())


def _code(purpose: Purpose, bound_to: str, nonce: str, end: str) -> str:
    words = f"passkey {purpose}\n{nonce}\n{end}\n{bound_to}"
    return derived_token(root_key(settings.ROOT_KEY_FILE), words)


# ---- checking


def read(typed: str, purpose: Purpose, bound_to: str, *, at: datetime) -> Answer:
    """An answer to a challenge of ours, for this purpose and this browser, in time. Raises PasskeyRefused."""
    try:
        answer = read_answer(typed)
        parts = answer.challenge.decode("ascii").split(".")
    except (PasskeyInvalid, UnicodeDecodeError) as error:
        raise PasskeyRefused from error
    if len(parts) != _PARTS or not bound_to:
        raise PasskeyRefused
    nonce, end, code = parts
    if not same(code, _code(purpose, bound_to, nonce, end)) or int(end) <= at.timestamp():
        raise PasskeyRefused
    return answer


@dataclass(frozen=True)
class Holder:
    """Whose passkey has answered, before its signature is verified."""

    account_id: UUID
    is_active: bool


def holder_of(answer: Answer) -> Holder | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT account_id, is_active FROM identity_passkey_of(%s)", [answer.credential_id])
        row = cursor.fetchone()
    return Holder(*row) if row else None


def use_passkey(account_id: UUID, answer: Answer, *, at: datetime) -> Passkey:
    """The passkey of this account that has answered, once: its counter goes on, its challenge is used up.

    Raises PasskeyRefused, or PasskeyCloned where a copy of the key has been further already (WebAuthn 7.2, 22)."""
    with scope(Actor(account_id=account_id)):
        passkey = Passkey.objects.filter(account_id=account_id, credential_id=answer.credential_id).first()
        if passkey is None or (answer.user is not None and answer.user != account_id.bytes):
            raise PasskeyRefused
        try:
            uses = verified_use(answer, site(), bytes(passkey.public_key))
        except PasskeyInvalid as error:
            raise PasskeyRefused from error
        _use_up(answer, at)
        ahead = Q(uses__lt=uses) if uses else Q(uses=0)  # 0: an authenticator that does not count
        if not Passkey.objects.filter(ahead, pk=passkey.pk).update(uses=uses, last_used_at=at):
            raise PasskeyCloned
    return passkey


def _use_up(answer: Answer, at: datetime) -> None:
    with connection.cursor() as cursor:
        until = at.astimezone(UTC) + CHALLENGE_VALID
        cursor.execute("SELECT identity_challenge_use(%s, %s)", [sha256(answer.challenge), until])
        if not cursor.fetchone()[0]:
            raise PasskeyRefused


def own_passkeys(actor: Actor) -> QuerySet[Passkey]:
    return Passkey.objects.filter(account_id=actor.account).order_by("created_at", "id")


def has_passkey(actor: Actor) -> bool:
    """Whether the actor has one, and the actor's company takes it."""
    with scope(Actor(account_id=actor.account)):
        return policy_of(actor).mode != "off" and own_passkeys(actor).exists()


def policy_of(actor: Actor) -> PasskeyPolicy:
    """What the acting company decided; in the account's scope or the company's."""
    return rules_of([actor.company]).of(actor.company, PasskeyPolicy)


# ---- setting up, by whoever is signed in or on the way in


def add_passkey(actor: Actor, typed: str, *, bound_to: str, name: str, at: datetime) -> Passkey:
    """Keep the key that the browser has made. Raises PasskeysOff, TooManyPasskeys, PasskeyTaken or PasskeyRefused."""
    with attempt(IdentityEvent.PASSKEY_ADDED, actor):
        if policy_of(actor).mode == "off":
            raise PasskeysOff
        Account.objects.select_for_update(no_key=True).get(pk=actor.account)
        if own_passkeys(actor).count() >= PASSKEYS_MAX:
            raise TooManyPasskeys
        answer = read(typed, Purpose.REGISTER, bound_to, at=at)
        try:
            made = verified_registration(answer, site())
        except PasskeyInvalid as error:
            raise PasskeyRefused from error
        _use_up(answer, at)
        passkey = Passkey(
            account_id=actor.account,
            credential_id=made.credential_id,
            public_key=made.public_key,
            uses=made.uses,
            synced=made.synced,
            name=name,
            created_at=at,
        )
        try:
            with transaction.atomic():
                passkey.save(force_insert=True)
        except IntegrityError as error:
            raise PasskeyTaken from error
        record_oneself(IdentityEvent.PASSKEY_ADDED, actor, at, passkey=str(passkey.pk), name=name)
    return passkey


def rename_passkey(actor: Actor, passkey_id: UUID, name: str, *, at: datetime) -> None:
    """Raises NotHere."""
    with attempt(IdentityEvent.PASSKEY_RENAMED, actor, subject_type="passkey", subject_id=passkey_id):
        passkey = own_passkey(actor, passkey_id)
        before, passkey.name = passkey.name, name
        passkey.save(update_fields=["name"])
        record_oneself(IdentityEvent.PASSKEY_RENAMED, actor, at, passkey=str(passkey_id), before=before, after=name)


def remove_passkey(actor: Actor, passkey_id: UUID, *, session_token: str, at: datetime) -> None:
    """Every other session of the account ends. Raises NotHere."""
    with attempt(IdentityEvent.PASSKEY_REMOVED, actor, subject_type="passkey", subject_id=passkey_id):
        passkey = own_passkey(actor, passkey_id)
        passkey.delete()
        end_other_sessions(actor.account, kept=session_token)
        record_oneself(IdentityEvent.PASSKEY_REMOVED, actor, at, passkey=str(passkey_id), name=passkey.name)


def own_passkey(actor: Actor, passkey_id: UUID) -> Passkey:
    """Raises NotHere."""
    passkey = own_passkeys(actor).filter(pk=passkey_id).first()
    if passkey is None:
        raise NotHere
    return passkey
