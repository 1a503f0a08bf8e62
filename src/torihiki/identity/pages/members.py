"""The administrator's pages about members and their invitations (clause 2-4-1)."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.access import access_grants, access_invitations, access_member, access_members
from torihiki.identity.actions import (
    change_member,
    end_sessions,
    invite_member,
    reactivate_member,
    resend_invitation,
    reset_two_step,
    suspend_member,
    unlock_member,
    withdraw_invitation,
)
from torihiki.identity.actions.policies import locked_until
from torihiki.identity.forms import MemberForm
from torihiki.identity.pages.device import set_cookie
from torihiki.identity.pages.proving import recently_proved, to_prove
from torihiki.identity.permissions import MANAGE_MEMBERS, ROLE_HELP, Role
from torihiki.identity.proving import is_fresh
from torihiki.identity.refusals import NotHere
from torihiki.identity.rights import matrix, sources_of
from torihiki.identity.seeing import COOKIE_NAME, begin_seeing, end_seeing, seen_in
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.web.paging import keyset_page

PAGE_ROWS = 50
INVITATIONS_SHOWN_MAX = 200
WORDS_LENGTH_MAX = 100
FIELDS = {"last_administrator": "role", "unit_only_unfit": "unit_only"}
ROLES = [(role.label, ROLE_HELP[role]) for role in Role]


@desk(MANAGE_MEMBERS)
def members_page(request: DeskRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:WORDS_LENGTH_MAX]
    members = access_members(request.actor).select_related("unit").prefetch_related("grants__role")
    for word in words.split():
        members = members.filter(Q(name__icontains=word) | Q(email__icontains=word))
    context = {
        "page": keyset_page(members, request, {"name": str, "id": UUID}, size=PAGE_ROWS),
        "invitations": access_invitations(request.actor).select_related("unit").order_by("-id")[:INVITATIONS_SHOWN_MAX],
        "words": words,
        "now": timezone.now(),
    }
    return render(request, "identity/members.html", context)


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def invite_page(request: DeskRequest) -> HttpResponse:
    form = MemberForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            invitation = invite_member(
                request.actor,
                email=cleaned["email"],
                name=cleaned["name"],
                role=cleaned["role"],
                unit_id=cleaned["unit"],
                own_role_ids=cleaned["own_roles"],
                unit_only=cleaned["unit_only"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(FIELDS.get(refusal.code), str(refusal.message))
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("members")
    status = 422 if request.method == "POST" else 200
    return render(request, "identity/invite_member.html", {"form": form, "roles": ROLES}, status=status)


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def member_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = access_member(request.actor, member_id)
    initial = {
        "name": member.name,
        "email": member.email,
        "role": member.role,
        "own_roles": [grant.role_id for grant in access_grants(request.actor).filter(member=member)],
        "unit": member.unit_id or "",
        "unit_only": member.unit_only,
    }
    form = MemberForm(request.POST or None, actor=request.actor, kept=member.unit_id, initial=initial)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        if cleaned["email"] != member.email and not is_fresh(request.proved_at, at=timezone.now()):
            return to_prove(request)  # codes and links go to this address
        try:
            change_member(
                request.actor,
                member_id,
                name=cleaned["name"],
                email=cleaned["email"],
                role=cleaned["role"],
                unit_id=cleaned["unit"],
                own_roles=cleaned["own_roles"],
                unit_only=cleaned["unit_only"],
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(FIELDS.get(refusal.code), str(refusal.message))
        else:
            messages.success(request, _("Saved."))
            return redirect("members")
    context = {
        "form": form,
        "member": member,
        "roles": ROLES,
        "is_self": member.id == request.actor.member_id,
        "locked_until": locked_until(request.actor, member_id, at=timezone.now()),
    }
    return render(request, "identity/member.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_MEMBERS)
def rights_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    """What the member may do, and from which of the roles each right comes."""
    member = access_member(request.actor, member_id)
    context = {"member": member, "matrix": matrix(sources_of(request.actor, member))}
    return render(request, "identity/rights.html", context)


@desk(MANAGE_MEMBERS, methods=("POST",))
def suspend_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = suspend_member(request.actor, member_id, at=timezone.now())
    messages.success(request, _("%(name)s is suspended and signed out everywhere.") % {"name": member.name})
    return redirect("member", member_id)


@desk(MANAGE_MEMBERS, methods=("POST",))
@recently_proved
def see_as_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    value = begin_seeing(request.actor, member_id, session_token=request.session_token, at=timezone.now())
    response = redirect("home")
    set_cookie(response, COOKIE_NAME, value)
    return response


@desk(None, methods=("POST",))
def end_seeing_page(request: DeskRequest) -> HttpResponse:
    member_id, _over = seen_in(request, request.session_token, at=timezone.now())
    if member_id is None:
        raise NotHere
    end_seeing(request.actor, member_id, at=timezone.now())
    response = redirect("member", member_id)
    response.delete_cookie(COOKIE_NAME, path="/", samesite="Lax")
    return response


@desk(MANAGE_MEMBERS, methods=("POST",))
def end_sessions_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = end_sessions(request.actor, member_id, at=timezone.now())
    messages.success(request, _("%(name)s is signed out everywhere.") % {"name": member.name})
    return redirect("member", member_id)


@desk(MANAGE_MEMBERS, methods=("POST",))
@recently_proved
def reset_two_step_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = reset_two_step(request.actor, member_id, at=timezone.now())
    messages.success(request, _("Codes go to %(email)s from now on.") % {"email": member.email})
    return redirect("member", member_id)


@desk(MANAGE_MEMBERS, methods=("POST",))
def unlock_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = unlock_member(request.actor, member_id, at=timezone.now())
    messages.success(request, _("%(name)s is unlocked.") % {"name": member.name})
    return redirect("member", member_id)


@desk(MANAGE_MEMBERS, methods=("POST",))
def reactivate_page(request: DeskRequest, member_id: UUID) -> HttpResponse:
    member = reactivate_member(request.actor, member_id, at=timezone.now())
    messages.success(request, _("%(name)s may sign in again.") % {"name": member.name})
    return redirect("member", member_id)


@desk(MANAGE_MEMBERS, methods=("POST",))
def resend_page(request: DeskRequest, invitation_id: UUID) -> HttpResponse:
    invitation = resend_invitation(request.actor, invitation_id, at=timezone.now())
    messages.success(
        request,
        _("A new link is on its way to %(email)s; the former one no longer works.") % {"email": invitation.email},
    )
    return redirect("members")


@desk(MANAGE_MEMBERS, methods=("POST",))
def withdraw_page(request: DeskRequest, invitation_id: UUID) -> HttpResponse:
    withdraw_invitation(request.actor, invitation_id, at=timezone.now())
    messages.success(request, _("The invitation is withdrawn."))
    return redirect("members")
