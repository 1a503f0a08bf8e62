"""What one looks for in the ledger."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.ledger.access import Wanted
from torihiki.ledger.events import EVENTS

DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class AuditForm(forms.Form):
    """Every field may stay empty; a wrong day finds nothing rather than everything."""

    since = forms.DateField(label=pgettext_lazy("period", "From"), required=False, widget=DAY)
    until = forms.DateField(label=pgettext_lazy("period", "To"), required=False, widget=DAY)
    event = forms.ChoiceField(label=_("Event"), required=False)
    person = forms.CharField(label=_("Person"), max_length=100, required=False)
    subject = forms.CharField(label=pgettext_lazy("audit", "Subject"), max_length=100, required=False)
    account = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        named = sorted((str(event.label), code) for code, event in EVENTS.items())
        event = self.fields["event"]
        assert isinstance(event, forms.ChoiceField)
        event.choices = [("", _("All events")), *((code, label) for label, code in named)]

    def wanted(self) -> Wanted:
        """Only of a valid form."""
        found = self.cleaned_data
        return Wanted(
            since=found["since"],
            until=found["until"],
            event=found["event"],
            person=found["person"],
            subject=found["subject"],
            account_id=found["account"],
        )
