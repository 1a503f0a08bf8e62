"""What an administrator types about routes, and an approver about many documents at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from pydantic import ValidationError

from torihiki.exchange.access import access_partners
from torihiki.exchange.approvals.models import ApprovalRoute
from torihiki.exchange.approvals.steps import APPROVERS, EVERYBODY, HOURS_MAX, STEPS_MAX, Approvers, RouteStep, steps_of
from torihiki.exchange.specs import KINDS
from torihiki.identity.access import access_holders, access_members, access_own_roles
from torihiki.identity.forms import UnitChoiceField, unit_tree
from torihiki.identity.permissions import SERVICES, Action
from torihiki.lib.complaints import complaint
from torihiki.tenancy.actor import Actor
from torihiki.web.fields import offer

YEN_MAX = 10**15
OFFERED_MAX = 200
NEEDED_MAX = 5
ROLE_PREFIX = "role:"


class KindsForm(forms.Form):
    kinds = forms.MultipleChoiceField(
        label=_("Documents that always need an approval"),
        help_text=_("Where no route fits, one person with the right to approve suffices."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "kinds", [(kind.code, kind.label) for kind in KINDS.values()])


class ConditionsForm(forms.Form):
    """Which documents go along a route."""

    name = forms.CharField(label=_("Name of the route"), max_length=60)
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of document"),
        help_text=_("None chosen: all of them."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    amount_from = forms.IntegerField(
        label=_("Amount from"),
        help_text=_("In yen with tax. A document in another currency goes along the route whatever its amount is."),
        required=False,
        min_value=0,
        max_value=YEN_MAX,
    )
    amount_to = forms.IntegerField(label=_("Amount to"), required=False, min_value=0, max_value=YEN_MAX)
    unit = UnitChoiceField(
        label=pgettext_lazy("organisation", "Unit"), help_text=_("Documents of this unit and of those below it.")
    )
    partner = forms.TypedChoiceField(label=_("Partner"), required=False, coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "kinds", [(kind.code, kind.label) for kind in KINDS.values()])
        _units(self, actor, nothing=_("Every unit"), kept=self.initial.get("unit"))
        partners = list(access_partners(actor).order_by("own_code", "party__name")[:OFFERED_MAX])
        chosen = self.initial.get("partner")
        if chosen and all(partner.pk != chosen for partner in partners):
            partners += access_partners(actor).filter(pk=chosen)
        offer(self, "partner", [("", _("Every partner")), *((str(each.pk), str(each)) for each in partners)])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        least, most = data.get("amount_from"), data.get("amount_to")
        if least is not None and most is not None and least > most:
            self.add_error("amount_to", _("This is less than the amount from which the route holds."))
        return data

    def conditions(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "kinds": data["kinds"],
            "amount_from": data["amount_from"],
            "amount_to": data["amount_to"],
            "unit_id": data["unit"],
            "partner_id": data["partner"],
        }


class StepForm(forms.Form):
    """One step. `choices` come once for all steps, so that each costs no query of its own."""

    name = forms.CharField(label=_("Name of the step"), max_length=40)
    approvers = forms.ChoiceField(label=_("Who is asked"))
    members = forms.MultipleChoiceField(
        label=_("Members"),
        help_text=_("Where they are chosen by name."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    needed = forms.TypedChoiceField(label=_("How many must approve"), coerce=int)
    together = forms.BooleanField(label=_("At the same time as the step before it"), required=False)
    hours = forms.IntegerField(
        label=_("Remind after"),
        help_text=_("Hours without an answer; again after as many."),
        required=False,
        min_value=1,
        max_value=HOURS_MAX,
    )
    deputy = forms.TypedChoiceField(
        label=_("Then ask, too"), required=False, coerce=UUID, empty_value=None, help_text=_("The deputy.")
    )

    def __init__(self, *args: Any, roles: Sequence[Any], people: Sequence[Any], **options: Any) -> None:
        super().__init__(*args, **options)
        plain = [(each, APPROVERS[each]) for each in (Approvers.ANYONE, Approvers.UNIT, Approvers.MEMBERS)]
        held = [(f"{ROLE_PREFIX}{pk}", _("Role: %(name)s") % {"name": name}) for pk, name in roles]
        offer(self, "approvers", [*plain, *held])
        offer(self, "members", [(str(pk), name) for pk, name in people])
        offer(self, "deputy", [("", "—"), *((str(pk), name) for pk, name in people)])
        offer(self, "needed", [(n, _many(n)) for n in range(1, NEEDED_MAX + 1)] + [(EVERYBODY, _("All of them"))])

    @property
    def is_blank(self) -> bool:
        """A further row in which nothing was typed."""
        return self.empty_permitted and not self.has_changed()

    def clean(self) -> dict[str, Any]:
        """Raises nothing: what the step itself refuses stands at the form."""
        data = super().clean() or {}
        if not self.errors and not self.is_blank:
            try:
                self.step = self._step(data)
            except ValidationError as error:
                self.add_error(None, complaint(error.errors(include_url=False)[0]))
        return data

    def _step(self, data: dict[str, Any]) -> RouteStep:
        chosen = data["approvers"]
        role = chosen.removeprefix(ROLE_PREFIX) if chosen.startswith(ROLE_PREFIX) else None
        return RouteStep(
            name=data["name"],
            approvers=Approvers.ROLE if role else Approvers(chosen),
            role=UUID(role) if role else None,
            members=tuple(map(UUID, data["members"])) if chosen == Approvers.MEMBERS else (),
            needed=data["needed"],
            together=data["together"],
            hours=data["hours"],
            deputy=data["deputy"],
        )


class StepsFormSet(forms.BaseFormSet):  # type: ignore[type-arg]  # not subscriptable as the program runs
    def steps(self) -> list[RouteStep]:
        """Of a valid set, in order, without those taken out."""
        kept = [form for form in self.forms if not form.is_blank and form not in self.deleted_forms]
        return [form.step for form in kept]

    def clean(self) -> None:
        if not any(self.errors) and not self.steps():
            raise forms.ValidationError(_("A route needs at least one step."))


def steps_form(actor: Actor, data: Any = None, *, route: ApprovalRoute | None = None) -> StepsFormSet:
    """The steps of a route, with one blank one where it has none yet; three queries."""
    initial = [_initial(step) for step in steps_of(route.steps)] if route else []
    made = forms.formset_factory(
        StepForm,
        formset=StepsFormSet,
        extra=0 if initial else 1,
        max_num=STEPS_MAX,
        absolute_max=STEPS_MAX,
        validate_max=True,
        can_delete=True,
    )
    named = {member for row in initial for member in row["members"]} | {row["deputy"] for row in initial}
    approvers = access_holders(actor, *(f"{service}.{Action.APPROVE}" for service in SERVICES)).order_by("name", "id")
    people = list(approvers.values_list("pk", "name")[:OFFERED_MAX])
    known = {str(pk) for pk, _name in people}
    people += (
        access_members(actor).filter(pk__in=[pk for pk in named if pk and pk not in known]).values_list("pk", "name")
    )
    roles = list(access_own_roles(actor).order_by("name").values_list("pk", "name"))
    set_ = made(data, prefix="steps", initial=initial, form_kwargs={"roles": roles, "people": people})
    assert isinstance(set_, StepsFormSet)
    return set_


class TrialForm(forms.Form):
    """A document that might be: which route would it go along?"""

    kind = forms.ChoiceField(label=_("Kind of document"))
    amount = forms.IntegerField(
        label=_("Amount (incl. tax)"), required=False, min_value=0, max_value=YEN_MAX, initial=0
    )
    unit = UnitChoiceField(label=pgettext_lazy("organisation", "Unit"))
    partner = forms.TypedChoiceField(label=_("Partner"), required=False, coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "kind", [(kind.code, kind.label) for kind in KINDS.values()])
        _units(self, actor, nothing="—")
        partners = access_partners(actor).order_by("own_code", "party__name")[:OFFERED_MAX]
        offer(self, "partner", [("", "—"), *((str(each.party_id), str(each)) for each in partners)])


def _units(form: forms.Form, actor: Actor, *, nothing: Any, kept: UUID | None = None) -> None:
    field = form.fields["unit"]
    assert isinstance(field, UnitChoiceField)
    field.offer(unit_tree(actor), nothing=nothing, kept=kept)


def _initial(step: RouteStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "approvers": f"{ROLE_PREFIX}{step.role}" if step.role else step.approvers.value,
        "members": [str(member) for member in step.members],
        "needed": step.needed,
        "together": step.together,
        "hours": step.hours,
        "deputy": str(step.deputy) if step.deputy else "",
    }


def _many(n: int) -> str:
    return ngettext("%(n)d of them", "%(n)d of them", n) % {"n": n}
