"""Acting in another member's stead, from one day to another: by the member, or by an administrator for them.

Only rights about documents are lent, only those that the giver holds, and what was lent cannot be lent on.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_delegations, access_member, lock_company
from torihiki.identity.events import IdentityEvent
from torihiki.identity.models import Delegation
from torihiki.identity.permissions import COMPANY_RIGHTS, MANAGE_MEMBERS, grantable
from torihiki.identity.refusals import DelegationUnfit, NotHere
from torihiki.identity.rights import keep_within, rights_of
from torihiki.ledger.events import Event
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.lib.ids import new_id
from torihiki.tenancy.actor import Actor

LONGEST = timedelta(days=366)
RUNNING_MAX = 20  # of one giver or one taker, running or still to come


def delegate(
    actor: Actor,
    giver_id: UUID,
    *,
    taker_id: UUID,
    permissions: Collection[str],
    starts_at: datetime,
    ends_at: datetime,
    at: datetime,
) -> Delegation:
    """Let the taker do in the giver's stead what `permissions` name, from `starts_at` until before `ends_at`. The
    giver is the actor, or a member whom the actor manages.

    Raises NotHere, DelegationUnfit, or BeyondOwnRights.
    """
    with attempt(IdentityEvent.DELEGATED, actor, subject_type="member", subject_id=giver_id):
        lock_company(actor)
        if giver_id != actor.member_id and not actor.holds(MANAGE_MEMBERS):
            raise NotHere
        giver, taker = access_member(actor, giver_id), access_member(actor, taker_id)
        if giver.pk == taker.pk or giver.suspended_at or taker.suspended_at:
            raise DelegationUnfit(_("Choose another member who is active."))
        if giver.unit_only:
            raise DelegationUnfit(_("Whoever works for one unit only lends nothing. Give the colleague a role."))
        if not at < ends_at or not starts_at < ends_at or ends_at - starts_at > LONGEST:
            raise DelegationUnfit(_("Choose days from today on, at most a year."))
        if not permissions or not set(permissions) <= lendable():
            raise DelegationUnfit(_("Choose what is allowed."))
        held = Actor(permissions=rights_of(actor, giver))
        if not all(held.holds(permission) for permission in permissions):
            raise DelegationUnfit(_("Nobody can let others do what they may not do themselves."))
        if giver_id != actor.member_id:
            keep_within(actor, permissions)
        open_ones = access_delegations(actor).filter(ended_at=None, ends_at__gt=at)
        if open_ones.filter(Q(giver=giver) | Q(taker=taker)).count() >= RUNNING_MAX:
            raise DelegationUnfit(_("There are too many of these already. End those that are not needed."))
        delegation = Delegation.objects.create(
            id=new_id(),
            company_id=actor.company,
            giver=giver,
            taker=taker,
            permissions=sorted(permissions),
            starts_at=starts_at,
            ends_at=ends_at,
            created_by=actor.name,
            created_at=at,
        )
        _record(IdentityEvent.DELEGATED, actor, delegation, at)
    return delegation


def end_delegation(actor: Actor, delegation_id: UUID, *, at: datetime) -> Delegation:
    """From the next request on; ending twice changes nothing. Giver, taker and whoever manages members may. Raises
    NotHere."""
    with attempt(IdentityEvent.DELEGATION_ENDED, actor, subject_type="delegation", subject_id=delegation_id):
        lock_company(actor)
        delegation = access_delegations(actor).filter(pk=delegation_id).first()
        concerned = delegation and actor.member_id in (delegation.giver_id, delegation.taker_id)
        if delegation is None or not (concerned or actor.holds(MANAGE_MEMBERS)):
            raise NotHere
        if delegation.ended_at is None and delegation.ends_at > at:
            delegation.ended_at = at
            delegation.save(update_fields=["ended_at"])
            _record(IdentityEvent.DELEGATION_ENDED, actor, delegation, at)
    return delegation


def lendable() -> frozenset[str]:
    return grantable() - frozenset(COMPANY_RIGHTS)


def _record(event: Event, actor: Actor, delegation: Delegation, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="member",
        subject_id=delegation.giver_id,
        subject_label=delegation.giver.name,
        at=at,
        data={
            "delegation": delegation.pk,
            "taker": delegation.taker_id,
            "taker_name": delegation.taker.name,
            "permissions": delegation.permissions,
            "starts_at": delegation.starts_at,
            "ends_at": delegation.ends_at,
        },
    )
