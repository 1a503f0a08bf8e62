"""The list of partners, and each partner's page."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Partner, Relationship, Terms
from torihiki.exchange.partners.access import (
    access_open_invitations,
    access_partner,
    access_partners,
    search_partners,
)
from torihiki.exchange.partners.actions import (
    add_external_partner,
    archive_partner,
    change_partner,
    end_relationship,
    restore_partner,
    resume_relationship,
    suspend_relationship,
)
from torihiki.exchange.partners.actions.relationships import steps_open
from torihiki.exchange.partners.forms import ExternalPartnerForm, NotesForm, card_initial
from torihiki.exchange.partners.terms import TermsBody
from torihiki.exchange.partners.words import card_facts, state_of, terms_facts
from torihiki.identity.permissions import MANAGE_PARTNERS
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Tab

READ = "partners.read"
PAGE_ROWS = 50
INVITATIONS_SHOWN_MAX = 100
TERMS_SHOWN_MAX = 50
WORDS_LENGTH_MAX = 100
WORDS_MAX = 5
SHOWN = ("current", "members", "external", "archived")


@desk(READ)
def partners_page(request: DeskRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:WORDS_LENGTH_MAX]
    shown = request.GET.get("show", "")
    shown = shown if shown in SHOWN else SHOWN[0]
    partners = search_partners(_of(access_partners(request.actor), shown), " ".join(words.split()[:WORDS_MAX]))
    page = keyset_page(partners, request, {"shown": str, "id": UUID}, size=PAGE_ROWS)
    context = {
        "page": page,
        "states": [(partner, state_of(partner)) for partner in page.rows],
        "invitations": access_open_invitations(request.actor).order_by("-id")[:INVITATIONS_SHOWN_MAX],
        "tabs": [Tab(label, f"{reverse('partners')}?show={key}", current=key == shown) for key, label in _tabs()],
        "words": words,
        "shown": shown,
        "may_manage": request.actor.may(MANAGE_PARTNERS),
        "now": timezone.now(),
    }
    return render(request, "exchange/partners/list.html", context)


@desk(READ)
def partner_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    actor = request.actor
    partner = access_partner(actor, partner_id)
    versions = _versions(partner)
    waiting = next((one for one in versions if not one.agreed_at and not one.declined_at), None)
    context = {
        "partner": partner,
        "state": state_of(partner),
        "facts": card_facts(PartyDetails.model_validate(partner.party.details)),
        "is_external": partner.party.owner_id == actor.company,
        "steps": steps_open(actor, partner.relationship),
        "suspended_by_us": partner.relationship and partner.relationship.changed_by == actor.company,
        "terms": _terms_in_force(partner, versions),
        "versions": versions,
        "waiting": waiting,
        "waiting_facts": terms_facts(TermsBody.model_validate(waiting.body)) if waiting else (),
        "can_propose": partner.relationship is not None and partner.relationship.state == Relationship.State.ACTIVE,
        "may_manage": actor.may(MANAGE_PARTNERS),
        "company_id": actor.company,
    }
    return render(request, "exchange/partners/partner.html", context)


@desk(MANAGE_PARTNERS, methods=("GET", "POST"))
def new_partner_page(request: DeskRequest) -> HttpResponse:
    form = ExternalPartnerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            partner = add_external_partner(
                request.actor,
                form.details(),
                own_code=cleaned["own_code"],
                own_name=cleaned["own_name"],
                note=cleaned["note"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("own_code" if refusal.code == "partner_code_taken" else None, str(refusal.message))
        else:
            tell_saved(request, form, _("The partner is added."))
            return redirect("partner", partner.id)
    status = 422 if request.method == "POST" else 200
    return render(request, "exchange/partners/edit.html", {"form": form}, status=status)


@desk(MANAGE_PARTNERS, methods=("GET", "POST"))
def edit_partner_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    partner = access_partner(request.actor, partner_id)
    details = PartyDetails.model_validate(partner.party.details)
    initial = {"own_code": partner.own_code, "own_name": partner.own_name, "note": partner.note}
    is_external = partner.party.owner_id == request.actor.company
    form: NotesForm = (
        ExternalPartnerForm(request.POST or None, initial=initial | card_initial(details))
        if is_external
        else NotesForm(request.POST or None, initial=initial)
    )
    if request.method == "POST" and form.is_valid():
        try:
            change_partner(
                request.actor,
                partner_id,
                **{name: form.cleaned_data[name] for name in initial},
                details=form.details(details) if isinstance(form, ExternalPartnerForm) else None,
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error("own_code" if refusal.code == "partner_code_taken" else None, str(refusal.message))
        else:
            tell_saved(request, form, _("Saved."))
            return redirect("partner", partner_id)
    context = {"form": form, "partner": partner}
    return render(request, "exchange/partners/edit.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_PARTNERS, methods=("POST",))
def archive_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    archive_partner(request.actor, partner_id, at=timezone.now())
    messages.success(request, _("The partner is in the archive."))
    return redirect("partners")


@desk(MANAGE_PARTNERS, methods=("POST",))
def restore_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    restore_partner(request.actor, partner_id, at=timezone.now())
    messages.success(request, _("The partner is back in your list."))
    return redirect("partner", partner_id)


@desk(MANAGE_PARTNERS, methods=("POST",))
def suspend_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    suspend_relationship(request.actor, partner_id, at=timezone.now())
    messages.success(request, _("Trade is suspended: nothing new is sent either way."))
    return redirect("partner", partner_id)


@desk(MANAGE_PARTNERS, methods=("POST",))
def resume_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    resume_relationship(request.actor, partner_id, at=timezone.now())
    messages.success(request, _("Trade is open again."))
    return redirect("partner", partner_id)


@desk(MANAGE_PARTNERS, methods=("POST",))
def end_page(request: DeskRequest, partner_id: UUID) -> HttpResponse:
    end_relationship(request.actor, partner_id, at=timezone.now())
    messages.success(request, _("The relationship is ended. Documents stay with both sides."))
    return redirect("partner", partner_id)


def tell_saved(request: DeskRequest, form: Any, words: str) -> None:
    """The good news, and what the form remarked without refusing it."""
    messages.success(request, words)
    for remark in getattr(form, "remarks", []):
        messages.warning(request, remark)


def _of(partners: QuerySet[Partner], shown: str) -> QuerySet[Partner]:
    if shown == "archived":
        return partners.filter(archived_at__isnull=False)
    partners = partners.filter(archived_at=None)
    if shown == "members":
        return partners.filter(relationship__isnull=False)
    if shown == "external":
        return partners.filter(relationship=None)
    return partners


def _tabs() -> list[tuple[str, str]]:
    return list(zip(SHOWN, (_("All"), _("On torihiki"), _("External"), _("Archive")), strict=True))


def _versions(partner: Partner) -> list[Terms]:
    if partner.relationship_id is None:
        return []
    return list(Terms.objects.filter(relationship_id=partner.relationship_id).order_by("-version")[:TERMS_SHOWN_MAX])


def _terms_in_force(partner: Partner, versions: list[Terms]) -> dict[str, Any]:
    """What holds today, in words, and since when; the defaults where nothing was agreed."""
    agreed = next((one for one in versions if one.agreed_at), None)
    if agreed is not None:
        return {"facts": terms_facts(TermsBody.model_validate(agreed.body)), "agreed": agreed}
    if partner.external_terms and partner.relationship_id is None:
        return {"facts": terms_facts(TermsBody.model_validate(partner.external_terms)), "own": True}
    return {"facts": terms_facts(TermsBody()), "default": True}
