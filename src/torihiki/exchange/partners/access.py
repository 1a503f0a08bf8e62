"""The only way to fetch partners, invitations and terms; filtered by the actor's company here and by row-level security
underneath."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from torihiki.crypto.digest import token_hash
from torihiki.exchange.models import Partner, Party, Relationship, Terms
from torihiki.exchange.partners.cards import Fold
from torihiki.exchange.partners.refusals import PartnerInvitationOver, PartnerNotVisible
from torihiki.tenancy.actor import Actor


def access_partners(actor: Actor) -> QuerySet[Partner]:
    """With `shown`: the own name for the partner, or its name."""
    own_name = NullIf(F("own_name"), Value(""), output_field=CharField())
    shown = Coalesce(own_name, F("party__name"), output_field=CharField())
    return (
        Partner.objects.filter(company_id=actor.company).select_related("party", "relationship").annotate(shown=shown)
    )


def search_partners(partners: QuerySet[Partner], words: str) -> QuerySet[Partner]:
    """Every word occurs in a name, code or number."""
    for word in words.split():
        folded = Fold(Value(word))
        partners = partners.filter(
            Q(search__contains=folded) | Q(party__name__icontains=word) | Q(party__registration_number__icontains=word)
        )
    return partners


def access_partner(actor: Actor, partner_id: UUID, *, lock: bool = False) -> Partner:
    """Raises PartnerNotVisible."""
    if lock:
        Partner.objects.select_for_update().filter(company_id=actor.company, pk=partner_id).first()
    partner = access_partners(actor).filter(pk=partner_id).first()
    if partner is None:
        raise PartnerNotVisible
    return partner


def access_own_card(actor: Actor) -> Party:
    return Party.objects.get(company_id=actor.company)


def access_open_invitations(actor: Actor) -> QuerySet[Relationship]:
    """Those that the company sent and nobody answered, also when they are too old."""
    return Relationship.objects.filter(inviter_id=actor.company, state=Relationship.State.INVITED)


def lock_relationship(partner: Partner) -> Relationship | None:
    """The relationship with `partner`, held until the transaction ends; None for an external one."""
    if partner.relationship_id is None:
        return None
    return Relationship.objects.select_for_update().get(pk=partner.relationship_id)


def access_open_invitation(actor: Actor, relationship_id: UUID, *, lock: bool = False) -> Relationship:
    """Raises PartnerNotVisible."""
    found = access_open_invitations(actor).filter(pk=relationship_id)
    invitation = (found.select_for_update() if lock else found).first()
    if invitation is None:
        raise PartnerNotVisible
    return invitation


def access_terms(actor: Actor, partner: Partner, terms_id: UUID, *, lock: bool = False) -> Terms:
    """Terms of the relationship with `partner`. Raises PartnerNotVisible."""
    if partner.relationship_id is None:
        raise PartnerNotVisible
    found = Terms.objects.filter(relationship_id=partner.relationship_id, pk=terms_id)
    terms = (found.select_for_update() if lock else found).first()
    if terms is None:
        raise PartnerNotVisible
    return terms


class OpenInvitation(NamedTuple):
    """What the holder of a link may know of it, with or without an account."""

    id: UUID
    inviter_id: UUID
    inviter_name: str
    email: str
    message: str
    invited_by: str
    expires_at: datetime


def access_invitation_by_token(token: str, *, at: datetime) -> OpenInvitation:
    """Raises PartnerInvitationOver."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM exchange_invitation(%s, %s)", [token_hash(token), at])
        row = cursor.fetchone()
    if row is None:
        raise PartnerInvitationOver
    return OpenInvitation(*row)
