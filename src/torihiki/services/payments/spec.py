"""Payments have no documents of their own: what is paid are other services' (`Kind.owed`). Here is their name, which
permissions are about."""

from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import SERVICES, Action

SERVICE = "payments"
SERVICES[SERVICE] = _("Payments and receipts")
READ, PREPARE, RELEASE = (f"{SERVICE}.{action}" for action in (Action.READ, Action.DRAFT, Action.APPROVE))
"""Who prepares matches and makes transfers; who releases them, confirms accounts and writes off is another."""
