"""Identity's places in the menu."""

from django.utils.translation import gettext_lazy as _

from torihiki.identity.permissions import MANAGE_COMPANY, MANAGE_MEMBERS
from torihiki.identity.rights import acted_for
from torihiki.identity.seeing import name_of_the_seen
from torihiki.web.navigation import Entry, register
from torihiki.web.slots import fill

register(
    Entry("company", 20, "members", _("Members"), "person", MANAGE_MEMBERS),
    Entry("company", 25, "roles", _("Roles"), "check", MANAGE_MEMBERS),
    Entry("company", 30, "units", _("Units"), "building", MANAGE_COMPANY),
    Entry("company", 50, "security", _("Security"), "shield", MANAGE_COMPANY),
    Entry("company", 40, "tokens", _("API tokens"), "key", MANAGE_COMPANY),
    Entry("member", 10, "profile", _("Profile"), "person"),
    Entry("member", 20, "password", _("Change password"), "key"),
    Entry("member", 25, "two-step", _("Two-step sign-in"), "shield"),
    Entry("member", 26, "theme", _("Sign-in theme"), "theme"),
    Entry("member", 27, "sessions", _("Signed-in devices"), "globe"),
    Entry("member", 28, "own-delegations", _("Acting in another's stead"), "partners"),
    Entry("member", 30, "companies", _("Change company"), "building"),
)
fill("home", "identity/stead.html", acted_for)
fill("bar", "identity/seeing.html", name_of_the_seen)
