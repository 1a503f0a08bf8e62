"""What payments record in the ledger."""

from django.utils.translation import gettext_lazy as _

from torihiki.ledger.events import Event


class PaymentEvent(Event):
    ACCOUNT_ADDED = "payments.account_added", _("Bank account entered")
    ACCOUNT_CONFIRMED = "payments.account_confirmed", _("Bank account confirmed")
    ACCOUNT_STOPPED = "payments.account_stopped", _("Bank account no longer used")
    RUN_MADE = "payments.run_made", _("Transfers prepared")
    RUN_RELEASED = "payments.run_released", _("Transfers released")
    RUN_FETCHED = "payments.run_fetched", _("Transfer file downloaded")
    RUN_EXECUTED = "payments.run_executed", _("Transfers executed")
    RUN_CANCELLED = "payments.run_cancelled", _("Transfers cancelled")
    TRANSFER_FAILED = "payments.transfer_failed", _("Transfer refused by the bank")
    STATEMENT_TAKEN = "payments.statement_taken", _("Bank statement taken in")
    STATEMENT_UNDONE = "payments.statement_undone", _("Bank statement taken back")
    MATCHED = "payments.matched", _("Receipt matched")
    UNMATCHED = "payments.unmatched", _("Match undone")
    WRITTEN_OFF = "payments.written_off", _("Rest written off")
    EXPORTED = "payments.exported", _("Ageing exported")
