"""What people change for themselves."""

from datetime import datetime
from uuid import UUID

from torihiki.identity.access import access_member, access_own_account
from torihiki.identity.choosing import set_password
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import LANGUAGES
from torihiki.identity.proving import Proven
from torihiki.identity.refusals import NotHere
from torihiki.identity.sessions import end_other_sessions, end_own_session
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor


def change_password(actor: Actor, proven: Proven, *, wanted: str, session_token: str, at: datetime) -> None:
    """Every other session of the account ends. Raises PasswordWeak."""
    assert proven.account_id == actor.account
    with attempt(IdentityEvent.PASSWORD_CHANGED, actor):
        set_password(actor.account, wanted, at=at)
        end_other_sessions(actor.account, kept=session_token)
        _record(IdentityEvent.PASSWORD_CHANGED, actor, at)


def end_session(actor: Actor, session_id: UUID, *, at: datetime) -> None:
    """End one of the own sessions: that browser is signed out. Raises NotHere."""
    with attempt(IdentityEvent.SESSION_ENDED, actor, subject_type="session", subject_id=session_id):
        if not end_own_session(session_id):
            raise NotHere
        _record(IdentityEvent.SESSION_ENDED, actor, at, session=str(session_id))


def end_sessions_elsewhere(actor: Actor, *, session_token: str, at: datetime) -> None:
    """End all own sessions but this one."""
    with attempt(IdentityEvent.SESSION_ENDED, actor):
        end_other_sessions(actor.account, kept=session_token)
        _record(IdentityEvent.SESSION_ENDED, actor, at, session="all others")


def change_profile(actor: Actor, *, name: str, at: datetime) -> None:
    """The name under which colleagues and partners see the acting member of this company."""
    assert actor.member_id is not None
    with attempt(IdentityEvent.PROFILE_CHANGED, actor):
        member = access_member(actor, actor.member_id)
        before, member.name = member.name, name
        member.save(update_fields=["name"])
        _record(IdentityEvent.PROFILE_CHANGED, actor, at, before=before, after=name)


def change_language(actor: Actor, language: str, *, at: datetime) -> None:
    """Nothing happens, and nothing is recorded, when it is the account's language already."""
    assert language in dict(LANGUAGES)
    account = access_own_account(actor)
    if account.language == language:
        return
    with attempt(IdentityEvent.LANGUAGE_CHANGED, actor):
        account.language = language
        account.save(update_fields=["language"])
        _record(IdentityEvent.LANGUAGE_CHANGED, actor, at, language=language)


def _record(event: Event, actor: Actor, at: datetime, **data: str) -> None:
    record(
        event,
        actor,
        subject_type="member",
        subject_id=actor.member_id,
        subject_label=actor.name,
        at=at,
        data=data,
    )
