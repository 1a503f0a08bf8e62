from django.utils.translation import gettext_lazy as _

from torihiki.services.payments.spec import READ
from torihiki.services.payments.standing import document_shown
from torihiki.web.navigation import Entry, register
from torihiki.web.slots import fill

register(Entry("documents", 900, "payments", _("Payments and receipts"), "payment", READ, shortcut="g m"))
fill("document", "payments/card.html", document_shown)
