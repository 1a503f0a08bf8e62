"""Why something about webhooks is refused, in words for the person who reads them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from torihiki.ledger.refusals import NotVisible, Refused


class WebhookNotVisible(NotVisible):
    def __init__(self) -> None:
        super().__init__(_("There is no such webhook."))


class AddressRefused(Refused):
    status = 422
    code = "webhook_address_refused"

    def __init__(self, why: str | Promise) -> None:
        super().__init__(why)


class TooManyEndpoints(Refused):
    code = "too_many_webhook_endpoints"

    def __init__(self) -> None:
        super().__init__(_("Your company has as many endpoints as it may have. Delete one that is no longer needed."))


class EndpointMoved(Refused):
    code = "webhook_endpoint_moved"

    def __init__(self) -> None:
        super().__init__(_("Somebody renewed the secret meanwhile. Reload the page to see since when it holds."))


class EndpointOff(Refused):
    code = "webhook_endpoint_off"

    def __init__(self) -> None:
        super().__init__(_("The endpoint is switched off. Switch it on, then send again."))


class OnItsWay(Refused):
    code = "webhook_on_its_way"

    def __init__(self) -> None:
        super().__init__(_("This message is on its way. Reload the page in a moment to see the answer."))


class TooManyTests(Refused):
    status = 429
    code = "too_many_webhook_tests"

    def __init__(self) -> None:
        super().__init__(_("Too many test events were sent. Wait a minute."))
