"""What members do with announcements, as the ledger records it."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class AnnouncementEvent(Event):
    ACKNOWLEDGED = "announcement.acknowledged", _("Announcement acknowledged")
