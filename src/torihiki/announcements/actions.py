"""What a member does with an announcement: reads it, and says so."""

from datetime import datetime
from uuid import UUID

from torihiki.announcements.access import access_announcement
from torihiki.announcements.events import AnnouncementEvent
from torihiki.announcements.models import Announcement, Reading
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.tenancy.actor import Actor


def read_announcement(actor: Actor, announcement_id: UUID, *, at: datetime) -> Announcement:
    """Marks it as read by the acting member, the first time; a mark of one's own is no entry in the ledger.

    Raises NotVisible.
    """
    announcement = access_announcement(actor, announcement_id, at=at)
    _reading(actor, announcement, at)
    return announcement


def acknowledge_announcement(actor: Actor, announcement_id: UUID, *, at: datetime) -> None:
    """Nothing happens the second time. Raises NotVisible."""
    with attempt(AnnouncementEvent.ACKNOWLEDGED, actor, subject_type="announcement", subject_id=announcement_id):
        announcement = access_announcement(actor, announcement_id, at=at)
        reading = _reading(actor, announcement, at)
        if reading.acknowledged_at:
            return
        reading.acknowledged_at = at
        reading.save(update_fields=["acknowledged_at"])
        record(
            AnnouncementEvent.ACKNOWLEDGED,
            actor,
            subject_type="announcement",
            subject_id=announcement.id,
            subject_label=announcement.title_ja,
            at=at,
        )


def _reading(actor: Actor, announcement: Announcement, at: datetime) -> Reading:
    """The member's own row; two tabs at once make one."""
    own = {"announcement": announcement, "company_id": actor.company, "member_id": actor.member_id}
    Reading.objects.bulk_create([Reading(**own, read_at=at)], ignore_conflicts=True)
    return Reading.objects.select_for_update().get(**own)
