"""Places of single sign-on in the menu."""

from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.web.navigation import Entry, register

register(
    Entry("company", 40, "identity-providers", _("Single sign-on"), "key", MANAGE_COMPANY),
    Entry("member", 25, "own-links", _("Linked sign-ins"), "link"),
)
