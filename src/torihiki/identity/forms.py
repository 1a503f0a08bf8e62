"""Forms of sign-in, members, units and the own profile."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from torihiki.identity.access import access_members, access_own_roles, access_units
from torihiki.identity.actions import NewPerson
from torihiki.identity.actions.roles import NAME_LENGTH_MAX as ROLE_NAME_LENGTH_MAX
from torihiki.identity.actions.tokens import NAME_LENGTH_MAX
from torihiki.identity.models import Member, Unit
from torihiki.identity.passwords import Chooser
from torihiki.identity.permissions import COMPANY_RIGHTS, MANAGE_PARTNERS, SERVICES, TOKEN_ACTIONS, Role
from torihiki.identity.policies import Option, Policy
from torihiki.identity.theme.colours import COLOURS
from torihiki.identity.theme.patterns import PATTERNS
from torihiki.identity.theme.themes import Theme
from torihiki.tenancy.actor import Actor

LOGIN_ID_LENGTH_MIN, LOGIN_ID_LENGTH_MAX = 4, 100
LIST_LENGTH_MAX = 10_000
TAKERS_OFFERED_MAX = 1_000
WITHIN_REASON = (MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31)))
"""Days that have a moment in every time zone."""
PASSWORD_LENGTH_MAX = 200  # of what is tried, not of what may be chosen


class SignInForm(forms.Form):
    login_id = forms.CharField(
        label=_("Login ID"),
        max_length=LOGIN_ID_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username webauthn",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
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
    """A password chosen twice, by the rules of the chooser's companies."""

    chooser = Chooser()

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

    def __init__(self, *args: Any, chooser: Chooser | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.chooser = chooser or self.chooser
        self.fields["password"].help_text = self.chooser.profile.explanation

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = tuple(str(cleaned.get(name, "")) for name in ("login_id", "name", "email", "company_name"))
        if "password" in cleaned and (problems := self.chooser.problems(cleaned["password"], *typed)):
            for problem in problems:
                self.add_error("password", problem)
            return cleaned
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
    own_roles = forms.TypedMultipleChoiceField(
        label=_("Own roles"),
        help_text=_("What they allow comes on top of the role."),
        coerce=UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    unit = UnitChoiceField(label=pgettext_lazy("organisation", "Unit"))
    unit_only = forms.BooleanField(
        label=_("Only documents of this unit and the units below it"),
        required=False,
        help_text=_(
            "What belongs to another unit or to none is not there for the member. Rights about the company do not hold."
        ),
    )

    def __init__(self, *args: Any, actor: Actor, kept: UUID | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        unit, own = self.fields["unit"], self.fields["own_roles"]
        assert isinstance(own, forms.TypedMultipleChoiceField)
        own.choices = [(str(role.pk), role.name) for role in access_own_roles(actor).order_by("name")]
        if not own.choices:
            own.widget = forms.MultipleHiddenInput()
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


class RightsForm(forms.Form):
    """What something may do: one row of actions for each service, and the company's rights that it `offers`."""

    offers: Mapping[str, Any] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(action.value, label) for action, label in TOKEN_ACTIONS.items()]
        for service, label in (("*", _("All services")), *SERVICES.items()):
            self.fields[f"scope-{service}"] = forms.MultipleChoiceField(
                label=str(label), choices=choices, required=False, widget=forms.CheckboxSelectMultiple
            )
        for right, label in self.offers.items():
            self.fields[f"right-{right}"] = forms.BooleanField(label=label, required=False)

    @classmethod
    def initial_of(cls, permissions: Iterable[str]) -> dict[str, Any]:
        """Values of the fields for what is held already."""
        values: dict[str, Any] = {}
        for permission in permissions:
            service, _dot, action = permission.rpartition(".")
            if permission in cls.offers:
                values[f"right-{permission}"] = True
            else:
                values.setdefault(f"scope-{service}", []).append(action)
        return values

    def scopes(self) -> list[str]:
        cleaned = self.cleaned_data
        found = [
            f"{name.removeprefix('scope-')}.{action}"
            for name, actions in cleaned.items()
            if name.startswith("scope-")
            for action in actions
        ]
        return [*found, *(right for right in self.offers if cleaned[f"right-{right}"])]


class TokenForm(RightsForm):
    """A token's name, its end and what it may do."""

    offers = {MANAGE_PARTNERS: COMPANY_RIGHTS[MANAGE_PARTNERS]}

    name = forms.CharField(
        label=_("Name"), max_length=NAME_LENGTH_MAX, help_text=_("Timelines and the audit log show it as the actor.")
    )
    expires_on = forms.DateField(
        label=_("Works until"),
        required=False,
        help_text=_("The last day, in Japan time. Empty: until it is revoked."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def expires_at(self) -> datetime | None:
        """The end of the last day."""
        day = self.cleaned_data["expires_on"]
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) if day else None


class RoleForm(RightsForm):
    """An own role's name and what it may do."""

    offers = COMPANY_RIGHTS

    name = forms.CharField(label=_("Name"), max_length=ROLE_NAME_LENGTH_MAX)


class DelegationForm(RightsForm):
    """Who acts in the giver's stead, from which day to which, and what they may do."""

    taker = forms.TypedChoiceField(label=_("Who acts"), coerce=UUID)
    starts_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}), validators=WITHIN_REASON
    )
    ends_on = forms.DateField(
        label=_("Last day"),
        help_text=_("In Japan time. It ends by itself."),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=WITHIN_REASON,
    )

    def __init__(self, *args: Any, actor: Actor, giver: Member, **options: Any) -> None:
        super().__init__(*args, **options)
        taker = self.fields["taker"]
        assert isinstance(taker, forms.TypedChoiceField)
        others = access_members(actor).filter(suspended_at=None).exclude(pk=giver.pk).order_by("name", "id")
        taker.choices = [("", ""), *((str(member.pk), member.name) for member in others[:TAKERS_OFFERED_MAX])]

    def starts_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.cleaned_data["starts_on"], time.min))

    def ends_at(self) -> datetime:
        """The end of the last day."""
        return timezone.make_aware(datetime.combine(self.cleaned_data["ends_on"] + timedelta(days=1), time.min))


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class ThemeForm(forms.Form):
    pattern = forms.ChoiceField(
        label=_("Pattern"), choices=lambda: [(each.code, each.label) for each in PATTERNS.values()]
    )
    colour = forms.ChoiceField(
        label=_("Colour"), choices=lambda: [(each.code, each.label) for each in COLOURS.values()]
    )

    def theme(self) -> Theme:
        return Theme(PATTERNS[self.cleaned_data["pattern"]], COLOURS[self.cleaned_data["colour"]])


class PasswordChangeForm(NewPasswordForm):
    present = forms.CharField(
        label=_("Present password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password", "repeated")


class ProveForm(forms.Form):
    """The password once more."""

    present = forms.CharField(
        label=_("Password"),
        max_length=PASSWORD_LENGTH_MAX,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    """What the authenticator app or the mail says, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )


class PasskeyNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        help_text=_("By which you tell it from others, such as “My phone”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ForgottenForm(forms.Form):
    login_id = forms.CharField(
        label=_("Login ID"),
        max_length=LOGIN_ID_LENGTH_MAX,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class PolicyForm(forms.Form):
    """What a company decides about one topic; its fields are the policy's options."""

    policy_class: type[Policy] = Policy
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @classmethod
    def initial_of(cls, policy: Policy) -> dict[str, Any]:
        """Values of the fields: a tuple of words is typed one a line, unless it is chosen."""
        values = policy.values()
        for name, option in policy.options().items():
            if isinstance(values[name], list) and not option.choices:
                values[name] = "\n".join(values[name])
        return values

    def policy(self) -> Policy:
        values = {name: self.cleaned_data[name] for name in self.policy_class.options()}
        for name, option in self.policy_class.options().items():
            if isinstance(getattr(self.policy_class(), name), tuple):
                typed = values[name] if option.choices else values[name].split()
                values[name] = tuple(dict.fromkeys(typed))
        return self.policy_class(**values)


def policy_form(policy_class: type[Policy]) -> type[PolicyForm]:
    """The form of one topic, made from its options."""
    default = policy_class()
    made = {name: _option_field(option, getattr(default, name)) for name, option in policy_class.options().items()}
    return type(f"{policy_class.__name__}Form", (PolicyForm,), {**made, "policy_class": policy_class})


def _option_field(option: Option, default: Any) -> forms.Field:
    words: dict[str, Any] = {"label": option.label, "help_text": option.help}
    if isinstance(default, bool):
        return forms.BooleanField(required=False, **words)
    if isinstance(default, int):
        words["label"] = lazy(_bounded, str)(option.label, option.unit, option.lowest, option.highest)
        return forms.IntegerField(min_value=option.lowest, max_value=option.highest, **words)
    if isinstance(default, tuple) and option.choices:
        chosen = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(choices=option.choices, required=False, widget=chosen, **words)
    if isinstance(default, tuple):
        area = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
        return forms.CharField(required=False, max_length=LIST_LENGTH_MAX, widget=area, **words)
    return forms.ChoiceField(choices=option.choices, widget=forms.RadioSelect, **words)


def _bounded(label: Any, unit: Any, lowest: int, highest: int) -> str:
    """Such as "Within (minutes, 1 to 1440)"."""
    return gettext("%(label)s (%(unit)s, %(lowest)d to %(highest)d)") % {
        "label": label,
        "unit": unit,
        "lowest": lowest,
        "highest": highest,
    }


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
