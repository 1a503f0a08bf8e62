"""The exchange's places in the menu: what is waited for first, then everything by service."""

from django.utils.translation import gettext_lazy as _

from torihiki.exchange.pages.charging import member_shown
from torihiki.exchange.pages.lists import menu_counts
from torihiki.exchange.partners.navigation import PLACES
from torihiki.exchange.specs import KINDS
from torihiki.identity.permissions import MANAGE_COMPANY, Action
from torihiki.web.navigation import Entry, register, register_counts
from torihiki.web.slots import fill

register(
    Entry("work", 10, "home", _("To do"), "todo", "read", "todo", "g h", on_phone=True),
    Entry("work", 20, "inbox", _("Inbox"), "inbox", "read", "inbox", "g i", on_phone=True),
    Entry("work", 30, "outbox", _("Outbox"), "outbox", "read", None, "g o", on_phone=True),
    Entry("work", 40, "drafts", _("Drafts"), "draft", "read", "drafts", "g d", on_phone=True),
    Entry("work", 45, "to-approve", _("To approve"), "seal", "approve", "approvals", "g a"),
    Entry("work", 50, "search", _("Search"), "search", "read", None, "g s"),
    *PLACES,
    Entry("company", 40, "approvals", _("Approval routes"), "seal", MANAGE_COMPANY),
    Entry("company", 60, "webhooks", _("Webhooks"), "link", MANAGE_COMPANY),
)
register_counts(menu_counts)
fill("member", "exchange/hand_over_card.html", member_shown)


def register_kinds() -> None:
    """A place for each kind of document, once all services have declared theirs."""
    register(
        *(
            Entry("documents", nth, "documents", kind.plural, kind.icon, kind.permission(Action.READ), url_args=(code,))
            for nth, (code, kind) in enumerate(KINDS.items())
        )
    )
