"""What the operator's staff does, as the operator's ledger records it."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class OperationsEvent(Event):
    STAFF_CREATED = "operations.staff_created", _("Staff account made")
    STAFF_DISABLED = "operations.staff_disabled", _("Staff account disabled")
    STAFF_PASSWORD_RESET = "operations.staff_password_reset", _("Staff password set anew")
    STAFF_PASSWORD_CHANGED = "operations.staff_password_changed", _("Staff password changed")
    STAFF_SIGNED_IN = "operations.staff_signed_in", _("Staff signed in")
    STAFF_SIGN_IN_FAILED = "operations.staff_sign_in_failed", _("Staff sign-in failed")
    STAFF_SIGNED_OUT = "operations.staff_signed_out", _("Staff signed out")
    STAFF_LANGUAGE_CHANGED = "operations.staff_language_changed", _("Staff language changed")
    COMPANY_OPENING = "operations.company_opening", _("Opening of a company requested")
    ADMINISTRATOR_INVITED = "operations.administrator_invited", _("First administrator invited again")
    COMPANY_SUSPENDED = "operations.company_suspended", _("Company suspended")
    COMPANY_RESUMED = "operations.company_resumed", _("Company resumed")
    JOB_RETRIED = "operations.job_retried", _("Failed job retried")
    JOB_CANCELLED = "operations.job_cancelled", _("Waiting job cancelled")
    ANNOUNCEMENT_WRITTEN = "operations.announcement_written", _("Announcement written")
    ANNOUNCEMENT_CHANGED = "operations.announcement_changed", _("Announcement changed")
    ANNOUNCEMENT_RELEASED = "operations.announcement_released", _("Announcement released")
    ANNOUNCEMENT_WITHDRAWN = "operations.announcement_withdrawn", _("Announcement withdrawn")
