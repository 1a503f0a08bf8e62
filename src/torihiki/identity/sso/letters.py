"""What single sign-on says by mail."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from torihiki.identity.access import access_members
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Company
from torihiki.identity.sso.access import access_providers
from torihiki.identity.sso.actions.metadata import LETTER
from torihiki.tenancy.actor import Actor

LATELY = timedelta(days=2)


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
