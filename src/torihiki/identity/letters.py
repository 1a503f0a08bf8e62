"""What identity says by mail."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from torihiki.crypto.envelope import root_key
from torihiki.crypto.one_time import derived_code
from torihiki.identity.access import access_invitations, access_members
from torihiki.identity.jobs import EXPIRING
from torihiki.identity.keys import link_token
from torihiki.identity.mail import Letter, language_of, letter, public_link
from torihiki.identity.models import Account, Company, MailedSecret
from torihiki.identity.policies import PasswordPolicy, rules_of_account
from torihiki.ledger.events import EVENTS
from torihiki.ledger.models import Entry
from torihiki.tenancy.actor import Actor, scope

INVITATION = "identity.invitation"
"""Name of the letter, and the purpose of the secret in its link."""
LOCKED = "identity.locked"
CODE = "identity.code"
RESET = "identity.reset"
PASSKEY_ADDED = "identity.passkey_added"
NEW_DEVICE = "identity.new_device"
CREDENTIALS_CHANGED = "identity.credentials_changed"
ADDRESS_CHANGED = "identity.address_changed"


@letter(INVITATION)
def invitation(actor: Actor, subject_id: UUID) -> Letter | None:
    open_one = access_invitations(actor).filter(pk=subject_id).first()
    if open_one is None:
        return None
    token = link_token(INVITATION, open_one.id, open_one.expires_at)
    context = {
        "invitation": open_one,
        "company": Company.objects.get(pk=actor.company),
        "link": public_link(reverse("invitation", args=[token])),
    }
    return Letter(open_one.email, "identity/mail/invitation.txt", context)


@letter(LOCKED)
def locked(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a lock, to the member whose account it is."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    return about_oneself(actor, entry, "identity/mail/locked.txt")


@letter(PASSKEY_ADDED)
def passkey_added(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a new passkey, to the member whose it is."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    return about_oneself(actor, entry, "identity/mail/passkey_added.txt", link=public_link(reverse("passkeys")))


@letter(NEW_DEVICE)
def new_device(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a sign-in by a browser that was not known, to the member whose it is."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    links = {"sessions": public_link(reverse("sessions")), "password": public_link(reverse("password"))}
    return about_oneself(actor, entry, "identity/mail/new_device.txt", links=links)


@letter(CREDENTIALS_CHANGED)
def credentials_changed(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a change of what somebody signs in with, to the member whose it is."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    what = EVENTS[entry.event].label
    return about_oneself(
        actor, entry, "identity/mail/credentials_changed.txt", what=what, link=public_link(reverse("sessions"))
    )


@letter(ADDRESS_CHANGED)
def address_changed(actor: Actor, subject_id: UUID) -> Letter | None:
    """About the ledger entry of a new mail address, to the former one: codes and links no longer go there."""
    entry = Entry.objects.get(company_id=actor.company, pk=subject_id)
    written = about_oneself(actor, entry, "identity/mail/address_changed.txt")
    return replace(written, to=written.context["facts"]["before"]["email"]) if written else None


def about_oneself(actor: Actor, entry: Entry, template: str, **more: object) -> Letter | None:
    """A letter about something in the ledger, to the member whom it is about, with what was recorded."""
    if entry.subject_id is None or entry.payload is None:
        return None
    member = access_members(actor).filter(pk=entry.subject_id).first()
    if member is None:
        return None
    facts = json.loads(bytes(entry.payload))["data"]
    context = {"member": member, "company": Company.objects.get(pk=actor.company), "at": entry.at, "facts": facts}
    return Letter(member.email, template, {**context, **more}, language_of(member.account_id))


@letter(CODE)
def code(actor: Actor, subject_id: UUID) -> Letter | None:
    """The code that follows the password; nothing when it was used or is too old by now."""
    return _secret(actor, subject_id, "identity/mail/code.txt", code=code_of(subject_id))


@letter(RESET)
def reset(actor: Actor, subject_id: UUID) -> Letter | None:
    """The link for a new password."""
    mailed = MailedSecret.objects.filter(company_id=actor.company, pk=subject_id).first()
    if mailed is None:
        return None
    token = link_token(RESET, mailed.id, mailed.expires_at)
    link = public_link(reverse("password-reset", args=[token]))
    return _secret(actor, subject_id, "identity/mail/reset.txt", link=link)


def code_of(secret_id: UUID) -> str:
    """Derived from the root key: neither a job nor a row has it."""
    return derived_code(root_key(settings.ROOT_KEY_FILE), f"{CODE}\n{secret_id}")


def _secret(actor: Actor, secret_id: UUID, template: str, **more: str) -> Letter | None:
    mailed = MailedSecret.objects.select_related("member").filter(company_id=actor.company, pk=secret_id).first()
    if mailed is None or mailed.used_at or mailed.expires_at <= timezone.now():
        return None
    member = mailed.member
    context = {"member": member, "company": Company.objects.get(pk=actor.company), "mailed": mailed, **more}
    return Letter(member.email, template, context, language_of(member.account_id))


@letter(EXPIRING)
def expiring(actor: Actor, subject_id: UUID) -> Letter | None:
    """A reminder that the password expires; nothing when it was changed meanwhile."""
    member = access_members(actor).filter(pk=subject_id, suspended_at=None).first()
    if member is None:
        return None
    policy = rules_of_account(member.account_id).strictest(PasswordPolicy)
    with scope(Actor(account_id=member.account_id)):
        account = Account.objects.get(pk=member.account_id)
    ends = (account.password_changed_at or account.created_at) + timedelta(days=policy.days)
    if not policy.expires or ends - timezone.now() > timedelta(days=policy.remind_days):
        return None
    context = {"member": member, "ends": ends, "link": public_link(reverse("password"))}
    return Letter(member.email, "identity/mail/expiring.txt", context, account.language)
