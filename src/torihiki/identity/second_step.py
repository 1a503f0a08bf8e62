"""The second step after the password (clause 2-5-5): a code from an authenticator app, by mail, or for recovery."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from torihiki.crypto.digest import token_hash
from torihiki.crypto.envelope import decrypt, encrypt, root_key
from torihiki.crypto.one_time import keyed_hash, matching_step, new_secret
from torihiki.identity.access import lock_member
from torihiki.identity.events import IdentityEvent
from torihiki.identity.jobs import send_later
from torihiki.identity.letters import CODE, code_of
from torihiki.identity.lockout import Secret, count_failure, count_try, forget_tries
from torihiki.identity.models import Account, Authenticator, MailedSecret, RecoveryCode
from torihiki.identity.passkeys import Purpose, has_passkey, own_passkeys, read, use_passkey
from torihiki.identity.policies import LockoutPolicy, TwoStepPolicy, rules_of, rules_of_account
from torihiki.identity.recording import record_oneself
from torihiki.identity.refusals import AttemptOver, CodeWrong, Locked, PasskeyRefused, TooManyCodes
from torihiki.identity.sessions import end_other_sessions
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor, scope

CODE_VALID = timedelta(minutes=10)
CODES_MAX = 5  # mailed to a member within CODE_VALID
RECOVERY_CODES = 10
RECOVERY_LENGTH = 24  # of RECOVERY_ALPHABET: 120 bits, so that a plain hash may keep them (ASVS 5.0, 6.5.2)
RECOVERY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
RECOVERY = re.compile(f"[{RECOVERY_ALPHABET}]{{16}}([{RECOVERY_ALPHABET}]{{8}})?")  # also the shorter ones of before
TYPED_LENGTH_MAX = 40


def is_needed(actor: Actor) -> bool:
    """Whether the actor's company asks this member for a second step, or leaves it open and the member wants it."""
    with scope(Actor(account_id=actor.account)):
        policy = rules_of([actor.company]).of(actor.company, TwoStepPolicy)
        if policy.mode == "off" or policy.demands(actor.role):
            return policy.mode != "off"
        return Account.objects.only("two_step").get(pk=actor.account).two_step or has_app(actor) or has_passkey(actor)


def has_app(actor: Actor) -> bool:
    with scope(Actor(account_id=actor.account)):
        return Authenticator.objects.filter(account_id=actor.account, confirmed_at__isnull=False).exists()


# ---- asking and checking, on the way in


def mail_code(actor: Actor, attempt_token: str, *, at: datetime) -> None:
    """Mail a code that serves for this attempt only; a former one serves no longer. Raises TooManyCodes."""
    with scope(actor):
        lock_member(actor, actor.member)
        recent = MailedSecret.objects.filter(
            company_id=actor.company, member_id=actor.member, purpose="code", created_at__gt=at - CODE_VALID
        )
        if recent.count() >= CODES_MAX:
            raise TooManyCodes
        secret_id, bound_to = new_id(), token_hash(attempt_token)
        recent.filter(attempt_hash=bound_to, used_at=None).update(used_at=at)
        MailedSecret.objects.create(
            id=secret_id,
            company_id=actor.company,
            member_id=actor.member,
            purpose="code",
            secret_hash=_hash_of(secret_id, code_of(secret_id)),
            attempt_hash=bound_to,
            created_at=at,
            expires_at=at + CODE_VALID,
        )
        send_later(CODE, actor, secret_id)
        record_oneself(IdentityEvent.CODE_SENT, actor, at)


def check_code(actor: Actor, attempt_token: str, typed: str, *, at: datetime) -> None:
    """Take the code, once. Tries are counted per account and before they are verified, whichever attempt they come by.

    Call it outside of any transaction. Raises Locked, CodeWrong, or AttemptOver for a code that was right but taken.
    """
    policy = replace(rules_of_account(actor.account).strictest(LockoutPolicy), on=True)
    if not count_try(actor.account, Secret.CODE, policy, at=at):
        raise Locked
    typed = re.sub(r"[\s-]", "", typed).lower()[:TYPED_LENGTH_MAX]
    if RECOVERY.fullmatch(typed):
        is_right = _take_recovery_code(actor, typed, at)
    elif has_app(actor):
        is_right = _take_app_code(actor, typed, at)
    else:
        is_right = _take_mailed_code(actor, attempt_token, typed, at)
    if not is_right:
        count_failure(actor.account, Secret.CODE, policy, at=at)
        with scope(actor):
            record_oneself(IdentityEvent.CODE_FAILED, actor, at)
        raise CodeWrong
    forget_tries(actor.account, Secret.CODE)


def check_passkey(actor: Actor, attempt_token: str, typed: str, *, at: datetime) -> None:
    """As `check_code`, for a passkey's answer to the challenge of this attempt. Raises Locked or PasskeyRefused."""
    answer = read(typed, Purpose.SECOND_STEP, attempt_token, at=at)
    policy = replace(rules_of_account(actor.account).strictest(LockoutPolicy), on=True)
    if not count_try(actor.account, Secret.CODE, policy, at=at):
        raise Locked
    try:
        if not has_passkey(actor):
            raise PasskeyRefused
        use_passkey(actor.account, answer, at=at)
    except PasskeyRefused as refusal:
        count_failure(actor.account, Secret.CODE, policy, at=at)
        with scope(actor):
            record_oneself(IdentityEvent.PASSKEY_FAILED, actor, at, why=refusal.code)
        raise
    forget_tries(actor.account, Secret.CODE)


def _take_mailed_code(actor: Actor, attempt_token: str, typed: str, at: datetime) -> bool:
    with scope(actor):
        newest = (
            MailedSecret.objects.filter(
                company_id=actor.company,
                member_id=actor.member,
                purpose="code",
                attempt_hash=token_hash(attempt_token),
                expires_at__gt=at,
            )
            .order_by("-created_at", "-id")
            .first()
        )
        if newest is None or bytes(newest.secret_hash) != _hash_of(newest.id, typed):
            return False
        taken = MailedSecret.objects.filter(company_id=actor.company, pk=newest.pk, used_at=None).update(used_at=at)
    if not taken:
        raise AttemptOver
    return True


def _take_app_code(actor: Actor, typed: str, at: datetime) -> bool:
    with scope(Actor(account_id=actor.account)):
        app = Authenticator.objects.select_for_update().get(account_id=actor.account)
        step = matching_step(_open(app), typed, at=at, after=app.last_step)
        if step is None:
            return False
        app.last_step = step
        app.save(update_fields=["last_step"])
    return True


def _take_recovery_code(actor: Actor, typed: str, at: datetime) -> bool:
    with scope(Actor(account_id=actor.account)):
        taken = RecoveryCode.objects.filter(account_id=actor.account, code_hash=token_hash(typed), used_at=None).update(
            used_at=at
        )
    if taken:
        with scope(actor):
            record_oneself(IdentityEvent.RECOVERY_CODE_USED, actor, at)
    return bool(taken)


# ---- setting up, by whoever is signed in


def begin_app(actor: Actor, *, at: datetime) -> str:
    """The secret of an app that is being set up: the same one until a first code was right. Base32."""
    app = Authenticator.objects.filter(account_id=actor.account).first()
    if app is None:
        app = Authenticator.objects.create(
            account_id=actor.account, secret=_seal(actor.account, new_secret()), created_at=at
        )
    return "" if app.confirmed_at else _open(app)


def confirm_app(actor: Actor, typed: str, *, at: datetime) -> list[str]:
    """The app's first code is right: from now on it is asked for. Returns the recovery codes, shown this once.

    Raises CodeWrong. Not counted: the secret is on the page.
    """
    with attempt(IdentityEvent.AUTHENTICATOR_ADDED, actor):
        app = Authenticator.objects.select_for_update().filter(account_id=actor.account, confirmed_at=None).first()
        step = matching_step(_open(app), typed.replace(" ", ""), at=at, after=0) if app else None
        if app is None or step is None:
            raise CodeWrong
        app.last_step, app.confirmed_at = step, at
        app.save(update_fields=["last_step", "confirmed_at"])
        record_oneself(IdentityEvent.AUTHENTICATOR_ADDED, actor, at)
        return _new_recovery_codes(actor)


def remove_app(actor: Actor, *, session_token: str, at: datetime) -> None:
    """Every other session of the account ends."""
    with attempt(IdentityEvent.AUTHENTICATOR_REMOVED, actor):
        Authenticator.objects.filter(account_id=actor.account).delete()
        if not own_passkeys(actor).exists():
            RecoveryCode.objects.filter(account_id=actor.account).delete()
        end_other_sessions(actor.account, kept=session_token)
        record_oneself(IdentityEvent.AUTHENTICATOR_REMOVED, actor, at)


def renew_recovery_codes(actor: Actor, *, at: datetime) -> list[str]:
    """The former ones serve no longer."""
    with attempt(IdentityEvent.RECOVERY_CODES_MADE, actor):
        record_oneself(IdentityEvent.RECOVERY_CODES_MADE, actor, at)
        return _new_recovery_codes(actor)


def first_recovery_codes(actor: Actor, *, at: datetime) -> list[str]:
    """For who has just set up a first passkey where a second step is asked for; empty where there are codes already."""
    asked_for = rules_of([actor.company]).of(actor.company, TwoStepPolicy).mode != "off"
    if not asked_for or RecoveryCode.objects.filter(account_id=actor.account).exists():
        return []
    return renew_recovery_codes(actor, at=at)


def choose_two_step(actor: Actor, wanted: bool, *, at: datetime) -> None:
    """Whether the person wants codes by mail where a company leaves it open."""
    event = IdentityEvent.TWO_STEP_ON if wanted else IdentityEvent.TWO_STEP_OFF
    with attempt(event, actor):
        Account.objects.filter(pk=actor.account).update(two_step=wanted)
        record_oneself(event, actor, at)


def forget_second_step(member_id: UUID) -> bool:
    """Remove app and passkeys of a member of the acting company, who works for no other; whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_two_step_reset(%s)", [member_id])
        return bool(cursor.fetchone()[0])


def recovery_codes_left(actor: Actor) -> int:
    return RecoveryCode.objects.filter(account_id=actor.account, used_at=None).count()


def _new_recovery_codes(actor: Actor) -> list[str]:
    codes = ["".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        RecoveryCode.objects.filter(account_id=actor.account).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account_id=actor.account, code_hash=token_hash(code)) for code in codes
        )
    return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]


def _seal(account_id: UUID, secret: str) -> bytes:
    return encrypt(root_key(settings.ROOT_KEY_FILE), secret.encode(), bound_to=b"authenticator" + account_id.bytes)


def _open(app: Authenticator) -> str:
    bound_to = b"authenticator" + app.account_id.bytes
    return decrypt(root_key(settings.ROOT_KEY_FILE), bytes(app.secret), bound_to=bound_to).decode()


def _hash_of(secret_id: UUID, code: str) -> bytes:
    return keyed_hash(root_key(settings.ROOT_KEY_FILE), f"sign-in code\n{secret_id}", code)
