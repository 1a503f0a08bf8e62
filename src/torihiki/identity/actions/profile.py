"""What people change for themselves."""

from datetime import datetime
from uuid import UUID

from torihiki.identity.access import access_member, access_own_account
from torihiki.identity.choosing import set_password
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import LANGUAGES, Account
from torihiki.identity.proving import Proven
from torihiki.identity.recording import record_oneself
from torihiki.identity.refusals import NotHere
from torihiki.identity.sessions import end_other_sessions, end_own_session
from torihiki.identity.sso.access import opens_nothing
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.identity.theme.themes import Theme
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor, scope


def change_password(actor: Actor, proven: Proven, *, wanted: str, session_token: str, at: datetime) -> None:
    """Every other session of the account ends. Raises PasswordWeak, or PasswordsClosed where it would open nothing."""
    assert proven.account_id == actor.account
    with attempt(IdentityEvent.PASSWORD_CHANGED, actor):
        if opens_nothing(actor.account, at=at):
            raise PasswordsClosed
        set_password(actor.account, wanted, at=at)
        end_other_sessions(actor.account, kept=session_token)
        record_oneself(IdentityEvent.PASSWORD_CHANGED, actor, at)


def end_session(actor: Actor, session_id: UUID, *, at: datetime) -> None:
    """End one of the own sessions: that browser is signed out. Raises NotHere."""
    with attempt(IdentityEvent.SESSION_ENDED, actor, subject_type="session", subject_id=session_id):
        if not end_own_session(session_id):
            raise NotHere
        record_oneself(IdentityEvent.SESSION_ENDED, actor, at, session=str(session_id))


def end_sessions_elsewhere(actor: Actor, *, session_token: str, at: datetime) -> None:
    """End all own sessions but this one."""
    with attempt(IdentityEvent.SESSION_ENDED, actor):
        end_other_sessions(actor.account, kept=session_token)
        record_oneself(IdentityEvent.SESSION_ENDED, actor, at, session="all others")


def change_profile(actor: Actor, *, name: str, at: datetime) -> None:
    """The name under which colleagues and partners see the acting member of this company."""
    assert actor.member_id is not None
    with attempt(IdentityEvent.PROFILE_CHANGED, actor):
        member = access_member(actor, actor.member_id)
        before, member.name = member.name, name
        member.save(update_fields=["name"])
        record_oneself(IdentityEvent.PROFILE_CHANGED, actor, at, before=before, after=name)


def change_language(actor: Actor, language: str, *, at: datetime) -> None:
    """Nothing happens, and nothing is recorded, when it is the account's language already."""
    assert language in dict(LANGUAGES)
    account = access_own_account(actor)
    if account.language == language:
        return
    with attempt(IdentityEvent.LANGUAGE_CHANGED, actor):
        account.language = language
        account.save(update_fields=["language"])
        record_oneself(IdentityEvent.LANGUAGE_CHANGED, actor, at, language=language)


def choose_theme(actor: Actor, theme: Theme | None, *, at: datetime) -> None:
    """What the acting person's browsers show before sign-in; None for nothing. The entry does not say which theme:
    administrators read it, and who knows a theme can imitate the page."""
    with attempt(IdentityEvent.THEME_CHANGED, actor):
        account = access_own_account(actor)
        account.sign_in_theme = theme.code if theme else ""
        account.save(update_fields=["sign_in_theme"])
        record_oneself(IdentityEvent.THEME_CHANGED, actor, at, theme="chosen" if theme else "none")


def theme_of(account_id: UUID) -> Theme | None:
    """What a person chose, read on that person's own behalf."""
    with scope(Actor(account_id=account_id)):
        return Theme.from_code(Account.objects.values_list("sign_in_theme", flat=True).get(pk=account_id))
