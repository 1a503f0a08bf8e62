"""Signing out on both sides."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from torihiki.identity.access import access_members
from torihiki.identity.sso.connections import Connection
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.flows import end_sessions, use_once
from torihiki.identity.sso.refusals import SsoRefused
from torihiki.ledger.recording import record
from torihiki.tenancy.actor import Actor, scope


def logged_out_by_provider(
    platform: Actor,
    connection: Connection,
    *,
    token_id: str,
    until: datetime,
    subject: str,
    sids: Sequence[str],
    at: datetime,
) -> None:
    """End the sessions that stand on the subject's sessions `sids` at the provider (OpenID Connect may name a session
    without its subject), or, where none is named, on all of `subject`. A message is taken once. Raises SsoRefused."""
    with scope(platform):
        if not use_once(connection.provider_id, token_id, until=until):
            raise SsoRefused(why="replayed")
        ended: set[UUID] = set()
        for sid in sids or [""]:
            ended.update(end_sessions(connection.provider_id, subject=subject, sid=sid))
        for member in access_members(platform).filter(pk__in=ended).order_by("id"):
            record(
                SsoEvent.LOGGED_OUT_BY_PROVIDER,
                platform,
                subject_type="member",
                subject_id=member.id,
                subject_label=member.name,
                at=at,
                data={"provider": connection.name},
            )
