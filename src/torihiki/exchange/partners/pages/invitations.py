"""Inviting partners, and the page behind an invitation's link."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.exchange.partners.access import OpenInvitation, access_invitation_by_token, access_partner
from torihiki.exchange.partners.actions import (
    accept_partner,
    decline_partner,
    invite_partner,
    reinvite_partner,
    withdraw_partner,
)
from torihiki.exchange.partners.forms import InvitationForm, RegistrationForm
from torihiki.exchange.partners.refusals import NotExternal, PartnerInvitationOver
from torihiki.identity.actions import register_company
from torihiki.identity.pages.signing import present_language, welcome
from torihiki.identity.permissions import MANAGE_PARTNERS
from torihiki.identity.sign_in.attempts import Proof
from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor

LANDING = "exchange/partners/invitation.html"


@desk(MANAGE_PARTNERS, methods=("GET", "POST"))
def invite_page(request: DeskRequest, partner_id: UUID | None = None) -> HttpResponse:
    """With `partner_id`: for the external partner that this company keeps already."""
    partner = access_partner(request.actor, partner_id) if partner_id else None
    if partner is not None and partner.party.owner_id != request.actor.company:
        raise NotExternal
    form = InvitationForm(request.POST or None, initial={"email": partner.party.email if partner else ""})
    if request.method == "POST" and form.is_valid():
        cleaned, at = form.cleaned_data, timezone.now()
        try:
            invite_partner(
                request.actor, email=cleaned["email"], message=cleaned["message"], partner_id=partner_id, at=at
            )
        except Refused as refusal:
            form.add_error("email" if refusal.code == "partner_invited_already" else None, str(refusal.message))
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": cleaned["email"]})
            return redirect("partners")
    status = 422 if request.method == "POST" else 200
    return render(request, "exchange/partners/invite.html", {"form": form, "partner": partner}, status=status)


@desk(MANAGE_PARTNERS, methods=("POST",))
def resend_page(request: DeskRequest, relationship_id: UUID) -> HttpResponse:
    again = reinvite_partner(request.actor, relationship_id, at=timezone.now())
    messages.success(
        request, _("A new link is on its way to %(email)s; the former one no longer works.") % {"email": again.email}
    )
    return redirect("partners")


@desk(MANAGE_PARTNERS, methods=("POST",))
def withdraw_page(request: DeskRequest, relationship_id: UUID) -> HttpResponse:
    withdraw_partner(request.actor, relationship_id, at=timezone.now())
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("partners")


@public("whoever holds the link, with an account or without")
def landing_page(request: HttpRequest, token: str) -> HttpResponse:
    """Who invites, and the ways to answer."""
    try:
        invitation = access_invitation_by_token(token, at=timezone.now())
    except PartnerInvitationOver as refusal:
        return _over(request, refusal)
    return _landing(request, token, invitation)


@public("whoever holds the link answers it", methods=("POST",))
def answer_page(request: HttpRequest, token: str, answer: str) -> HttpResponse:
    at = timezone.now()
    actor: Actor | None = getattr(request, "actor", None)
    try:
        invitation = access_invitation_by_token(token, at=at)
    except PartnerInvitationOver as refusal:
        return _over(request, refusal)
    try:
        if answer == "decline" and (actor is None or actor.may(MANAGE_PARTNERS)):
            decline_partner(actor, invitation, token, at=at)
            return render(request, "exchange/partners/declined.html", {"invitation": invitation})
        if answer == "accept" and actor is not None and actor.may(MANAGE_PARTNERS):
            partner = accept_partner(actor, invitation, token, at=at)
            messages.success(request, _("You and %(name)s are partners now.") % {"name": invitation.inviter_name})
            return redirect("partner", partner.id)
    except Refused as refusal:
        return _landing(request, token, invitation, refusal=refusal)
    if answer == "register" and actor is None:
        return _register(request, token, invitation)
    return redirect("partner-invitation", token)


def _register(request: HttpRequest, token: str, invitation: OpenInvitation) -> HttpResponse:
    """A new company accepts. It is registered first: should somebody have been faster, it is there and signed in."""
    form, at = RegistrationForm(request.POST), timezone.now()
    if not form.is_valid():
        return _landing(request, token, invitation, form=form)
    person = form.person(language=present_language())
    try:
        actor, _member = register_company(person, name=form.cleaned_data["company_name"], at=at, card=form.card())
    except Refused as refusal:
        form.add_error("login_id" if refusal.code == "login_id_taken" else None, str(refusal.message))
        return _landing(request, token, invitation, form=form)
    address = reverse("partners")
    try:
        address = reverse("partner", args=[accept_partner(actor, invitation, token, at=at).id])
        messages.success(request, _("Welcome. You and %(name)s are partners now.") % {"name": invitation.inviter_name})
    except Refused as refusal:
        messages.warning(request, str(refusal.message))
    return welcome(request, actor, Proof.INVITATION, address, language=person.language)


def _landing(
    request: HttpRequest,
    token: str,
    invitation: OpenInvitation,
    *,
    form: RegistrationForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    actor: Actor | None = getattr(request, "actor", None)
    initial = {"email": invitation.email, "login_id": invitation.email}
    context = {
        "invitation": invitation,
        "token": token,
        "form": form or RegistrationForm(initial=initial),
        "refusal": refusal,
        "may_answer": actor is not None and actor.may(MANAGE_PARTNERS),
        "is_own": actor is not None and actor.company_id == invitation.inviter_id,
    }
    status = refusal.status if refusal else 422 if form else 200
    return render(request, LANDING, context, status=status)


def _over(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return render(request, "identity/invitation_over.html", {"refusal": refusal}, status=404)
