"""The operator's staff, their sessions, and the companies that they open."""

from django.db import models
from django.db.models.functions import Lower

from torihiki.identity.models import LANGUAGES
from torihiki.lib.ids import new_id
from torihiki.operations.permissions import STAFF_PERMISSIONS, StaffRole
from torihiki.tenancy.actor import Actor
from torihiki.tenancy.row_security import OperatorOnly


class Staff(models.Model):
    """One member of the operator's staff: no account of the portal, and never a member of a company.

    `tries` counts passwords tried since `tries_since`, before each is checked.
    """

    row_security = OperatorOnly()

    id = models.UUIDField(primary_key=True, default=new_id)
    login_id = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    password = models.CharField(max_length=128)
    role = models.CharField(max_length=20, choices=StaffRole.choices)
    language = models.CharField(max_length=5, choices=LANGUAGES, default="ja")
    tries = models.PositiveSmallIntegerField(default=0)
    tries_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "staff"
        constraints = [models.UniqueConstraint(Lower("login_id"), name="staff_login_id_unique")]

    def __str__(self) -> str:
        return self.login_id

    @property
    def actor(self) -> Actor:
        return Actor(
            staff_id=self.id, name=self.name, role=self.role, permissions=STAFF_PERMISSIONS[StaffRole(self.role)]
        )


class StaffSession(models.Model):
    """A browser signed in to the console. The cookie's secret is stored hashed; ended ones stay as a record."""

    row_security = OperatorOnly()

    key_hash = models.BinaryField(primary_key=True)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.staff_id} since {self.created_at:%Y-%m-%d %H:%M}"


class CompanyOpening(models.Model):
    """That a company is to be opened, and whom its first invitation goes to.

    The console may write nothing into a company, so a job does it, as the application does for everybody.
    """

    row_security = OperatorOnly()

    id = models.UUIDField(primary_key=True, default=new_id)
    company_id = models.UUIDField(db_index=True)
    name = models.CharField(max_length=200)
    person = models.CharField(max_length=100)
    email = models.EmailField()
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(Staff, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return self.name
