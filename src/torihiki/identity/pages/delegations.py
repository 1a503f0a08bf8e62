"""Acting in another member's stead: one's own, and those that an administrator makes for others."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import access_delegations, access_member
from torihiki.identity.actions.delegations import delegate, end_delegation
from torihiki.identity.forms import DelegationForm
from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.pages.tokens import scope_words
from torihiki.identity.permissions import MANAGE_MEMBERS
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused

SHOWN_MAX = 100


@desk(None, methods=("GET", "POST"))
@recently_proved
def own_delegations_page(request: DeskRequest) -> HttpResponse:
    return _page(request, request.actor.member, "own-delegations")


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
@recently_proved
def delegations_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    """For a member who cannot do it any more: ill, or gone."""
    return _page(request, member_id, "delegations")


@desk(None, methods=("POST",))
def end_delegation_page(request: DeskRequest, delegation_id: UUID) -> HttpResponse:
    delegation = end_delegation(request.actor, delegation_id, at=timezone.now())
    messages.success(request, _("%(name)s no longer acts in that stead.") % {"name": delegation.taker.name})
    own = request.actor.member_id in (delegation.giver_id, delegation.taker_id)
    return redirect("own-delegations") if own else redirect("delegations", delegation.giver_id)


def _page(request: DeskRequest, giver_id: UUID, name: str) -> HttpResponse:
    giver, at = access_member(request.actor, giver_id), timezone.now()
    form = DelegationForm(request.POST or None, actor=request.actor, giver=giver)
    if request.method == "POST" and form.is_valid():
        try:
            delegate(
                request.actor,
                giver_id,
                taker_id=form.cleaned_data["taker"],
                permissions=form.scopes(),
                starts_at=form.starts_at(),
                ends_at=form.ends_at(),
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect(name, *([] if name == "own-delegations" else [giver_id]))
    concerned = access_delegations(request.actor).filter(Q(giver=giver) | Q(taker=giver))
    rows = [(row, scope_words(row.permissions)) for row in concerned.order_by("-ends_at", "-id")[:SHOWN_MAX]]
    context = {"form": form, "giver": giver, "rows": rows, "now": at, "is_own": giver_id == request.actor.member_id}
    return render(request, "identity/delegations.html", context, status=422 if request.method == "POST" else 200)
