"""The places of partners and of the own company; `exchange.navigation` puts them into the menu."""

from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.web.navigation import Entry

PLACES = (
    Entry("partners", 10, "partners", _("Partners"), "partners", "partners.read", shortcut="g p"),
    Entry("company", 10, "company", _("Own company"), "building", MANAGE_COMPANY),
)
