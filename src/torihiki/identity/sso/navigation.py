"""Places of single sign-on in the menu."""

from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.identity.sso.pages.provisioning import provisioned_member
from torihiki.web.navigation import Entry, register
from torihiki.web.slots import fill

register(
    Entry("company", 40, "identity-providers", _("Single sign-on"), "key", MANAGE_COMPANY),
    Entry("member", 25, "own-links", _("Linked sign-ins"), "link"),
)
fill("member", "sso/provisioned_card.html", provisioned_member)
