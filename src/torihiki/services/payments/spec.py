"""Payments have no documents of their own: what is paid are other services' (`Kind.owed`). Here is their name, which
permissions are about."""

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.refusals import RoleMayNot
from torihiki.identity.permissions import SERVICES, Action
from torihiki.tenancy.actor import Actor

SERVICE = "payments"
SERVICES[SERVICE] = _("Payments and receipts")
READ, PREPARE, RELEASE = (f"{SERVICE}.{action}" for action in (Action.READ, Action.DRAFT, Action.APPROVE))
"""Who prepares matches and makes transfers; who releases them, confirms accounts and writes off is another."""


def entitled(actor: Actor, permission: str) -> Actor:
    """Who acts by this right, with both names where it is lent. Raises RoleMayNot."""
    if not actor.may(permission):
        raise RoleMayNot
    return actor.using(permission)
