"""How a bound form field is shown: what its label, help and error are called, and which shape its widget takes."""

from __future__ import annotations  # BaseFormSet[…] exists for the type checker only

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from torihiki.web.parts import Words

SHAPES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "check"),
    (forms.CheckboxSelectMultiple, "choices"),
    (forms.RadioSelect, "choices"),
    (forms.FileInput, "file"),
    (forms.Textarea, "text"),
    (forms.Select, "select"),
)
"""The first that a widget is an instance of decides its look; all others are a line of input."""
NUMBERS = (forms.DecimalField, forms.IntegerField, forms.FloatField)
PROBLEMS_MAX = 50
SIZES = {forms.DateField: "short", forms.DateTimeField: "medium", forms.TimeField: "short"}


def offer(form: forms.BaseForm, name: str, choices: list[tuple[Any, Any]]) -> None:
    """What a field of the form may be chosen from, where that is known only when the form is made."""
    chosen = form.fields[name]
    assert isinstance(chosen, forms.ChoiceField)
    chosen.choices = choices


@dataclass
class FieldView:
    """What `web/components/field.html` needs; also used for the cells of a line table."""

    bound: BoundField
    label: Words = ""
    help: Words = ""
    size: str = ""
    unit: Words = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.label = self.label or self.bound.label or ""
        self.help = self.help or self.bound.help_text
        self.size = self.size or next((size for kind, size in SIZES.items() if isinstance(self.bound.field, kind)), "")
        if not self.size and self.is_number:
            self.size = "short"

    @property
    def id(self) -> str:
        return self.bound.id_for_label or self.bound.auto_id or self.bound.html_name

    @property
    def shape(self) -> str:
        widget = self.bound.field.widget
        return next((shape for kind, shape in SHAPES if isinstance(widget, kind)), "line")

    @property
    def is_group(self) -> bool:
        return self.shape == "choices"

    @property
    def is_number(self) -> bool:
        return isinstance(self.bound.field, NUMBERS) and self.shape == "line"

    @property
    def required(self) -> bool:
        return self.bound.field.required

    @property
    def help_id(self) -> str:
        return f"{self.id}_help" if self.help else ""

    @property
    def error_id(self) -> str:
        return f"{self.id}_error" if self.bound.errors else ""

    def widget(self) -> SafeString:
        """The widget, tied to its help and error; a number keeps its text form, so that no wheel turns an amount."""
        attrs: dict[str, Any] = {
            **self.extra,
            "aria-describedby": " ".join(filter(None, (self.error_id, self.help_id))),
        }
        attrs["aria-invalid"] = "true" if self.bound.errors else None
        if self.is_number:
            attrs |= {"inputmode": "decimal", "data-number": True}
            self.bound.field.widget.input_type = "text"
        attrs = {name: value for name, value in attrs.items() if value not in (None, "")}
        return self.bound.as_widget(attrs=attrs)


@dataclass(frozen=True)
class Problem:
    """One line of an error summary."""

    text: str
    target: str = ""  # id of the field; empty where the error is the whole form's
    label: Words = ""


def problems_of(form: forms.BaseForm | forms.BaseFormSet[Any]) -> list[Problem]:
    """The errors of a form or of all lines of a formset (`Unit price (line 3)`); none for an unbound form."""
    if isinstance(form, forms.BaseFormSet):
        if not form.is_bound:
            return []
        found = [Problem(str(error)) for error in form.non_form_errors()]
        for number, line in enumerate(form.forms, start=1):
            found += [_of_line(problem, number) for problem in problems_of(line)]
        return found[:PROBLEMS_MAX]
    found = [Problem(str(error)) for error in form.non_field_errors()]
    for bound in form:
        view = FieldView(bound)
        target = f"{view.id}_0" if view.is_group else view.id
        found += [Problem(str(error), target, view.label) for error in bound.errors]
    return found


def _of_line(problem: Problem, number: int) -> Problem:
    label = gettext("%(label)s (line %(number)d)") if problem.label else gettext("Line %(number)d")
    return Problem(problem.text, problem.target, label % {"label": problem.label, "number": number})


@dataclass(frozen=True)
class Cell:
    """A field inside a line: no visible label of its own, so it is named by column and line."""

    view: FieldView

    @property
    def column(self) -> str:
        return self.view.bound.name

    @property
    def kind(self) -> str:
        return "number" if self.view.is_number else self.view.shape


class LineRow:
    """One line of the editor: its cells, its hidden fields, and the computed amount where the form knows it."""

    def __init__(self, form: forms.BaseForm, number: int | str) -> None:
        self.form, self.number = form, number
        self.hidden = form.hidden_fields()
        self.delete = form["DELETE"] if "DELETE" in form.fields else None
        shown = [bound for bound in form.visible_fields() if bound.name not in ("DELETE", "ORDER")]
        self.cells = [Cell(FieldView(bound, extra=_named(bound, number))) for bound in shown]
        self.amount = getattr(form, "line_amount", None)


class LineTable:
    """A formset as a table: headings, lines, and the blank line that the script copies."""

    def __init__(self, formset: forms.BaseFormSet[Any]) -> None:
        self.rows = [LineRow(form, number) for number, form in enumerate(formset.forms, start=1)]
        self.blank = LineRow(formset.empty_form, "__number__")
        self.heads = self.blank.cells
        self.has_amount = hasattr(formset.form, "line_amount")
        self.lines_max = formset.max_num
        self.grows = getattr(formset.form, "grows", True)


def _named(bound: BoundField, number: int | str) -> dict[str, str]:
    return {"aria-label": gettext("%(label)s, line %(number)s") % {"label": bound.label, "number": number}}
