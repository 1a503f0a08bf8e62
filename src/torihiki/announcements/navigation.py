"""Announcements' place in the menu, above every page and on the first one."""

from django.utils.translation import gettext_lazy as _

from torihiki.announcements.access import open_announcements, unread_announcements, urgent_announcements
from torihiki.web.navigation import Entry, register, register_counts
from torihiki.web.slots import fill

register(Entry("work", 90, "announcements", _("Announcements"), "bell", None, "announcements"))
register_counts(unread_announcements)
fill("bar", "announcements/bar.html", urgent_announcements)
fill("home", "announcements/card.html", open_announcements)
