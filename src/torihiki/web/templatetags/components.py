"""The portal's components, available in every template without `load` (they are template builtins).

    {% icon "inbox" %}  {% icon "lock" label="Internal" %}          an SVG of web/icons.py; silent unless labelled
    {% badge "Sent" tone="info" icon="clock" %}                     neutral info success warning danger
    {% waiting "Aoba Foods" since mine=True %}                      who is waited for, since when (mine: your turn)
    {% when value %}  {% when value "long" %}                       <time>: short (default) long moment elapsed
    {{ total|amount:"JPY" }}  {{ qty|number }}                      ¥1,234,567 · 0.5 (filters give plain text)
    {{ day|day }}  {{ day|day_short }}  {{ at|moment }}  {{ at|elapsed }}  {{ size|bytes }}
    {% notice tone="warning" title="…" %} … {% endnotice %}         a box that says something; role follows the tone
    {% card title="…" %} … {% endcard %}                            a section with a heading (level=2)
    {% more "More fields" %} … {% endmore %}                        folded until wanted
    {% table label="Inbox" %}<thead>…<tbody>… {% endtable %}        td data-label="…" turn into cards on phones;
                                                                    td/th class: number, date, main, tight, actions
    {% empty "Nothing to do" text="…" icon="todo" url=u action=l %} empty state: one sentence, one action
    {% pagination previous=url next=url %}                          keyset pages
    {% tabs tabs label="…" %}                                       parts.Tab(label, url, count, current)
    {% stepper steps %}                                             parts.Step(label, state done|current|ahead)
    {% facts pairs %}                                               description list of (label, value) or parts.Fact
    {% timeline moments %}                                          parts.Moment(at, text, who, icon, tone, detail)
    {% remarks remarks %}                                           parts.Remark: internal and shared, unmistakable
    {% totals sums %}                                               parts.Sum(label, amount, strong)
    {% filters action=url %} fields {% endfilters %}                GET form above a table; has its own search button
    {% error_summary form formset %}                                top of a form; links to each wrong field
    {% field form.subject %}                                        label, mark, help, error; options: label help
                                                                    size=short|medium|long  unit="円"
    {% fields form %}                                               all visible fields and the hidden ones
    {% line_editor formset label="Lines" %}                         a formset like a sheet: Enter = next line
    {% dialog "send" "Send to Aoba?" %} … {% enddialog %}           opened by <a href="fallback" data-opens="send">
    {% copy text %}                                                 a button that copies (hidden without script)
    {% logo %}                                                      the mark

Frames: `web/base.html` (signed in), `web/bare.html` (sign-in, invitations), `web/confirm.html`, `web/error.html`.
Blocks of base: title heading status lead breadcrumb actions tabs content aside head scripts page_class.
Two panes: div.split > div.split-panes > (div.split-main + div.split-side); in the side `.action-bar`, which sticks
to the bottom of a phone; in the main `.desk > .paper` or `.desk > iframe.paper-frame`.
"""

from __future__ import annotations  # BaseFormSet[…] exists for the type checker only

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from torihiki.web import formats
from torihiki.web.fields import FieldView, LineTable, problems_of
from torihiki.web.icons import ICONS, LOGO, SVG
from torihiki.web.parts import Fact, Facts, Moment, Remark, Step, Sum, Tab, Tone, Words

Context = dict[str, Any]
register = template.Library()

register.filter("amount", formats.format_amount)
register.filter("number", formats.format_number)
register.filter("quantity", formats.format_number)
register.filter("day", formats.format_day)
register.filter("day_short", formats.format_day_short)
register.filter("moment", formats.format_moment)
register.filter("elapsed", formats.format_elapsed)
register.filter("bytes", formats.format_bytes)

TIMES = {
    "short": formats.format_day_short,
    "long": formats.format_day,
    "moment": formats.format_moment,
    "elapsed": formats.format_elapsed,
}
NOTICE_ICONS = {"neutral": "info", "info": "info", "success": "check-circle", "warning": "alert", "danger": "error"}


@register.simple_tag(name="icon")
def render_icon(name: str, size: int = 20, label: Words = "") -> SafeString:
    """Raises KeyError for an unknown name: a page must not silently lose its signs."""
    attributes = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    drawing = mark_safe(ICONS[name])  # noqa: S308 — our own constant
    return format_html(SVG, size, attributes, drawing)


@register.simple_tag(name="badge")
def render_badge(text: Words, tone: str = Tone.NEUTRAL, icon: str = "") -> SafeString:
    return format_html('<span class="badge is-{}">{}{}</span>', Tone(tone).value, _icon(icon, 16), text)


@register.simple_tag(name="waiting")
def render_waiting(who: Words, since: date | None = None, mine: bool = False) -> SafeString:
    """Who is waited for since when. `mine`: the reader's own turn, which is what the eye should find first."""
    words = gettext("Your turn") if mine else gettext("Waiting for %(who)s") % {"who": who}
    age = format_html(' <span class="waiting-age">{}</span>', render_when(since, "elapsed")) if since else ""
    return format_html(
        '<span class="waiting{}">{}<span>{}</span>{}</span>', " is-mine" if mine else "", _icon("clock", 16), words, age
    )


@register.simple_tag(name="when")
def render_when(value: date | None, style: str = "short") -> SafeString:
    if value is None:
        return mark_safe("")
    title = formats.format_moment(value) if isinstance(value, datetime) else formats.format_day(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), title, TIMES[style](value))


@register.simple_tag(name="logo")
def render_logo(size: int = 28) -> SafeString:
    return format_html(LOGO, size)


@register.simple_block_tag(name="notice")
def render_notice(content: SafeString, tone: str = Tone.INFO, title: Words = "") -> SafeString:
    role = mark_safe(' role="alert"') if tone == Tone.DANGER else ""
    heading = format_html('<p class="notice-title">{}</p>', title) if title else ""
    return format_html(
        '<div class="notice is-{}"{}>{}<div class="notice-body">{}{}</div></div>',
        Tone(tone).value,
        role,
        _icon(NOTICE_ICONS[tone], 24),
        heading,
        content,
    )


@register.simple_block_tag(name="card")
def render_card(
    content: SafeString, title: Words = "", level: int = 2, id: str = "", flush: bool = False
) -> SafeString:
    """A section with a heading; `flush` lets a table reach its edges."""
    heading = format_html('<h{0} class="card-title">{1}</h{0}>', level, title) if title else ""
    return format_html(
        '<section class="card{}"{}>{}<div class="card-body">{}</div></section>',
        " is-flush" if flush else "",
        format_html(' id="{}"', id) if id else "",
        heading,
        content,
    )


@register.simple_block_tag(name="more")
def render_more(content: SafeString, summary: Words, open: bool = False) -> SafeString:
    return format_html(
        '<details class="more"{}><summary>{}<span>{}</span></summary><div class="more-body">{}</div></details>',
        mark_safe(" open") if open else "",
        _icon("chevron-right", 20),
        summary,
        content,
    )


@register.simple_block_tag(name="table")
def render_table(content: SafeString, label: Words, cards: bool = True, id: str = "") -> SafeString:
    """A table named by `label`; too wide, it scrolls by keyboard too. `cards=False` keeps its form on phones."""
    return format_html(
        '<div class="table-wrap{}" role="region" aria-label="{}" tabindex="0">'
        '<table class="table"{}><caption class="sr-only">{}</caption>{}</table></div>',
        " has-cards" if cards else "",
        label,
        format_html(' id="{}"', id) if id else "",
        label,
        content,
    )


@register.simple_block_tag(name="dialog")
def render_dialog(content: SafeString, id: str, title: Words, wide: bool = False) -> SafeString:
    return format_html(
        '<dialog class="dialog{}" id="{}" aria-labelledby="{}-title"><div class="dialog-head"><h2 id="{}-title">{}</h2>'
        '<button type="button" class="icon-button" data-closes aria-label="{}">{}</button></div>{}</dialog>',
        " is-wide" if wide else "",
        id,
        id,
        id,
        title,
        gettext("Close"),
        _icon("close", 20),
        content,
    )


@register.simple_block_tag(name="filters")
def render_filters(content: SafeString, action: str = "", label: Words = "") -> SafeString:
    return format_html(
        '<form class="filters" method="get" action="{}" role="search" aria-label="{}"><details open data-fold>'
        '<summary>{}{}</summary><div class="filters-row">{}'
        '<div class="filters-act"><button class="button">{}{}</button></div></div></details></form>',
        action,
        label or gettext("Filter"),
        _icon("filter", 20),
        label or gettext("Filter"),
        content,
        _icon("filter", 20),
        gettext("Filter"),
    )


@register.simple_tag(name="copy")
def render_copy(text: str, label: Words = "") -> SafeString:
    return format_html(
        '<button type="button" class="copy" data-copy="{}" data-copied="{}" hidden>{}'
        '<span class="sr-only">{}</span></button>',
        text,
        gettext("Copied"),
        _icon("copy", 16),
        label or gettext("Copy"),
    )


@register.inclusion_tag("web/components/empty.html", name="empty")
def render_empty(title: Words, text: Words = "", icon: str = "inbox", url: str = "", action: Words = "") -> Context:
    return {"title": title, "text": text, "icon": icon, "url": url, "action": action}


@register.inclusion_tag("web/components/pagination.html", name="pagination")
def render_pagination(previous: str = "", next: str = "", summary: Words = "") -> Context:
    return {"previous": previous, "next": next, "summary": summary}


@register.inclusion_tag("web/components/tabs.html", name="tabs")
def render_tabs(tabs: Sequence[Tab], label: Words = "") -> Context:
    return {"tabs": tabs, "label": label}


@register.inclusion_tag("web/components/stepper.html", name="stepper")
def render_stepper(steps: Sequence[Step], label: Words = "") -> Context:
    assert all(step.state in ("done", "current", "ahead") for step in steps)
    return {"steps": steps, "label": label}


@register.inclusion_tag("web/components/facts.html", name="facts")
def render_facts(pairs: Facts, columns: int = 1) -> Context:
    facts = [pair if isinstance(pair, Fact) else Fact(pair[0], pair[1]) for pair in pairs]
    return {"facts": facts, "columns": columns}


@register.inclusion_tag("web/components/timeline.html", name="timeline")
def render_timeline(moments: Sequence[Moment]) -> Context:
    return {"moments": moments}


@register.inclusion_tag("web/components/remarks.html", name="remarks")
def render_remarks(remarks: Sequence[Remark]) -> Context:
    return {"remarks": remarks}


@register.inclusion_tag("web/components/totals.html", name="totals")
def render_totals(sums: Sequence[Sum]) -> Context:
    return {"sums": sums}


@register.inclusion_tag("web/components/error_summary.html", name="error_summary")
def render_error_summary(*forms: BaseForm | BaseFormSet[Any] | None, title: Words = "") -> Context:
    """All errors of the forms and formsets given, each linking to its field; a page may lack one of them."""
    problems = [problem for form in forms if form for problem in problems_of(form)]
    return {"problems": problems, "title": title}


@register.inclusion_tag("web/components/field.html", name="field")
def render_field(bound: BoundField, label: Words = "", help: Words = "", size: str = "", unit: Words = "") -> Context:
    return {"field": FieldView(bound, label, help, size, unit)}


@register.inclusion_tag("web/components/fields.html", name="fields")
def render_fields(form: BaseForm) -> Context:
    return {"form": form}


@register.inclusion_tag("web/components/line_editor.html", name="line_editor")
def render_line_editor(formset: BaseFormSet[Any], label: Words = "", add: Words = "") -> Context:
    return {"table": LineTable(formset), "formset": formset, "label": label, "add": add}


def _icon(name: str, size: int) -> SafeString:
    return render_icon(name, size) if name else mark_safe("")
