"""Forms of sign-in, members, units and the own profile."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from torihiki.identity.access import access_units
from torihiki.identity.actions import NewPerson
from torihiki.identity.models import Unit
from torihiki.identity.passwords import STANDARD, password_problems
from torihiki.identity.permissions import Role
from torihiki.tenancy.actor import Actor

LOGIN_ID_LENGTH_MIN, LOGIN_ID_LENGTH_MAX = 4, 100
PASSWORD_LENGTH_MAX = 200  # of what is tried, not of what may be chosen


class SignInForm(forms.Form):
    login_id = forms.CharField(
        label=_("Login ID"),
        max_length=LOGIN_ID_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class NewPasswordForm(forms.Form):
    """A password chosen twice, by the profile's rules."""

    password = forms.CharField(
        label=_("Password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    repeated = forms.CharField(
        label=_("Password again"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"].help_text = STANDARD.explanation

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if problems := password_problems(password):
            raise forms.ValidationError(problems)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in cleaned and cleaned.get("repeated") != cleaned["password"]:
            self.add_error("repeated", _("The two passwords differ. Type the same one twice."))
        return cleaned


class NewPersonForm(NewPasswordForm):
    """Somebody who gets an account."""

    name = forms.CharField(label=_("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    login_id = forms.RegexField(
        r"^[A-Za-z0-9._@+-]+\Z",
        label=_("Login ID"),
        help_text=_(
            "At least 4 letters, digits or . _ @ + -; your e-mail address will do. Capitals make no difference."
        ),
        min_length=LOGIN_ID_LENGTH_MIN,
        max_length=LOGIN_ID_LENGTH_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order: tuple[str, ...] = ("name", "email", "login_id", "password", "repeated")

    def person(self, *, language: str) -> NewPerson:
        cleaned = self.cleaned_data
        return NewPerson(
            login_id=cleaned["login_id"],
            password=cleaned["password"],
            name=cleaned["name"],
            email=cleaned["email"],
            language=language,
        )


class UnitChoiceField(forms.ChoiceField):
    """One of the company's units, indented as the tree is; empty for none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def offer(self, units: list[tuple[Unit, int]], *, nothing: Any, kept: UUID | None = None) -> None:
        """The open ones, and the closed one that is chosen already."""
        offered = [(unit, depth) for unit, depth in units if not unit.closed_at or unit.id == kept]
        self.choices = [("", nothing), *((str(unit.id), "　" * depth + unit.name) for unit, depth in offered)]

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        return UUID(chosen) if chosen else None


class MemberForm(forms.Form):
    """What an administrator decides about a member, invited or present."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect, initial=Role.CLERK)
    unit = UnitChoiceField(label=pgettext_lazy("organisation", "Unit"))

    def __init__(self, *args: Any, actor: Actor, kept: UUID | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        unit = self.fields["unit"]
        assert isinstance(unit, UnitChoiceField)
        unit.offer(unit_tree(actor), nothing=_("The whole company"), kept=kept)


class UnitForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=100)
    code = forms.CharField(label=_("Own code"), max_length=20, required=False)
    parent = UnitChoiceField(label=_("Belongs to"))

    def __init__(self, *args: Any, actor: Actor, unit: Unit | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        parent = self.fields["parent"]
        assert isinstance(parent, UnitChoiceField)
        tree = unit_tree(actor, without=unit)
        parent.offer(tree, nothing=_("Nothing: directly below the company"), kept=unit.parent_id if unit else None)


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class PasswordChangeForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Present password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password", "repeated")


def unit_tree(actor: Actor, *, without: Unit | None = None) -> list[tuple[Unit, int]]:
    """All units with their depth, each after the one above it; `without` leaves one out with all below it."""
    below: dict[UUID | None, list[Unit]] = {}
    for unit in access_units(actor).order_by("name"):
        below.setdefault(unit.parent_id, []).append(unit)
    found: list[tuple[Unit, int]] = []

    def descend(parent_id: UUID | None, depth: int) -> None:
        for unit in below.get(parent_id, []):
            if without is None or unit.id != without.id:
                found.append((unit, depth))
                descend(unit.id, depth + 1)

    descend(None, 0)
    return found
