"""Announcements お知らせ of the operator to every company, and who has read them."""

from datetime import datetime

from django.db import models
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.identity.models import Company, Member
from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import ME, PartyVisible, Published
from torihiki.web.parts import Tone

SHOWN = "actor_account() IS NOT NULL AND released_at IS NOT NULL AND withdrawn_at IS NULL AND starts_at <= now()"
READ = f"company_id = {ME}"
# Through the policy above: what was not yet shown cannot have been read.
READ_OF_SHOWN = (
    f"{READ} AND EXISTS (SELECT 1 FROM announcements_announcement a"  # noqa: S608 - a policy of our own constants
    " WHERE a.id = announcements_reading.announcement_id)"
)


class Level(models.TextChoices):
    INFO = "info", pgettext_lazy("announcement", "Information")
    MAINTENANCE = "maintenance", _("Maintenance")
    INCIDENT = "incident", _("Incident")


TONES = {Level.INFO: Tone.INFO, Level.MAINTENANCE: Tone.WARNING, Level.INCIDENT: Tone.DANGER}
ICONS = {Level.INFO: "info", Level.MAINTENANCE: "settings", Level.INCIDENT: "alert"}


class State(models.TextChoices):
    """Where an announcement stands; it follows from its times, so that no job can be late with it."""

    DRAFT = "draft", pgettext_lazy("announcement", "Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    EXPIRED = "expired", pgettext_lazy("announcement", "Ended")
    WITHDRAWN = "withdrawn", pgettext_lazy("announcement", "Withdrawn")


STATE_TONES = {
    State.DRAFT: Tone.NEUTRAL,
    State.SCHEDULED: Tone.INFO,
    State.PUBLISHED: Tone.SUCCESS,
    State.EXPIRED: Tone.NEUTRAL,
    State.WITHDRAWN: Tone.WARNING,
}


class Announcement(models.Model):
    """One announcement in both languages, shown from `starts_at` until `ends_at` (without one, until it is withdrawn).

    Once released its words stay (a trigger holds them); it can only be withdrawn. Staff is named by id alone.
    """

    row_security = Published(shown=SHOWN)

    id = models.UUIDField(primary_key=True, default=new_id)
    level = models.CharField(max_length=20, choices=Level.choices)
    title_ja = models.CharField(max_length=100)
    title_en = models.CharField(max_length=100)
    text_ja = models.TextField(max_length=5_000)
    text_en = models.TextField(max_length=5_000)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.UUIDField()
    released_at = models.DateTimeField(null=True)
    released_by = models.UUIDField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-starts_at", "-id"], name="announcement_by_start")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at=None) | models.Q(ends_at__gt=models.F("starts_at")),
                name="announcement_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return self.title_ja if _japanese() else self.title_en

    @property
    def text(self) -> str:
        return self.text_ja if _japanese() else self.text_en

    @property
    def tone(self) -> Tone:
        return TONES[Level(self.level)]

    @property
    def icon(self) -> str:
        return ICONS[Level(self.level)]

    @property
    def is_urgent(self) -> bool:
        """Whether it stands on every page until it is acknowledged."""
        return self.level != Level.INFO

    @property
    def state(self) -> State:
        return self.state_at(timezone.now())

    @property
    def state_tone(self) -> Tone:
        return STATE_TONES[self.state]

    def state_at(self, at: datetime) -> State:
        if self.withdrawn_at:
            return State.WITHDRAWN
        if not self.released_at:
            return State.DRAFT
        if at < self.starts_at:
            return State.SCHEDULED
        return State.EXPIRED if self.ends_at and self.ends_at <= at else State.PUBLISHED


class Reading(models.Model):
    """That one member has read an announcement, and acknowledged it."""

    row_security = PartyVisible(
        commands=("SELECT", "INSERT", "UPDATE (acknowledged_at)"), read=READ, insert=READ_OF_SHOWN, update=READ
    )

    id = models.UUIDField(primary_key=True, default=new_id)
    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["announcement", "member"], name="reading_once_per_member")]

    def __str__(self) -> str:
        return f"{self.member_id} read {self.announcement_id}"


def _japanese() -> bool:
    return (translation.get_language() or "ja").startswith("ja")
