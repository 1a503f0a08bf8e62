"""A new password by a mailed link: for whoever reads the member's mail, once, for an hour; the second step stays."""

from datetime import datetime, timedelta

from django.db import connection

from torihiki.crypto.digest import token_hash
from torihiki.identity.access import access_memberships, lock_member
from torihiki.identity.actions.signing import actor_of, look_up
from torihiki.identity.choosing import set_password
from torihiki.identity.events import IdentityEvent
from torihiki.identity.jobs import send_later
from torihiki.identity.keys import link_hash
from torihiki.identity.letters import RESET
from torihiki.identity.models import MailedSecret
from torihiki.identity.recording import record_oneself
from torihiki.identity.refusals import LinkOver
from torihiki.identity.sessions import actor_from, end_other_sessions
from torihiki.identity.sso.access import closed_to_passwords
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt_as
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor, scope

VALID = timedelta(hours=1)
LINKS_MAX = 3  # per member within VALID


def ask_for_reset(login_id: str, *, at: datetime, address: str) -> None:
    """Mail a link to the member whose login id this is; nothing happens for an unknown one, and for one whose companies
    no password opens. The caller answers all alike, and after the same time."""
    known = look_up(login_id)
    with scope(Actor(account_id=known.account_id)) as person:
        member = access_memberships(person).exclude(company_id__in=closed_to_passwords(at=at)).first()
    if member is None or not known.is_active:
        return
    actor = actor_of(member)
    with scope(actor):
        lock_member(actor, member.pk)
        recent = MailedSecret.objects.filter(
            company_id=actor.company, member_id=member.pk, purpose="reset", created_at__gt=at - VALID
        )
        if recent.count() >= LINKS_MAX:
            return
        secret_id, expires_at = new_id(), at + VALID
        MailedSecret.objects.create(
            id=secret_id,
            company_id=actor.company,
            member_id=member.pk,
            purpose="reset",
            secret_hash=link_hash(RESET, secret_id, expires_at),
            created_at=at,
            expires_at=expires_at,
        )
        send_later(RESET, actor, secret_id)
        record(
            IdentityEvent.PASSWORD_RESET_ASKED,
            actor,
            subject_type="member",
            subject_id=member.pk,
            subject_label=member.name,
            at=at,
            data={"address": address},
        )


def whose_reset(token: str, *, at: datetime) -> Actor:
    """The member to whom a link was mailed. Raises LinkOver."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM identity_reset_of(%s, %s)", [token_hash(token), at])
        row = cursor.fetchone()
    if row is None:
        raise LinkOver
    actor = actor_from(row)
    with scope(Actor(account_id=actor.account)):
        if actor.company in closed_to_passwords(at=at):
            raise LinkOver
    return actor


def reset_password(token: str, wanted: str, *, at: datetime) -> None:
    """Choose a new password; all sessions end. A lock stays, and so does the second step. Raises LinkOver, PasswordWeak
    or TooBusy."""
    actor = whose_reset(token, at=at)
    with attempt_as(IdentityEvent.PASSWORD_RESET, actor):
        mine = MailedSecret.objects.filter(company_id=actor.company, member_id=actor.member, purpose="reset")
        if not mine.filter(secret_hash=token_hash(token), used_at=None, expires_at__gt=at).update(used_at=at):
            raise LinkOver
        mine.filter(used_at=None).update(used_at=at)
        set_password(actor.account, wanted, at=at)
        end_other_sessions(actor.account, kept="")
        record_oneself(IdentityEvent.PASSWORD_RESET, actor, at)
