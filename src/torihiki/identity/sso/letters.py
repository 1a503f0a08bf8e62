"""What single sign-on says by mail: of a connection's keys, and of the company's newest emergency access."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from torihiki.identity.access import access_members
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Company
from torihiki.identity.sso.access import access_emergencies, access_entrance, access_providers
from torihiki.identity.sso.actions.metadata import LETTER
from torihiki.tenancy.actor import Actor

LATELY = timedelta(days=2)
EMERGENCY_ASKED = "sso.emergency_asked"
EMERGENCY_OPENED = "sso.emergency_opened"
EMERGENCY_ENDED = "sso.emergency_ended"


@letter(LETTER)
def keys_changed(actor: Actor, subject_id: UUID) -> Letter | None:
    """To one administrator: whose keys have changed, and what waits to be taken, as things stand now."""
    member = access_members(actor).filter(pk=subject_id).first()
    changed = Q(metadata_waiting__isnull=False) | Q(keys_changed_at__gte=timezone.now() - LATELY)
    providers = list(access_providers(actor).filter(changed))
    if member is None or not providers:
        return None
    context = {
        "member": member,
        "company": Company.objects.get(pk=actor.company),
        "providers": providers,
        "link": public_link(reverse("identity-providers")),
    }
    return Letter(member.email, "sso/mail/keys_changed.txt", context, language_of(member.account_id))


@letter(EMERGENCY_ASKED)
def emergency_asked(actor: Actor, subject_id: UUID) -> Letter | None:
    """To whoever may approve; nothing once it is answered or ended."""
    entrance = access_entrance(actor)
    if entrance is None or not access_emergencies(actor).filter(ended_at=None, approved_at=None).exists():
        return None
    link = public_link(reverse("sso-emergency", args=[entrance.slug]))
    return _about(actor, subject_id, "sso/mail/emergency_asked.txt", link=link)


@letter(EMERGENCY_OPENED)
def emergency_opened(actor: Actor, subject_id: UUID) -> Letter | None:
    return _about(actor, subject_id, "sso/mail/emergency_opened.txt", link=public_link(reverse("sign-in")))


@letter(EMERGENCY_ENDED)
def emergency_ended(actor: Actor, subject_id: UUID) -> Letter | None:
    return _about(actor, subject_id, "sso/mail/emergency_ended.txt")


def _about(actor: Actor, member_id: UUID, template: str, **more: str) -> Letter | None:
    member = access_members(actor).filter(pk=member_id, suspended_at=None).first()
    emergency = access_emergencies(actor).first()
    if member is None or emergency is None:
        return None
    context = {"member": member, "company": Company.objects.get(pk=actor.company), "emergency": emergency, **more}
    return Letter(member.email, template, context, language_of(member.account_id))
