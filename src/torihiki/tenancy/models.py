"""The one table by which an operator's staff may ever read a company's rows."""

from django.db import models

from torihiki.lib.ids import new_id
from torihiki.tenancy.row_security import FourEyes


class AccessGrant(models.Model):
    """Leave for one member of staff to read one company's rows until `expires_at` (clauses 3-2-3 and 3-4).

    The policies of every owned table look here; a grant that its own user approved counts as none.
    """

    row_security = FourEyes()

    id = models.UUIDField(primary_key=True, default=new_id)
    staff_id = models.UUIDField()
    company_id = models.UUIDField()
    reason = models.TextField(max_length=2_000)
    requested_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["staff_id", "company_id"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("staff_id")),
                name="accessgrant_approved_by_another",
            )
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} → {self.company_id} until {self.expires_at:%Y-%m-%d %H:%M}"
