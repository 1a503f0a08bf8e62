"""The audit log's place in the menu."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.pages import READ_AUDIT
from torihiki.web.navigation import Entry, register

register(Entry("records", 10, "audit", _("Audit log"), "ledger", READ_AUDIT))
