"""Approvals inside one company: its routes, what is asked along them, and who was asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.identity.models import Company, Member, Unit
from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import Owned


class ApprovalRoute(models.Model):
    """When documents need an approval, and by whom (承認ルート). The first that fits a document holds."""

    row_security = Owned(commands=("SELECT", "INSERT", "UPDATE"))

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    position = models.PositiveIntegerField()  # the lower comes first
    kinds = ArrayField(models.CharField(max_length=40), default=list)  # empty: every kind
    amount_from = models.BigIntegerField(null=True)  # yen, tax included
    amount_to = models.BigIntegerField(null=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")  # and those below it
    partner = models.ForeignKey("exchange.Partner", on_delete=models.PROTECT, null=True, related_name="+")
    steps = models.JSONField()  # list of steps.RouteStep
    stopped_at = models.DateTimeField(null=True)
    changed_by = models.CharField(max_length=100)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["company", "position"], name="route_in_order")]
        constraints = [models.UniqueConstraint(fields=["company", "name"], name="route_name_unique")]

    def __str__(self) -> str:
        return self.name


class ApprovalRequest(models.Model):
    """One body that was submitted, and how far its approval has come. The route is kept as it was on that day."""

    row_security = Owned(
        commands=("SELECT", "INSERT", "UPDATE (stage, stage_since, outcome, closed_at, closed_by, reason)")
    )

    class Outcome(models.TextChoices):
        OPEN = "", _("In approval")
        APPROVED = "approved", pgettext_lazy("request", "Approved")
        RETURNED = "returned", _("Returned")
        TAKEN_BACK = "taken_back", _("Taken back")
        CHANGED = "changed", _("Changed before it was decided")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    document = models.ForeignKey("exchange.Document", on_delete=models.CASCADE, related_name="+", db_index=False)
    route = models.CharField(max_length=60, blank=True)  # its name; empty: none fitted, one approval suffices
    steps = models.JSONField()
    body = models.JSONField()  # as submitted, so that a later change can be shown
    sha256 = models.CharField(max_length=64)
    submitted_by = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    submitted_name = models.CharField(max_length=100)
    submitted_at = models.DateTimeField()
    stage = models.PositiveSmallIntegerField(default=0)
    stage_since = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["document", "-id"], name="request_of_document"),
            models.Index(fields=["company", "submitted_by", "-id"], name="request_by_author"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["id", "company"], name="request_of_company"),
            models.UniqueConstraint(fields=["document"], condition=models.Q(outcome=""), name="request_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.sha256[:8]}"


class ApprovalSeat(models.Model):
    """One member who is asked in one step of a request, and the answer. One person answers once in a step, whoever
    lent the right."""

    row_security = Owned(
        commands=(
            "SELECT",
            "INSERT",
            "UPDATE (member_id, is_open, decision, decided_by, decided_name, comment, decided_at)",
        )
    )

    class Decision(models.TextChoices):
        NONE = "", _("Not answered")
        APPROVED = "approved", pgettext_lazy("request", "Approved")
        RETURNED = "returned", _("Returned")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="seats", db_index=False)
    step = models.PositiveSmallIntegerField()
    member = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, related_name="+")
    member_name = models.CharField(max_length=100)
    is_deputy = models.BooleanField(default=False)  # asked because the others had not answered in time
    is_open = models.BooleanField(default=True)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.UUIDField(null=True)  # the person, who may sit there in the member's stead
    decided_name = models.CharField(max_length=100, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["company", "member", "-id"], condition=models.Q(is_open=True), name="seat_waiting")
        ]
        constraints = [
            models.UniqueConstraint(fields=["request", "step", "member"], name="seat_once"),
            models.UniqueConstraint(
                fields=["request", "step", "decided_by"],
                condition=models.Q(decided_by__isnull=False),
                name="person_decides_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at=None) | models.Q(is_open=False, decided_at__isnull=False),
                name="seat_answered_is_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_name} in step {self.step + 1}"
