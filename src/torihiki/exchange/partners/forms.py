"""Forms of partners: a company's card, what one notes of it, invitations and terms."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from torihiki.exchange.bodies import Address, Contact, PartyDetails
from torihiki.exchange.partners.terms import DEEMED_DAYS_MAX, END_OF_MONTH, TermsBody
from torihiki.identity.forms import NewPersonForm
from torihiki.lib.identifiers import Checked, Finding, check_corporate_number, check_registration_number
from torihiki.lib.money import Rounding
from torihiki.web.fields import offer

NOTE_LENGTH_MAX = 2_000
MESSAGE_LENGTH_MAX = 1_000


class NumberedForm(forms.Form):
    """A form with a 登録番号 or 法人番号: a wrong shape is an error, a check digit that does not fit a remark."""

    remarks: list[str]

    def clean_registration_number(self) -> str:
        return self._number(
            "registration_number",
            check_registration_number,
            gettext("A registration number is T and 13 digits, such as T7000012050002."),
            gettext(
                "The check digit of the registration number does not fit. Sole proprietors’ numbers may be so;"
                " otherwise look for a typing error."
            ),
        )

    def clean_corporate_number(self) -> str:
        return self._number(
            "corporate_number",
            check_corporate_number,
            gettext("A corporate number has 13 digits."),
            gettext("The check digit of the corporate number does not fit. Look for a typing error."),
        )

    def _number(self, name: str, check: Callable[[str], Checked], malformed: str, remark: str) -> str:
        text = str(self.cleaned_data.get(name, ""))
        if not text:
            return ""
        checked = check(text)
        if not checked.well_formed:
            raise forms.ValidationError(malformed)
        if checked.finding is Finding.CHECK_DIGIT:
            self.remarks = [*getattr(self, "remarks", []), remark]
        return checked.value


class CardForm(NumberedForm):
    """Everything of a party that people type. What else its details carry stays as it is."""

    name = forms.CharField(label=_("Name"), help_text=_("As it is registered."), max_length=200)
    name_kana = forms.CharField(label=_("Name in kana"), max_length=200, required=False)
    registration_number = forms.CharField(
        label=_("Registration number (T number)"),
        help_text=_("Needed for qualified invoices; empty when not registered."),
        max_length=30,
        required=False,
    )
    corporate_number = forms.CharField(label=_("Corporate number"), max_length=30, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    prefecture = forms.CharField(label=_("Prefecture"), max_length=200, required=False)
    city = forms.CharField(label=_("City"), max_length=200, required=False)
    street = forms.CharField(label=_("Street and number"), max_length=200, required=False)
    building = forms.CharField(label=_("Building"), max_length=200, required=False)
    contact_name = forms.CharField(label=_("Contact person"), max_length=200, required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=50, required=False)
    email = forms.EmailField(label=_("E-mail"), max_length=254, required=False)

    def details(self, former: PartyDetails | None = None) -> PartyDetails:
        """The card as typed; what the form does not ask is taken from `former`."""
        typed = self.cleaned_data
        address = {name: typed[name] for name in ADDRESS_FIELDS}
        contact = {"name": typed["contact_name"], "phone": typed["phone"], "email": typed["email"]}
        kept = former.model_dump() if former else {}
        kept_address = former.address.model_dump() if former else {}
        return PartyDetails.model_validate(
            {
                **kept,
                **{name: typed[name] for name in CARD_FIELDS},
                "address": Address.model_validate({**kept_address, **address}),
                "contact": Contact.model_validate(contact) if any(contact.values()) else None,
            }
        )


CARD_FIELDS = ("name", "name_kana", "registration_number", "corporate_number")
ADDRESS_FIELDS = ("postal_code", "prefecture", "city", "street", "building")


def card_initial(details: PartyDetails) -> dict[str, str]:
    contact = details.contact or Contact()
    return {
        **{name: getattr(details, name) for name in CARD_FIELDS},
        **{name: getattr(details.address, name) for name in ADDRESS_FIELDS},
        "contact_name": contact.name,
        "phone": contact.phone,
        "email": contact.email,
    }


class NotesForm(forms.Form):
    """What only the own company sees of a partner."""

    own_code = forms.CharField(
        label=_("Own code"), help_text=_("Your number for this partner."), max_length=40, required=False
    )
    own_name = forms.CharField(
        label=_("Own name"), help_text=_("Shown in your lists instead of the name."), max_length=200, required=False
    )
    note = forms.CharField(
        label=_("Note"), max_length=NOTE_LENGTH_MAX, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ExternalPartnerForm(CardForm, NotesForm):
    field_order = ("name", "name_kana", "own_code", "own_name", *CARD_FIELDS[2:], *ADDRESS_FIELDS)


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    message = forms.CharField(
        label=_("A few words to the partner"),
        max_length=MESSAGE_LENGTH_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RegistrationForm(NumberedForm, NewPersonForm):
    """A new company and its first administrator."""

    company_name = forms.CharField(label=_("Company"), max_length=200)
    company_kana = forms.CharField(label=_("Name in kana"), max_length=200, required=False)
    registration_number = forms.CharField(label=_("Registration number (T number)"), max_length=30, required=False)
    field_order = ("company_name", "company_kana", "registration_number", *NewPersonForm.field_order)

    def clean_corporate_number(self) -> str:
        return ""

    def card(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        number = cleaned["registration_number"]
        return {
            "name_kana": cleaned["company_kana"],
            "registration_number": number,
            "contact": {"name": cleaned["name"], "email": cleaned["email"]},
        }


class TermsForm(forms.Form):
    """Between two companies; the defaults are what holds without an agreement."""

    closing_day = forms.TypedChoiceField(label=_("Closing day"), coerce=int)
    due_months_after = forms.TypedChoiceField(label=_("Payment month"), coerce=int)
    due_day = forms.TypedChoiceField(label=_("Payment day"), coerce=int)
    line_rounding = forms.ChoiceField(label=_("Rounding of a line"))
    tax_rounding = forms.ChoiceField(label=_("Rounding of tax"), help_text=_("Once per document and rate."))
    prices_include_tax = forms.BooleanField(label=_("Prices include tax"), required=False)
    tolerance_percent = forms.DecimalField(
        label=_("Tolerated difference (%)"),
        help_text=_("Up to this much an invoice may differ from its order."),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        widget=forms.TextInput,
    )
    deemed_acceptance_days = forms.IntegerField(
        label=_("Deemed accepted after (days)"),
        help_text=_("Without a word of the receiver; empty: never."),
        min_value=1,
        max_value=DEEMED_DAYS_MAX,
        required=False,
        widget=forms.TextInput,
    )
    note = forms.CharField(label=_("Note"), max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("closing_day", "due_day"):
            offer(self, name, [(day, day_words(day)) for day in range(1, END_OF_MONTH + 1)])
        offer(self, "due_months_after", [(months, months_words(months)) for months in range(7)])
        for name in ("line_rounding", "tax_rounding"):
            offer(self, name, [(rounding.value, ROUNDINGS[rounding]) for rounding in Rounding])

    def body(self) -> TermsBody:
        return TermsBody.model_validate(self.cleaned_data)


ROUNDINGS = {
    Rounding.FLOOR: _("Down"),
    Rounding.HALF_UP: _("To the nearest, half up"),
    Rounding.CEILING: _("Up"),
}


def day_words(day: int) -> str:
    return gettext("last of the month") if day == END_OF_MONTH else gettext("day %(day)d") % {"day": day}


def months_words(months: int) -> str:
    if months == 0:
        return gettext("the same month")
    if months == 1:
        return gettext("the next month")
    return gettext("%(months)d months later") % {"months": months}
