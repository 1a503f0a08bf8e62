from django.utils.translation import gettext_lazy as _

from torihiki.services.payments.spec import READ
from torihiki.web.navigation import Entry, register

register(Entry("documents", 900, "payments", _("Payments and receipts"), "payment", READ, shortcut="g m"))
