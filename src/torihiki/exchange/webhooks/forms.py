"""Forms of webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.specs import KINDS
from torihiki.exchange.webhooks.events import TEST, event_words
from torihiki.exchange.webhooks.models import WebhookDelivery
from torihiki.lib.ids import new_id
from torihiki.outbound.failures import OutboundFailed
from torihiki.outbound.targets import URL_LENGTH_MAX, read_target
from torihiki.web.fields import offer


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=pgettext_lazy("webhook", "Address"),
        help_text=_("Where your system listens. It begins with https:// and can be reached from the internet."),
        max_length=URL_LENGTH_MAX,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=pgettext_lazy("webhook", "Description"),
        help_text=_("Such as the system’s name."),
        max_length=200,
        required=False,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of document"),
        help_text=_("None chosen: all, also those to come."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        help_text=_("None chosen: all, also those to come."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "kinds", [(kind.code, kind.label) for kind in KINDS.values()])
        offer(self, "events", list(_with_codes().items()))

    def clean_url(self) -> str:
        try:
            return read_target(str(self.cleaned_data["url"])).url
        except OutboundFailed as failed:
            raise forms.ValidationError(str(failed.message)) from failed


class NewEndpointForm(EndpointForm):
    key = forms.CharField(max_length=100, widget=forms.HiddenInput, initial=new_id)


class RotationForm(forms.Form):
    """`since` is when the secret that was shown began: see `rotate_secret`."""

    since = forms.DateTimeField(widget=forms.HiddenInput(attrs={"autocomplete": "off"}))


class ReplayForm(forms.Form):
    since = forms.DateTimeField(
        label=_("Failed since"), widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    )


class MessagesForm(forms.Form):
    """What one looks for among the messages of an endpoint; every field may stay empty."""

    state = forms.ChoiceField(label=_("State"), required=False)
    event = forms.ChoiceField(label=pgettext_lazy("webhook", "Event"), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "state", [("", _("All")), *WebhookDelivery.State.choices])
        offer(
            self,
            "event",
            [
                ("", pgettext_lazy("webhook", "All events")),
                *_with_codes().items(),
                (TEST, _("Test event sent to a webhook endpoint")),
            ],
        )


def _with_codes() -> dict[str, str]:
    """Events by code, in words and with the code that a program reads."""
    return {
        code: gettext("%(words)s (%(code)s)") % {"words": words, "code": code} for code, words in event_words().items()
    }
