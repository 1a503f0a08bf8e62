"""Forms of the console."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.announcements.models import Announcement, Level
from torihiki.identity.forms import PASSWORD_LENGTH_MAX, NewPasswordForm

REASON_LENGTH_MAX = 500
MOMENT = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


def password_field() -> forms.CharField:
    """The own password once more, for what is dangerous."""
    return forms.CharField(
        label=_("Your password"),
        help_text=_("Asked once more, because this is felt at once."),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SearchForm(forms.Form):
    """Every field may stay empty."""

    q = forms.CharField(label=_("Company name"), max_length=100, required=False)
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All")), ("active", _("Active")), ("suspended", _("Suspended"))],
    )


class AdministratorForm(forms.Form):
    """Whom a company's first invitation goes to."""

    person = forms.CharField(label=_("First administrator"), max_length=100)
    email = forms.EmailField(
        label=_("E-mail"),
        help_text=_("Gets a link that works once, for 7 days, and chooses login id and password there."),
    )


class OpeningForm(AdministratorForm):
    name = forms.CharField(
        label=_("Company name"),
        max_length=200,
        help_text=_("As registered. The company completes its card itself."),
    )
    field_order = ("name", "person", "email")


class ReasonForm(forms.Form):
    """Why, and by whom."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Stays in the operator’s ledger; the company does not see it."),
        max_length=REASON_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    password = password_field()


class ReleaseForm(forms.Form):
    password = password_field()


class OwnPasswordForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Present password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password", "repeated")


class AnnouncementForm(forms.Form):
    """Both languages, and from when until when; moments are Asia/Tokyo's."""

    level = forms.ChoiceField(
        label=pgettext_lazy("announcement", "Level"),
        choices=Level.choices,
        initial=Level.INFO,
        widget=forms.RadioSelect,
        help_text=_("Maintenance and incidents stand on every page until the reader says that they understood."),
    )
    title_ja = forms.CharField(label=_("Title in Japanese"), max_length=100)
    text_ja = forms.CharField(label=_("Text in Japanese"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 6}))
    title_en = forms.CharField(label=_("Title in English"), max_length=100)
    text_en = forms.CharField(label=_("Text in English"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 6}))
    starts_at = forms.DateTimeField(
        label=pgettext_lazy("period", "From"),
        required=False,
        widget=MOMENT,
        help_text=_("Left empty, or once this has passed: from the moment when it is released."),
    )
    ends_at = forms.DateTimeField(
        label=pgettext_lazy("period", "To"),
        required=False,
        widget=MOMENT,
        help_text=_("Left empty: until it is withdrawn."),
    )

    def __init__(self, *args: Any, at: datetime, announcement: Announcement | None = None, **options: Any) -> None:
        if announcement:
            names = ("level", "title_ja", "text_ja", "title_en", "text_en", "starts_at", "ends_at")
            options["initial"] = {name: getattr(announcement, name) for name in names}
        super().__init__(*args, **options)
        self.at = at

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["starts_at"] = cleaned.get("starts_at") or self.at
        ends_at = cleaned.get("ends_at")
        if ends_at and ends_at <= max(cleaned["starts_at"], self.at):
            self.add_error("ends_at", _("This has passed, or lies before the start. Choose a later moment."))
        return cleaned
