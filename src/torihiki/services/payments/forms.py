"""What is typed about accounts, transfers and receipts."""

import unicodedata
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.lib.zengin import NotZengin, half_width
from torihiki.services.payments.access import access_own_accounts
from torihiki.services.payments.business_days import is_business_day
from torihiki.services.payments.models import BankAccount
from torihiki.services.payments.statements import BYTES_MAX
from torihiki.tenancy.actor import Actor
from torihiki.web.fields import offer

AHEAD_MAX = timedelta(days=400)


class DigitsField(forms.CharField):
    """So many digits, also typed in full width or, where `fill` allows it, without leading zeros."""

    def __init__(self, *, length: int, fill: bool = False, **options: Any) -> None:
        self.length, self.fill = length, fill
        super().__init__(max_length=40, widget=forms.TextInput(attrs={"inputmode": "numeric"}), **options)

    def to_python(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", str(value or "")).strip()
        return text.zfill(self.length) if self.fill and text.isdecimal() and text.isascii() else text

    def validate(self, value: str) -> None:
        super().validate(value)
        if value and not (len(value) == self.length and value.isascii() and value.isdecimal()):
            raise forms.ValidationError(_("Enter %(n)d digits."), params={"n": self.length})


class KanaField(forms.CharField):
    """Text as banks take it; stored as it is typed, written in half width."""

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            half_width(text)
        except NotZengin:
            raise forms.ValidationError(
                _("Banks take kana, letters, digits and ( ) - . / only. Enter it as it stands in the passbook.")
            ) from None
        return text


class AccountForm(forms.Form):
    """One bank account; an own one has the bank's code for who pays."""

    bank = DigitsField(label=_("Bank code"), length=4)
    bank_name = KanaField(label=_("Bank (kana)"), max_length=40, required=False)
    branch = DigitsField(label=_("Branch code"), length=3)
    branch_name = KanaField(label=_("Branch (kana)"), max_length=40, required=False)
    type = forms.ChoiceField(label=_("Type of account"), choices=BankAccount.Type.choices)
    number = DigitsField(label=_("Account number"), length=7, fill=True)
    holder = KanaField(label=_("Account holder (kana)"), max_length=60)
    consignor = DigitsField(
        label=_("Consignor code"),
        help_text=_("Ten digits that your bank gave you for transfers by file; without it nothing is paid from here."),
        length=10,
        fill=True,
        required=False,
    )

    def __init__(self, *args: Any, is_own: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_own:
            del self.fields["consignor"]


class RunForm(forms.Form):
    """From which account and when."""

    account = forms.TypedChoiceField(label=_("Pay from"), coerce=UUID)
    on = forms.DateField(label=_("Day of payment"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        own = access_own_accounts(actor).exclude(consignor="")
        offer(self, "account", [(str(each.pk), f"{each.bank_name or each.bank} {each}") for each in own])

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        today = timezone.localdate()
        if not today <= on <= today + AHEAD_MAX:
            raise forms.ValidationError(_("Choose a day from today on, at most a year ahead."))
        if not is_business_day(on):
            raise forms.ValidationError(_("Banks do not work on that day. Choose another."))
        return on


class DueForm(forms.Form):
    """What is shown of what is owed."""

    due_to = forms.DateField(
        label=pgettext_lazy("payments", "Due up to"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class StatementForm(forms.Form):
    file = forms.FileField(
        label=_("Statement file"),
        help_text=_("The account statement of your bank in the Zengin format (200 bytes), up to 4 MiB."),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > BYTES_MAX:
            raise forms.ValidationError(_("The file is larger than 4 MiB. Ask the bank for a shorter period."))
        return file
