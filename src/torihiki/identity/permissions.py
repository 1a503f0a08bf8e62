"""Roles and what each may do: one table drives the checks, the pages and their documentation (clause 2-4-1).

A permission is `service.action`; `*.action` holds in every service. Beside the built-in roles each company makes its
own (`models.OwnRole`): a member may do what the built-in role and all own roles together allow.
"""

from enum import StrEnum

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Action(StrEnum):
    READ = "read"
    DRAFT = "draft"
    SEND = "send"
    RESPOND = "respond"
    APPROVE = "approve"
    SYSTEM = "system"  # the platform itself, in jobs


class Role(models.TextChoices):
    LIMITED = "limited", _("Own roles only")
    VIEWER = "viewer", _("Viewer")
    CLERK = "clerk", _("Clerk")
    APPROVER = "approver", _("Approver")
    ADMINISTRATOR = "administrator", _("Administrator")


MANAGE_PARTNERS = "partners.manage"
MANAGE_MEMBERS = "members.manage"
MANAGE_COMPANY = "company.manage"
READ_AUDIT = "audit.inspect"  # no plain read: `*.read` is everybody's

TOKEN_ACTIONS = {
    Action.READ: _("Read"),
    Action.DRAFT: _("Draft"),
    Action.SEND: pgettext_lazy("permission", "Send"),
    Action.RESPOND: pgettext_lazy("permission", "Answer"),
    Action.APPROVE: pgettext_lazy("permission", "Approve"),
}
"""What a program may be allowed; people and settings are for people."""
SERVICES: dict[str, str | Promise] = {}
"""Every service whose documents permissions are about, by its code; the packages above fill it as they are loaded."""

_VIEW = frozenset({"*.read"})
_WORK = _VIEW | {"*.draft", "*.send", "*.respond", MANAGE_PARTNERS}
_APPROVE = _WORK | {"*.approve"}
_ADMINISTER = _APPROVE | {MANAGE_MEMBERS, MANAGE_COMPANY}

COMPANY_RIGHTS = {
    MANAGE_PARTNERS: _("Keep the list of partners"),
    MANAGE_MEMBERS: _("Manage members and roles"),
    MANAGE_COMPANY: _("Manage units, settings, tokens and sign-in"),
    READ_AUDIT: _("Read the audit log"),
}
"""What is about the company as a whole and not about one service."""

PERMISSIONS: dict[str, frozenset[str]] = {
    Role.LIMITED: frozenset(),
    Role.VIEWER: _VIEW,
    Role.CLERK: _WORK,
    Role.APPROVER: _APPROVE,
    Role.ADMINISTRATOR: _ADMINISTER | {READ_AUDIT},
}
ROLE_HELP = {
    Role.LIMITED: _("Nothing by itself: only what the company's own roles give."),
    Role.VIEWER: _("Reads every document; changes nothing."),
    Role.CLERK: _("Drafts, sends and answers documents, and keeps the list of partners."),
    Role.APPROVER: _("As a clerk, and approves what others drafted."),
    Role.ADMINISTRATOR: _("As an approver, and manages members, units, settings and the audit log."),
}


def permissions_in(permissions: frozenset[str], *, unit_only: bool) -> frozenset[str]:
    """Whose rights hold in one unit has none about the company as a whole."""
    return permissions - frozenset(COMPANY_RIGHTS) if unit_only else permissions


def grantable() -> frozenset[str]:
    """Everything an own role may hold: each action in each service and in all of them, and the company's rights."""
    return frozenset({f"{service}.{action}" for service in ("*", *SERVICES) for action in TOKEN_ACTIONS}) | frozenset(
        COMPANY_RIGHTS
    )
