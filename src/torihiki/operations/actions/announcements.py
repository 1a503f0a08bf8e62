"""Writing, releasing and withdrawing announcements to every company."""

from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.announcements.models import Announcement, State
from torihiki.ledger.recording import record
from torihiki.ledger.refusals import attempt
from torihiki.operations.access import access_announcement
from torihiki.operations.actions.staff import prove
from torihiki.operations.events import OperationsEvent
from torihiki.operations.refusals import AnnouncementMoved
from torihiki.tenancy.actor import Actor

WORDS = ("level", "title_ja", "title_en", "text_ja", "text_en", "starts_at", "ends_at")


def write_announcement(actor: Actor, words: dict[str, Any], *, at: datetime) -> Announcement:
    """A draft; `words` has a value for each of WORDS."""
    with attempt(OperationsEvent.ANNOUNCEMENT_WRITTEN, actor):
        announcement = Announcement.objects.create(**_only(words), created_at=at, created_by=actor.staff)
        _record(OperationsEvent.ANNOUNCEMENT_WRITTEN, actor, announcement, at)
    return announcement


def change_announcement(actor: Actor, announcement_id: UUID, words: dict[str, Any], *, at: datetime) -> Announcement:
    """Raises NoSuchAnnouncement, or AnnouncementMoved once it was released."""
    with _attempt(OperationsEvent.ANNOUNCEMENT_CHANGED, actor, announcement_id):
        announcement = _lock(actor, announcement_id, State.DRAFT, at=at)
        for name, value in _only(words).items():
            setattr(announcement, name, value)
        announcement.save(update_fields=list(WORDS))
        _record(OperationsEvent.ANNOUNCEMENT_CHANGED, actor, announcement, at)
    return announcement


def release_announcement(actor: Actor, announcement_id: UUID, *, password: str, at: datetime) -> Announcement:
    """Shown from its start on, at once where that has passed; its words stay from here on. Raises NotProven,
    NoSuchAnnouncement, or AnnouncementMoved, also where its end has passed."""
    prove(actor, password, at=at)
    with _attempt(OperationsEvent.ANNOUNCEMENT_RELEASED, actor, announcement_id):
        announcement = _lock(actor, announcement_id, State.DRAFT, at=at)
        if announcement.ends_at and announcement.ends_at <= at:
            raise AnnouncementMoved
        announcement.starts_at = max(announcement.starts_at, at)
        announcement.released_at, announcement.released_by = at, actor.staff_id
        announcement.save(update_fields=["starts_at", "released_at", "released_by"])
        _record(OperationsEvent.ANNOUNCEMENT_RELEASED, actor, announcement, at)
    return announcement


def withdraw_announcement(actor: Actor, announcement_id: UUID, *, at: datetime) -> Announcement:
    """Shown to nobody any more. Raises NoSuchAnnouncement or AnnouncementMoved."""
    with _attempt(OperationsEvent.ANNOUNCEMENT_WITHDRAWN, actor, announcement_id):
        announcement = _lock(actor, announcement_id, State.SCHEDULED, State.PUBLISHED, State.EXPIRED, at=at)
        announcement.withdrawn_at, announcement.withdrawn_by = at, actor.staff_id
        announcement.save(update_fields=["withdrawn_at", "withdrawn_by"])
        _record(OperationsEvent.ANNOUNCEMENT_WITHDRAWN, actor, announcement, at)
    return announcement


def _only(words: dict[str, Any]) -> dict[str, Any]:
    return {name: words[name] for name in WORDS}


def _lock(actor: Actor, announcement_id: UUID, *states: State, at: datetime) -> Announcement:
    announcement = access_announcement(actor, announcement_id, lock=True)
    if announcement.state_at(at) not in states:
        raise AnnouncementMoved
    return announcement


def _attempt(event: OperationsEvent, actor: Actor, announcement_id: UUID) -> Any:
    return attempt(event, actor, subject_type="announcement", subject_id=announcement_id)


def _record(event: OperationsEvent, actor: Actor, announcement: Announcement, at: datetime) -> None:
    record(
        event,
        actor,
        subject_type="announcement",
        subject_id=announcement.id,
        subject_label=announcement.title_ja,
        at=at,
        data={name: getattr(announcement, name) for name in ("level", "title_en", "starts_at", "ends_at")},
    )
