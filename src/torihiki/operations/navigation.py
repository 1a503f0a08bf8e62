"""The console's places; the operator's ledger adds itself, as a company's audit log does."""

from django.utils.translation import gettext_lazy as _

from torihiki.operations.permissions import ANNOUNCE, INSPECT_HEALTH, OPERATE_COMPANIES, OPERATE_JOBS
from torihiki.web.navigation import Entry, register

register(
    Entry("work", 10, "home", _("Health"), "chart", INSPECT_HEALTH, on_phone=True),
    Entry("work", 20, "console-companies", _("Companies"), "building", OPERATE_COMPANIES, on_phone=True),
    Entry("work", 30, "console-jobs", _("Jobs"), "clock", OPERATE_JOBS, on_phone=True),
    Entry("work", 40, "console-announcements", _("Announcements"), "bell", ANNOUNCE, on_phone=True),
    Entry("member", 10, "console-password", _("Change password"), "key"),
)
