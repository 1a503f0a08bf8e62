"""The append-only table of everything that was done, refused or changed."""

from django.db import models

from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import Ledger


class Entry(models.Model):
    """One event. `payload` holds the canonical bytes (RFC 8785) and may be removed on schedule; `leaf` =
    SHA-256(salt ‖ payload) stays, so that what is sealed remains provable. `position` is given by the sealer.
    The column `transaction` (xid8, the writing transaction) is filled by the database and read by the sealer alone."""

    row_security = Ledger()

    id = models.UUIDField(primary_key=True, default=new_id)
    at = models.DateTimeField()
    event = models.CharField(max_length=80)
    company_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    subject_label = models.CharField(max_length=200)
    format = models.SmallIntegerField()
    payload = models.BinaryField(null=True)
    salt = models.BinaryField()
    leaf = models.BinaryField()
    position = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["company_id", "-at", "-id"], name="entry_by_company"),
            models.Index(fields=["company_id", "event", "-at", "-id"], name="entry_by_event"),
            models.Index(fields=["company_id", "subject_id", "-at"], name="entry_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event} {self.subject_label}"
