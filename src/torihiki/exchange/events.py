"""What the exchange records in the ledger: one entry for each action on a document."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class ExchangeEvent(Event):
    STARTED = "document.started", _("Draft started")
    SAVED = "document.saved", _("Draft saved")
    DISCARDED = "document.discarded", _("Draft discarded")
    SUBMITTED = "document.submitted", _("Submitted for approval")
    RETURNED = "document.returned", _("Returned to its author")
    APPROVED = "document.approved", _("Approved")
    ESCALATED = "document.approval_escalated", _("Nobody approved in time: reminded")
    ROUTE_KEPT = "approval.route_kept", _("Approval route changed")
    ROUTE_SWITCHED = "approval.route_switched", _("Approval route switched on or off")
    SENT = "document.sent", _("Document sent")
    OPENED = "document.opened", _("Document opened for the first time")
    STEP = "document.step", _("Step taken on a document")
    TAKEN_IN = "document.taken_in", _("Document taken in from outside")
    COMMENTED = "document.commented", _("Comment written")
    FILE_ADDED = "document.file_added", _("File attached")
    FILE_REMOVED = "document.file_removed", _("File removed")
    CHARGED = "document.charged", _("Person in charge changed")
    PUT_IN_UNIT = "document.put_in_unit", _("Unit of a document changed")
    HANDED_OVER = "document.handed_over", _("A member's documents handed over")
    HANDED_BACK = "document.handed_back", _("A member's documents handed back")
    IMPORTED = "document.imported", _("Documents imported")
    EXPORTED = "document.exported", _("List exported")
