"""What the operator's staff may do, by role; nothing of it opens a company's documents (clause 3-4)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

OPERATE_COMPANIES = "companies.operate"
OPERATE_JOBS = "jobs.operate"
ANNOUNCE = "announcements.publish"
INSPECT_HEALTH = "health.inspect"
READ_LEDGER = "audit.inspect"  # the same pages as a company's audit log, over entries of no company


class StaffRole(models.TextChoices):
    OPERATOR = "operator", _("Operator")


STAFF_PERMISSIONS: dict[str, frozenset[str]] = {
    StaffRole.OPERATOR: frozenset({OPERATE_COMPANIES, OPERATE_JOBS, ANNOUNCE, INSPECT_HEALTH, READ_LEDGER}),
}
