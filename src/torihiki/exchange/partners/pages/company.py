"""The own company as its partners see it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.partners.access import access_own_card
from torihiki.exchange.partners.actions import change_own_card
from torihiki.exchange.partners.forms import CardForm, card_initial
from torihiki.exchange.partners.pages.partners import tell_saved
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.ledger.desk import DeskRequest, desk


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def company_page(request: DeskRequest) -> HttpResponse:
    details = PartyDetails.model_validate(access_own_card(request.actor).details)
    form = CardForm(request.POST or None, initial=card_initial(details))
    if request.method == "POST" and form.is_valid():
        change_own_card(request.actor, form.details(details), at=timezone.now())
        tell_saved(request, form, _("Saved. Documents from now on carry this; what was sent stays as it was."))
        return redirect("company")
    status = 422 if request.method == "POST" else 200
    return render(request, "exchange/partners/company.html", {"form": form}, status=status)
