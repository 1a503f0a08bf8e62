"""What every page of payments has in common."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from torihiki.ledger.desk import DeskRequest
from torihiki.services.payments.spec import PREPARE, entitled
from torihiki.web.parts import Tab


def tabs(current: str) -> list[Tab]:
    places = (
        ("payments", pgettext("payments", "To pay")),
        ("payment-runs", _("Transfers")),
        ("receipts", _("Receipts")),
        ("ageing", _("Ageing")),
        ("bank-accounts", _("Bank accounts")),
    )
    return [Tab(label, reverse(name), current=name == current) for name, label in places]


def may_write(request: DeskRequest) -> None:
    """Pages that everybody reads are written on by whoever prepares payments. Raises RoleMayNot."""
    if request.method == "POST":
        entitled(request.actor, PREPARE)
