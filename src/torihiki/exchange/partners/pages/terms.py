"""Terms with a partner: proposed, agreed, declined; or set by oneself for an external one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.partners.access import access_partner
from torihiki.exchange.partners.actions import agree_terms, decline_terms, propose_terms, set_external_terms
from torihiki.exchange.partners.forms import TermsForm
from torihiki.exchange.partners.terms import current_terms
from torihiki.identity.permissions import MANAGE_PARTNERS
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused


@desk(MANAGE_PARTNERS, methods=("GET", "POST"))
def terms_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    """Starts from what holds now."""
    actor = request.actor
    partner = access_partner(actor, partner_id)
    is_external = partner.relationship_id is None
    present = current_terms(actor, partner.party_id, timezone.localdate())
    form = TermsForm(request.POST or None, initial=present.model_dump(mode="json"))
    if request.method == "POST" and form.is_valid():
        body, at = form.body(), timezone.now()
        try:
            if is_external:
                set_external_terms(actor, partner_id, body, at=at)
            else:
                propose_terms(actor, partner_id, body, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved.") if is_external else _("Proposed. They hold once the partner agrees."))
            if body.is_slow:
                messages.warning(request, slow_words(body.payment_days_longest))
            return redirect("partner", partner_id)
    context = {"form": form, "partner": partner, "is_external": is_external}
    return render(request, "exchange/partners/terms.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_PARTNERS, methods=("POST",))
def agree_page(request: DeskRequest, partner_id: UUID, terms_id: UUID) -> HttpResponse:
    agree_terms(request.actor, partner_id, terms_id, at=timezone.now())
    messages.success(request, _("Agreed. These terms hold from today."))
    return redirect("partner", partner_id)


@desk(MANAGE_PARTNERS, methods=("POST",))
def decline_page(request: DeskRequest, partner_id: UUID, terms_id: UUID) -> HttpResponse:
    decline_terms(request.actor, partner_id, terms_id, at=timezone.now())
    messages.success(request, _("The proposal is off the table; what held before holds on."))
    return redirect("partner", partner_id)


def slow_words(days: int) -> str:
    return _(
        "Paid like this, up to %(days)d days pass from receipt to payment. Where the law on fair subcontracting"
        " (取適法) applies, 60 days are the most."
    ) % {"days": days}
