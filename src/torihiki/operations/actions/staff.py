"""Staff accounts (made and disabled at the terminal), signing in and out, and proving oneself once more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from torihiki.crypto.digest import sha256_hex
from torihiki.identity.hashing import hash_anew, place_to_hash, verify
from torihiki.identity.models import LANGUAGES
from torihiki.identity.passwords import Chooser
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt, attempt_as, record_refusal
from torihiki.operations.events import OperationsEvent
from torihiki.operations.models import Staff
from torihiki.operations.permissions import StaffRole
from torihiki.operations.refusals import (
    NoSuchStaff,
    NotProven,
    StaffLoginIdTaken,
    StaffPasswordWeak,
    StaffSignInRefused,
)
from torihiki.operations.sessions import close_session, end_sessions_of, open_session
from torihiki.tenancy.actor import NOBODY, Actor, scope

TRIES_MAX = 5
TRIES_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class StaffSignIn:
    """A session that was opened: the cookie's value, and whose it is."""

    token: str
    staff: Staff


def sign_in(login_id: str, password: str, *, at: datetime) -> StaffSignIn:
    """The try is counted and committed before the password is looked at; whatever is wrong, the answer is the same and
    costs one hash. Raises StaffSignInRefused, or TooBusy, before anything is counted."""
    with place_to_hash():
        with transaction.atomic():
            staff = Staff.objects.select_for_update().filter(login_id__iexact=login_id).first()
            is_shut = staff is None or not _count_try(staff, at) or staff.disabled_at is not None
        is_right, _is_weak = verify(password, staff.password if staff else "")
    if staff is None or not is_right or is_shut:
        _record_failure(staff, login_id, at)
        raise StaffSignInRefused
    with scope(staff.actor):
        _forget_tries(staff)
        token = open_session(staff, at=at)
        _record(OperationsEvent.STAFF_SIGNED_IN, staff.actor, staff, at)
    return StaffSignIn(token, staff)


def sign_out(actor: Actor, session_token: str, *, at: datetime) -> None:
    close_session(session_token, at=at)
    _record(OperationsEvent.STAFF_SIGNED_OUT, actor, _own(actor), at)


def prove(actor: Actor, password: str, *, at: datetime) -> None:
    """That it is still the same person, before a dangerous action. Runs outside that action's savepoint, so that the
    try stays counted; after too many, all sessions of the account end. Raises NotProven, recorded."""
    staff = Staff.objects.select_for_update().get(pk=actor.staff)
    may_try = _count_try(staff, at)
    if may_try and verify(password, staff.password)[0]:
        _forget_tries(staff)
        return
    if not may_try:
        end_sessions_of(staff.id, at=at)
    refusal = NotProven()
    record_refusal(refusal, actor, OperationsEvent.STAFF_SIGN_IN_FAILED.code, subject_type="staff", subject_id=staff.id)
    raise refusal


def change_password(actor: Actor, *, present: str, wanted: str, session_token: str, at: datetime) -> None:
    """Every other session ends. Raises NotProven or StaffPasswordWeak."""
    prove(actor, present, at=at)
    with attempt(OperationsEvent.STAFF_PASSWORD_CHANGED, actor, subject_type="staff", subject_id=actor.staff_id):
        staff = _own(actor)
        _set_password(staff, wanted)
        end_sessions_of(staff.id, at=at, kept=session_token)
        _record(OperationsEvent.STAFF_PASSWORD_CHANGED, actor, staff, at)


def change_language(actor: Actor, language: str, *, at: datetime) -> None:
    """Nothing happens, and nothing is recorded, when it is the account's language already."""
    assert language in dict(LANGUAGES)
    if Staff.objects.filter(pk=actor.staff).exclude(language=language).update(language=language):
        _record(OperationsEvent.STAFF_LANGUAGE_CHANGED, actor, _own(actor), at, language=language)


def create_staff(
    actor: Actor, *, login_id: str, name: str, password: str, at: datetime, role: str = StaffRole.OPERATOR
) -> Staff:
    """Raises StaffLoginIdTaken or StaffPasswordWeak."""
    with attempt_as(OperationsEvent.STAFF_CREATED, actor, data={"login_id": login_id}):
        staff = Staff(login_id=login_id, name=name, role=role, created_at=at)
        _check_password(password)
        staff.password = hash_anew(password)
        try:
            with transaction.atomic():
                staff.save(force_insert=True)
        except IntegrityError as error:
            raise StaffLoginIdTaken from error
        _record(OperationsEvent.STAFF_CREATED, actor, staff, at, login_id=login_id, role=role)
    return staff


def disable_staff(actor: Actor, login_id: str, *, at: datetime) -> Staff:
    """All sessions end. Raises NoSuchStaff."""
    with attempt_as(OperationsEvent.STAFF_DISABLED, actor, data={"login_id": login_id}):
        staff = _lock(login_id)
        staff.disabled_at = staff.disabled_at or at
        staff.save(update_fields=["disabled_at"])
        end_sessions_of(staff.id, at=at)
        _record(OperationsEvent.STAFF_DISABLED, actor, staff, at, login_id=login_id)
    return staff


def reset_password(actor: Actor, login_id: str, password: str, *, at: datetime) -> Staff:
    """A new password, no tries, and all sessions end. Raises NoSuchStaff or StaffPasswordWeak."""
    with attempt_as(OperationsEvent.STAFF_PASSWORD_RESET, actor, data={"login_id": login_id}):
        staff = _lock(login_id)
        _set_password(staff, password)
        _forget_tries(staff)
        end_sessions_of(staff.id, at=at)
        _record(OperationsEvent.STAFF_PASSWORD_RESET, actor, staff, at, login_id=login_id)
    return staff


def _count_try(staff: Staff, at: datetime) -> bool:
    """Count one more try, under the row's lock; whether the password may still be looked at."""
    if staff.tries_since is None or staff.tries_since <= at - TRIES_WITHIN:
        staff.tries, staff.tries_since = 0, at
    staff.tries = min(staff.tries + 1, TRIES_MAX + 1)
    staff.save(update_fields=["tries", "tries_since"])
    return staff.tries <= TRIES_MAX


def _forget_tries(staff: Staff) -> None:
    staff.tries, staff.tries_since = 0, None
    staff.save(update_fields=["tries", "tries_since"])


def _set_password(staff: Staff, password: str) -> None:
    _check_password(password)
    staff.password = hash_anew(password)
    staff.save(update_fields=["password"])


def _check_password(password: str) -> None:
    if problems := Chooser().problems(password):
        raise StaffPasswordWeak(" ".join(problems))


def _own(actor: Actor) -> Staff:
    return Staff.objects.get(pk=actor.staff)


def _lock(login_id: str) -> Staff:
    staff = Staff.objects.select_for_update().filter(login_id__iexact=login_id).first()
    if staff is None:
        raise NoSuchStaff
    return staff


def _record_failure(staff: Staff | None, login_id: str, at: datetime) -> None:
    """An unknown id is kept as a hash: people type passwords there."""
    actor = staff.actor if staff else NOBODY
    with scope(actor):
        if staff:
            _record(OperationsEvent.STAFF_SIGN_IN_FAILED, actor, staff, at, tries=staff.tries)
        else:
            digest = sha256_hex(login_id.lower().encode())
            record(OperationsEvent.STAFF_SIGN_IN_FAILED, actor, at=at, data={"login_id_sha256": digest})


def _record(event: Event, actor: Actor, staff: Staff, at: datetime, **data: Any) -> None:
    record(event, actor, subject_type="staff", subject_id=staff.id, subject_label=staff.name, at=at, data=data)
