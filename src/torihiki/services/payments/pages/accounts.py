"""Bank accounts: the own ones, and those of payees with who entered and who confirmed each."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.access import access_partners
from torihiki.exchange.partners.access import access_partner
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import id_of
from torihiki.services.payments.access import access_accounts
from torihiki.services.payments.accounts import add_account, confirm_account, stop_account
from torihiki.services.payments.forms import AccountForm
from torihiki.services.payments.pages.frame import tabs
from torihiki.services.payments.spec import PREPARE, READ, RELEASE
from torihiki.web.paging import keyset_page

PAGE_ROWS = 50
PARTNERS_OFFERED_MAX = 200


@desk(READ)
def accounts_page(request: DeskRequest) -> HttpResponse:
    actor = request.actor
    payees = access_accounts(actor).filter(partner__isnull=False, stopped_at=None)
    page = keyset_page(payees, request, {"id": UUID}, size=PAGE_ROWS, newest_first=True)
    context = {
        "tabs": tabs("bank-accounts"),
        "own": list(access_accounts(actor).filter(partner=None, stopped_at=None).order_by("id")),
        "page": page,
        "may_prepare": actor.may(PREPARE),
        "may_release": actor.may(RELEASE),
        "me": actor.member_id,
        "partners": access_partners(actor).order_by("own_code", "party__name")[:PARTNERS_OFFERED_MAX],
    }
    return render(request, "payments/accounts.html", context)


@desk(PREPARE, methods=("GET", "POST"))
def new_account_page(request: DeskRequest) -> HttpResponse:
    """`partner` says whose; without it, it is an own account."""
    partner_id = id_of(request.GET.get("partner", ""))
    partner = access_partner(request.actor, partner_id) if partner_id else None
    form = AccountForm(request.POST or None, is_own=partner is None)
    if request.method == "POST" and form.is_valid():
        add_account(request.actor, partner_id=partner_id, at=timezone.now(), **form.cleaned_data)
        if partner is None:
            messages.success(request, _("Saved."))
        else:
            messages.success(request, _("Saved. Another person has to confirm it before money goes there."))
        return redirect("bank-accounts")
    context = {"form": form, "partner": partner}
    return render(request, "payments/account.html", context, status=422 if request.method == "POST" else 200)


@desk(RELEASE, methods=("POST",))
def confirm_account_page(request: DeskRequest, account_id: UUID) -> HttpResponse:
    try:
        confirm_account(request.actor, account_id, at=timezone.now())
    except Refused as refusal:
        if refusal.status == 404:
            raise
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Confirmed. From now on money goes there."))
    return redirect("bank-accounts")


@desk(PREPARE, methods=("POST",))
def stop_account_page(request: DeskRequest, account_id: UUID) -> HttpResponse:
    stop_account(request.actor, account_id, at=timezone.now())
    messages.success(request, _("The account is no longer used."))
    return redirect("bank-accounts")
