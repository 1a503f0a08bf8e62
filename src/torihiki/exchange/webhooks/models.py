"""Endpoints of a company's own systems, and every message to them with its attempts. Both are that company's alone."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.identity.models import Company
from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import Owned


class WebhookEndpoint(models.Model):
    """Where a company wants to be told, and of what. Its secret is encrypted under the company's key, bound to the
    endpoint's id; after a rotation the former one signs too until `former_until`."""

    row_security = Owned()

    class Stopped(models.TextChoices):
        BY_HAND = "by_hand", pgettext_lazy("webhook", "Switched off")
        GONE = "gone", _("Switched off: it answered that it is gone (410)")
        FAILING = "failing", _("Switched off: every attempt failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    url = models.CharField(max_length=2_100)  # as outbound.targets reads it, so that a name is ASCII
    description = models.CharField(max_length=200, blank=True)
    kinds = ArrayField(models.CharField(max_length=40), default=list)  # empty: every kind
    events = ArrayField(models.CharField(max_length=60), default=list)  # empty: every event
    secret = models.BinaryField()
    secret_since = models.DateTimeField()
    former_secret = models.BinaryField(null=True)
    former_until = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=20, choices=Stopped.choices, blank=True)  # empty: it is on
    stopped_at = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)  # it was slow: others' messages do not wait for it
    answered_at = models.DateTimeField(null=True)  # when it last took a message
    created_by = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["id", "company"], name="webhook_endpoint_of_company")]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookDelivery(models.Model):
    """One message to one endpoint: its id and body stay the same over all attempts, and so the endpoint can tell."""

    row_security = Owned(
        commands=(
            "SELECT",
            "INSERT",
            "UPDATE (state, tries, attempts_made, attempts, next_attempt_at)",
            "DELETE",
        )
    )

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("webhook", "On its way")
        DELIVERED = "delivered", pgettext_lazy("webhook", "Delivered")
        FAILED = "failed", pgettext_lazy("webhook", "Failed")

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=40)
    event = models.CharField(max_length=60)
    label = models.CharField(max_length=100, blank=True)  # the document's number
    document_id = models.UUIDField(null=True)
    body = models.TextField(max_length=4_000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)  # since it was written or last replayed
    attempts_made = models.PositiveIntegerField(default=0)  # ever; a job that names another number is stale
    attempts = models.JSONField(default=list)  # the last ones, as delivering.Attempt
    next_attempt_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="webhook_message_once")]
        indexes = [
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhook_by_endpoint"),
            models.Index(fields=["created_at"], name="webhook_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.event}"
