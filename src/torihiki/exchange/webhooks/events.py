"""What can be told, as endpoints name it; and what is recorded in the ledger about them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.exchange.specs import KINDS
from torihiki.ledger.events import Event

TEST = "webhook.test"
COMMENTED = "comment.added"
RENAMED = {"document.commented": COMMENTED}
"""Topics of the outbox that have another name outside."""


class WebhookEvent(Event):
    ADDED = "webhooks.added", _("Webhook endpoint added")
    CHANGED = "webhooks.changed", _("Webhook endpoint changed")
    STOPPED = "webhooks.stopped", _("Webhook endpoint switched off")
    STARTED = "webhooks.started", _("Webhook endpoint switched on")
    ROTATED = "webhooks.secret_rotated", _("Webhook endpoint’s secret renewed")
    REMOVED = "webhooks.removed", _("Webhook endpoint deleted")
    TESTED = "webhooks.tested", _("Test event sent to a webhook endpoint")
    REPLAYED = "webhooks.replayed", _("Webhook message sent again")


def event_of(topic: str) -> str:
    """The event's name outside, by the outbox message's topic."""
    return RENAMED.get(topic, topic)


def event_words() -> dict[str, str | Promise]:
    """Every event that an endpoint may choose, with words for it; steps of all kinds by their names."""
    words: dict[str, str | Promise] = {
        "document.sent": pgettext_lazy("webhook", "A document or a new version of it was sent"),
        COMMENTED: pgettext_lazy("webhook", "A shared comment was written"),
        "document.lost": pgettext_lazy("webhook", "A request for quotation went to another company"),
    }
    for kind in KINDS.values():
        for step in kind.steps:
            words.setdefault(f"document.{step.name}", step.done)
    return words
