"""Forms derived from a kind's typed body: header fields, lines and further parts, as Django forms for the components.

Django checks each field in the reader's language; the typed body then has the last word. What was typed is kept even
where it is wrong, so that a draft loses nothing.
"""

from __future__ import annotations

import types
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic.fields import FieldInfo

from torihiki.exchange.bodies import LINES_MAX, Body, Label, TaxCategory
from torihiki.exchange.specs import Kind
from torihiki.lib.complaints import complaint
from torihiki.lib.money import Rounding

BLANK_LINES = 3
FORM_LINES_MAX = 500  # more come by import
CHOICE_WORDS: dict[type[StrEnum], dict[StrEnum, Any]] = {
    Rounding: {
        Rounding.FLOOR: _("Round down"),
        Rounding.HALF_UP: _("Round half up"),
        Rounding.CEILING: _("Round up"),
    },
    TaxCategory: {
        TaxCategory.STANDARD: _("10%"),
        TaxCategory.REDUCED: _("8% reduced"),
        TaxCategory.EXEMPT: _("Exempt"),
        TaxCategory.EXPORT: pgettext_lazy("tax", "Export"),
        TaxCategory.OUTSIDE: _("Not taxed"),
    },
}
"""How the members of an enumeration are called in choice lists; a service's own says so by its `words()`, else
it shows its values."""


class Fixed(forms.Widget):
    """A value that is shown and sent along, not typed."""

    template_name = "exchange/fixed.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {"name": name, "value": "" if value is None else value}

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))


class NumberField(forms.DecimalField):
    """A number as people type it here: full-width digits and thousands separators are understood."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs take it for an integer
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).replace(",", "").replace("−", "-").strip()
        return super().to_python(value)


@dataclass(frozen=True)
class Part:
    """A further table of a body, such as discounts or bank accounts."""

    title: Any
    more: bool
    formset: forms.BaseFormSet[Any]


class BodyForms:
    """The header form, the line forms and the further parts of one body, bound to `data` or filled from `body`."""

    def __init__(
        self, kind: Kind, *, data: Mapping[str, Any] | None = None, body: Mapping[str, Any] | None = None
    ) -> None:
        self.kind = kind
        self.before = {**defaults_of(kind.body), **(body or {})}
        self.header = header_form(kind.body)(data, initial=self.before)
        self.parts = {
            name: _part_forms(kind.body, name)(data, initial=self._initial(name), prefix=name)
            for name in part_names(kind.body)
        }

    @property
    def further_parts(self) -> list[Part]:
        """The further parts with their titles."""
        labels = labels_of(self.kind.body)
        return [Part(labels[name].text, labels[name].more, part) for name, part in self.further.items()]

    @property
    def lines(self) -> forms.BaseFormSet[Any] | None:
        return self.parts.get("lines")

    @property
    def further(self) -> dict[str, forms.BaseFormSet[Any]]:
        return {name: part for name, part in self.parts.items() if name != "lines"}

    @property
    def main_fields(self) -> list[Any]:
        return [self.header[name] for name in self.header.fields if not labels_of(self.kind.body)[name].more]

    @property
    def more_fields(self) -> list[Any]:
        return [self.header[name] for name in self.header.fields if labels_of(self.kind.body)[name].more]

    def is_valid(self) -> bool:
        """Whether every single field is; rules between fields are the body's."""
        return all([self.header.is_valid(), *(part.is_valid() for part in self.parts.values())])

    def body(self) -> dict[str, Any]:
        """What was typed as JSON values, valid or not, over what the form does not show."""
        self.is_valid()
        typed = {**_unshown(self.before, self.header), **_typed(self.header)}
        for name, part in self.parts.items():
            former = {str(row.get("line_id")): row for row in self.before.get(name) or () if row.get("line_id")}
            rows = []
            for form in part.forms:
                if _is_blank(form) or form.data.get(f"{form.prefix}-DELETE"):
                    continue
                row = _typed(form)
                rows.append({**_unshown(former.get(str(row.get("line_id")), {}), form), **row})
            typed[name] = rows
        return typed

    def blame(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Put pydantic's errors where they belong; fields that show one already keep their own."""
        below = {str(error["loc"][0]) for error in errors if len(error["loc"]) > 1}
        for error in errors:
            if error["type"] == "too_short" and str(error["loc"][0]) in below:
                continue  # pydantic counts only the lines that are right
            place, text = list(error["loc"]), complaint(error)
            if len(place) >= 3 and place[0] in self.parts and isinstance(place[1], int):
                shown = [form for form in self.parts[place[0]].forms if not _is_blank(form)]
                form = shown[place[1]] if place[1] < len(shown) else self.header
                _blame(form, str(place[2]), text)
            else:
                _blame(self.header, str(place[0]) if place else "", text)

    def _initial(self, name: str) -> list[dict[str, Any]]:
        return [dict(row) for row in self.before.get(name) or ()]


@cache
def defaults_of(body: type[Body]) -> Mapping[str, Any]:
    """The body's defaults as JSON values, without the parts: what a new form begins with."""
    plain = {name: info.default for name, info in body.model_fields.items() if not info.is_required()}
    return {name: _json(value) for name, value in plain.items() if isinstance(value, str | bool | Decimal | date)}


def dated(body: type[Body], today: date) -> dict[str, str]:
    """The dates with which a new form begins."""
    return {name: today.isoformat() for name, label in labels_of(body).items() if label.today}


@cache
def labels_of(body: type[Body]) -> dict[str, Label]:
    """The labelled fields of a body, in its order."""
    found = {}
    for name, info in body.model_fields.items():
        label = next((item for item in info.metadata if isinstance(item, Label)), None)
        if label is not None:
            found[name] = label
    return found


@cache
def part_names(body: type[Body]) -> tuple[str, ...]:
    """The fields that are tuples of labelled bodies: lines first, then further parts."""
    names = [name for name in labels_of(body) if _row_type(body.model_fields[name]) is not None]
    return tuple(sorted(names, key=lambda name: name != "lines"))


@cache
def header_form(body: type[Body]) -> type[forms.Form]:
    fields = {
        name: form_field(body.model_fields[name], label)
        for name, label in labels_of(body).items()
        if _row_type(body.model_fields[name]) is None
    }
    return type("HeaderForm", (forms.Form,), {name: field for name, field in fields.items() if field is not None})


def form_field(info: FieldInfo, label: Label) -> forms.Field | None:
    """The form field for a body's field, or None for a type that forms do not show."""
    annotation, optional = _plain_type(info.annotation)
    bounds = {name: value for item in _metadata(info) for name, value in _bounds(item).items()}
    default = None if info.is_required() else info.default
    initial = _json(default) if isinstance(default, str | bool | Decimal) and default != "" else None
    shared: dict[str, Any] = {
        "initial": initial,
        "label": label.text,
        "help_text": label.help,
        "required": info.is_required() and not optional,
    }
    if label.widget == "hidden":
        return forms.CharField(widget=forms.HiddenInput, required=False, max_length=bounds.get("max_length"))
    if label.widget == "fixed":
        return forms.CharField(widget=Fixed, max_length=bounds.get("max_length"), **(shared | {"required": False}))
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, bool):
        return forms.BooleanField(**(shared | {"required": False}))
    if issubclass(annotation, StrEnum):
        words = CHOICE_WORDS.get(annotation) or getattr(annotation, "words", dict)()
        return forms.ChoiceField(
            choices=[(member.value, words.get(member, member.value)) for member in annotation], **shared
        )
    if issubclass(annotation, str):
        widget = forms.Textarea(attrs={"rows": 3}) if label.widget == "textarea" else forms.TextInput()
        return forms.CharField(widget=widget, max_length=bounds.get("max_length"), **shared)
    if issubclass(annotation, Decimal):
        return NumberField(max_digits=bounds.get("max_digits"), decimal_places=bounds.get("decimal_places"), **shared)
    if issubclass(annotation, date):
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **shared)
    return None


def _part_forms(body: type[Body], name: str) -> type[forms.BaseFormSet[Any]]:
    row = _row_type(body.model_fields[name])
    assert row is not None, "parts are tuples of bodies"
    return _row_formset(row, name == "lines", labels_of(body)[name].grows)


@cache
def _row_formset(row: type[Body], main: bool, grows: bool) -> type[forms.BaseFormSet[Any]]:
    shown = {
        name: form_field(row.model_fields[name], label)
        for name, label in labels_of(row).items()
        if _row_type(row.model_fields[name]) is None and not label.more
    }
    form = type("RowForm", (RowForm,), {name: field for name, field in shown.items() if field is not None})
    form.grows = grows  # type: ignore[attr-defined]
    return forms.formset_factory(
        form,
        extra=BLANK_LINES if main and grows else 0,
        can_delete=grows,
        max_num=min(FORM_LINES_MAX, LINES_MAX),
        absolute_max=LINES_MAX,
        validate_max=True,
    )


class RowForm(forms.Form):
    """A line. One that was not touched counts as none, wherever it stands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_permitted, self.use_required_attribute = True, False

    def has_changed(self) -> bool:
        return not _is_blank(self)


def _is_blank(form: forms.BaseForm) -> bool:
    """No visible text in it; choices and ticks alone do not make a line."""
    if not form.is_bound:
        return not form.initial
    typing = (forms.TextInput, forms.Textarea, forms.NumberInput, forms.DateInput)
    for name, field in form.fields.items():
        if isinstance(field.widget, forms.HiddenInput) or not isinstance(field.widget, typing):
            continue
        value = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        preset = field.initial if field.initial is not None else ""
        if value not in (None, "") and str(value).strip() != str(preset):
            return False
    return True


def _typed(form: forms.BaseForm) -> dict[str, Any]:
    """A form's values as JSON: the cleaned one where there is one, else what was typed."""
    values: dict[str, Any] = {}
    for name, field in form.fields.items():
        if name in ("DELETE", "ORDER"):
            continue
        value = getattr(form, "cleaned_data", {}).get(name)
        if name in form.errors:
            value = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
        untyped = isinstance(field, NumberField | forms.DateField | forms.ChoiceField) or isinstance(
            field.widget, Fixed
        )
        empty = value == "" and (field.initial or untyped)
        if value is None or empty:
            continue  # the body's default, or its own complaint that something is missing
        values[name] = _json(value)
    return values


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else getattr(value, "value", value)


def _unshown(former: Mapping[str, Any], form: forms.BaseForm) -> dict[str, Any]:
    """What the form does not show survives the edit; what it shows is only what it says now."""
    return {name: value for name, value in former.items() if name not in form.fields}


def _blame(form: forms.BaseForm, name: str, text: str) -> None:
    target = name if name in form.fields else None
    if target is not None and form.errors.get(target):
        return
    form.add_error(target, ValidationError(text))


def _row_type(info: FieldInfo) -> type[Body] | None:
    if get_origin(info.annotation) is not tuple:
        return None
    row = get_args(info.annotation)[0]
    return row if isinstance(row, type) and issubclass(row, Body) and labels_of(row) else None


def _plain_type(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether None was admitted."""
    if get_origin(annotation) in (Union, types.UnionType):
        kept = [item for item in get_args(annotation) if item is not type(None)]
        inner = kept[0] if len(kept) == 1 else None
        return getattr(inner, "__origin__", inner), True
    return getattr(annotation, "__origin__", annotation), False


def _metadata(info: FieldInfo) -> list[Any]:
    inner = [item for item in get_args(info.annotation) if hasattr(item, "__metadata__")]
    nested = [part for item in inner for meta in item.__metadata__ for part in getattr(meta, "metadata", [meta])]
    return [*info.metadata, *nested]


def _bounds(item: Any) -> dict[str, Any]:
    names = ("max_length", "max_digits", "decimal_places")
    return {name: getattr(item, name) for name in names if getattr(item, name, None) is not None}
