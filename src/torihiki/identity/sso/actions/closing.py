"""Closing a company to passwords, and what that would do to whom."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from torihiki.crypto.digest import sha256_hex
from torihiki.identity.access import access_invitations, access_members, lock_company
from torihiki.identity.actions.policies import company_sessions
from torihiki.identity.actions.signing import SSO
from torihiki.identity.models import Member
from torihiki.identity.proving import is_fresh
from torihiki.identity.sso.access import access_entrance, access_links, access_providers, emergency_people
from torihiki.identity.sso.events import SsoEvent
from torihiki.identity.sso.flows import session_at_provider
from torihiki.identity.sso.models import IdentityProvider, State
from torihiki.identity.sso.refusals import EntranceUnfit, NeedsArrival, NeedsSecondPerson, PreviewOld
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor

NAMES_SHOWN_MAX = 200


@dataclass(frozen=True)
class Preview:
    """What closing would do at once. `seen` stands for exactly these people."""

    shut_out: tuple[Member, ...]
    """Active members whom no identity stands for: nothing lets them in afterwards, not even the first sign-in through
    the provider, which creates nobody whose address is a member's already."""
    signed_out: int
    invited: int

    @property
    def seen(self) -> str:
        return sha256_hex("".join(sorted(str(member.id) for member in self.shut_out)).encode())


def preview_closing(actor: Actor) -> Preview:
    linked = access_links(actor).filter(provider__state=State.ON).values("member_id")
    left = access_members(actor).filter(suspended_at=None).exclude(pk__in=linked).order_by("name", "id")
    return Preview(
        shut_out=tuple(left),
        signed_out=sum(one.proof != SSO for one in company_sessions()),
        invited=access_invitations(actor).count(),
    )


def arrived_by(actor: Actor, session_token: str, *, at: datetime) -> IdentityProvider | None:
    """The connection, switched on, through which this session was opened minutes ago; None where there is none. Who
    came in long ago and has typed a password since has not shown that it still works."""
    stands_on = session_at_provider(session_token)
    if stands_on is None or not is_fresh(stands_on.arrived_at, at=at):
        return None
    return access_providers(actor).filter(pk=stands_on.provider_id, state=State.ON).first()


def close_to_passwords(actor: Actor, *, session_token: str, seen: str, at: datetime) -> None:
    """From the next request on only the company's providers open it. Its author has just come in through one, so that
    it works; two people could open passwords again in an emergency; and `seen` is the preview's. Raises EntranceUnfit,
    NeedsArrival, NeedsSecondPerson or PreviewOld."""
    with attempt(SsoEvent.SSO_ONLY_ON, actor):
        lock_company(actor)
        entrance = access_entrance(actor)
        if entrance is None:
            raise EntranceUnfit(_("Give your company an address for signing in first."))
        provider = arrived_by(actor, session_token, at=at)
        if provider is None:
            raise NeedsArrival
        if not emergency_people(actor).suffice:
            raise NeedsSecondPerson
        preview = preview_closing(actor)
        if preview.seen != seen:
            raise PreviewOld
        if entrance.sso_only_since is None:
            entrance.sso_only_since = at
            entrance.save(update_fields=["sso_only_since"])
            end_password_sessions()
            _record(
                SsoEvent.SSO_ONLY_ON,
                actor,
                at,
                provider=provider.name,
                shut_out=[member.name for member in preview.shut_out][:NAMES_SHOWN_MAX],
            )


def open_to_passwords(actor: Actor, *, at: datetime) -> None:
    """For good. Nothing happens where passwords are open."""
    with attempt(SsoEvent.SSO_ONLY_OFF, actor):
        lock_company(actor)
        entrance = access_entrance(actor)
        if entrance is None or entrance.sso_only_since is None:
            return
        entrance.sso_only_since = None
        entrance.save(update_fields=["sso_only_since"])
        _record(SsoEvent.SSO_ONLY_OFF, actor, at)


def end_password_sessions() -> None:
    """Of all members of the acting company: sessions behind which no provider's stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sso_password_sessions_end()")


def _record(event: SsoEvent, actor: Actor, at: datetime, **data: object) -> None:
    record(
        event,
        actor,
        subject_type="company",
        subject_id=actor.company,
        subject_label=actor.company_name,
        at=at,
        data=data,
    )
