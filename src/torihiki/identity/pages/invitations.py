"""The page behind the link of an invitation to become a member."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import OpenInvitation, access_invitation_by_token
from torihiki.identity.actions import NewPerson, accept_invitation
from torihiki.identity.choosing import chooser_for
from torihiki.identity.forms import NewPersonForm
from torihiki.identity.pages.signing import FIRST_PAGE, present_language, welcome
from torihiki.identity.permissions import ROLE_HELP, Role
from torihiki.identity.refusals import InvitationOver
from torihiki.identity.sign_in.attempts import Proof
from torihiki.identity.sso.access import is_closed, open_doors
from torihiki.identity.sso.refusals import PasswordsClosed
from torihiki.ledger.desk import public
from torihiki.ledger.refusals import Refused
from torihiki.tenancy.actor import Actor, scope


@public("whoever holds the link, with an account or without", methods=("GET", "POST"))
def invitation_page(request: HttpRequest, token: str) -> HttpResponse:
    at = timezone.now()
    try:
        invitation = access_invitation_by_token(token, at=at)
    except InvitationOver as refusal:
        return over_page(request, refusal)
    actor: Actor | None = getattr(request, "actor", None)
    with scope(Actor.system(invitation.company_id)):
        closed = is_closed(invitation.company_id, at=at)
    context = {
        "invitation": invitation,
        "role": Role(invitation.role).label,
        "help": ROLE_HELP[Role(invitation.role)],
        "doors": open_doors(invitation.company_id),
        "token": token,
    }
    if closed:
        refused = PasswordsClosed() if request.method == "POST" else None
        context |= {"refusal": refused}
        return render(request, "identity/invitation_sso.html", context, status=refused.status if refused else 200)
    if actor is not None:
        return _join_with(request, actor, invitation, context)
    initial = {"name": invitation.name, "email": invitation.email, "login_id": invitation.email}
    form = NewPersonForm(request.POST or None, initial=initial, chooser=chooser_for(invitation.company_id))
    if request.method == "POST" and form.is_valid():
        person = form.person(language=present_language())
        try:
            return _enter(request, invitation, accept_invitation(None, invitation, person=person, at=at), person)
        except Refused as refusal:
            if refusal.status == 404:
                return over_page(request, refusal)
            form.add_error("login_id" if refusal.code == "login_id_taken" else None, str(refusal.message))
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/invitation.html", {**context, "form": form}, status=status)


def over_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    return render(request, "identity/invitation_over.html", {"refusal": refusal}, status=404)


def _join_with(
    request: HttpRequest, actor: Actor, invitation: OpenInvitation, context: dict[str, object]
) -> HttpResponse:
    if request.method != "POST":
        return render(request, "identity/invitation_join.html", context)
    try:
        joined = accept_invitation(actor, invitation, at=timezone.now())
    except Refused as refusal:
        if refusal.status == 404:
            return over_page(request, refusal)
        return render(request, "identity/invitation_join.html", {**context, "refusal": refusal}, status=refusal.status)
    return _enter(request, invitation, joined, None)


def _enter(request: HttpRequest, invitation: OpenInvitation, joined: Actor, person: NewPerson | None) -> HttpResponse:
    messages.success(request, _("Welcome to %(company)s.") % {"company": invitation.company_name})
    return welcome(request, joined, Proof.INVITATION, FIRST_PAGE, language=person.language if person else "")
