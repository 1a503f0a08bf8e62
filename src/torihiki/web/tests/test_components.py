"""What the components render: escaped, named, and tied together for everyone who cannot see the page."""

import re
from datetime import UTC, datetime

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils.translation import override

from torihiki.web.icons import ICONS
from torihiki.web.parts import Fact, Moment, Remark, Step, Sum, Tab

EVIL = "<script>alert('x')</script>\"&"
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


class Order(forms.Form):
    partner = forms.CharField(label="Partner", help_text="As it stands in the terms")
    amount = forms.DecimalField(required=False)
    reach = forms.ChoiceField(choices=[("s", "Shared"), ("i", "Internal")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="Agreed", required=False)
    paper = forms.FileField(required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


class Line(forms.Form):
    description = forms.CharField(label="Description")
    quantity = forms.DecimalField(label="Quantity")
    line_id = forms.CharField(widget=forms.HiddenInput, required=False)


Lines = forms.formset_factory(Line, extra=1, can_delete=True, max_num=10)


@pytest.mark.parametrize(
    "source",
    [
        "{% badge evil %}",
        "{% waiting evil %}",
        "{% icon 'lock' label=evil %}",
        "{% notice title=evil %}{{ evil }}{% endnotice %}",
        "{% card title=evil id=evil %}{{ evil }}{% endcard %}",
        "{% more evil %}{{ evil }}{% endmore %}",
        "{% table label=evil %}<tr><td>{{ evil }}</td></tr>{% endtable %}",
        "{% dialog evil evil %}{{ evil }}{% enddialog %}",
        "{% filters action=evil label=evil %}{{ evil }}{% endfilters %}",
        "{% copy evil %}",
        "{% empty evil text=evil url=evil action=evil %}",
        "{% pagination previous=evil next=evil summary=evil %}",
        "{% tabs tabs label=evil %}",
        "{% stepper steps label=evil %}",
        "{% facts facts %}",
        "{% timeline moments %}",
        "{% remarks remarks %}",
        "{% totals sums %}",
        "{% error_summary form %}",
        "{% fields form %}",
        "{% field form.partner label=evil help=evil unit=evil %}",
        "{{ evil|amount }}{{ evil|number }}",
    ],
)
def test_whatever_people_write_stays_text(source):
    form = Order({"partner": "", "reach": EVIL})
    form.fields["partner"].label = EVIL
    form.add_error("partner", EVIL)
    form.add_error(None, EVIL)
    page = render(
        source,
        evil=EVIL,
        form=form,
        tabs=[Tab(EVIL, EVIL, 1)],
        steps=[Step(EVIL, "current", EVIL)],
        facts=[(EVIL, EVIL), Fact(EVIL, EVIL, copy=True)],
        moments=[Moment(AT, EVIL, EVIL, detail=EVIL, url=EVIL)],
        remarks=[Remark(EVIL, AT, EVIL, True, EVIL, about=EVIL)],
        sums=[Sum(EVIL, EVIL)],
    )
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "x')</script>\"" not in page


def test_nothing_needs_an_inline_style_or_script():
    form = Order({})
    page = render(
        "{% fields form %}{% line_editor lines label='Lines' %}{% dialog 'a' 'b' %}c{% enddialog %}{% logo %}"
        "{% notice %}x{% endnotice %}{% copy 'x' %}",
        form=form,
        lines=Lines(prefix="lines"),
    )
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script|<style|javascript:", page)


def test_an_icon_is_silent_unless_it_is_named():
    assert 'aria-hidden="true"' in render("{% icon 'inbox' %}")
    assert 'role="img" aria-label="Internal"' in render("{% icon 'lock' label='Internal' %}")
    with pytest.raises(KeyError):
        render("{% icon 'unicorn' %}")


def test_every_icon_is_well_formed():
    from xml.etree import ElementTree

    for name in ICONS:
        ElementTree.fromstring(render(f"{{% icon '{name}' %}}"))


def test_an_unknown_tone_is_refused():
    with pytest.raises(ValueError, match="pink"):
        render("{% badge 'Sent' tone='pink' %}")


def test_whose_turn_it_is():
    assert "Your turn" in render("{% waiting 'Aoba' mine=True %}")
    assert "Waiting for Aoba" in render("{% waiting 'Aoba' %}")
    assert '<time datetime="2026-11-23T03:00:00+00:00"' in render("{% waiting 'Aoba' at %}", at=AT)


def test_a_field_is_tied_to_its_label_help_and_error():
    page = render("{% field form.partner %}", form=Order({"partner": ""}))
    assert '<label class="field-label" for="id_partner">' in page
    assert "Required" in page
    assert 'aria-describedby="id_partner_error id_partner_help"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_partner_help"' in page
    assert 'id="id_partner_error"' in page


def test_a_right_field_says_nothing_of_errors():
    page = render("{% field form.partner %}", form=Order())
    assert "aria-invalid" not in page
    assert 'aria-describedby="id_partner_help"' in page


def test_numbers_are_typed_as_text_so_that_no_wheel_changes_them():
    page = render("{% field form.amount unit='円' %}", form=Order())
    assert 'type="text"' in page
    assert 'inputmode="decimal"' in page
    assert "円" in page
    assert "Optional" in page


def test_choices_are_a_group_with_a_legend():
    page = render("{% field form.reach %}", form=Order({}))
    assert "<fieldset" in page
    assert "<legend" in page
    assert 'aria-describedby="id_reach_error"' in page


def test_the_error_summary_leads_to_each_field_and_each_line():
    data = {"lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0", "lines-0-description": "Box", "lines-0-quantity": "1"}
    data |= {"lines-1-description": "Tape", "lines-1-quantity": "many"}
    page = render("{% error_summary form lines %}", form=Order({}), lines=Lines(data, prefix="lines"))
    assert 'role="alert"' in page
    assert '<a href="#id_partner">Partner</a>' in page
    assert '<a href="#id_reach_0">' in page
    assert '<a href="#id_lines-1-quantity">Quantity (line 2)</a>' in page


def test_without_errors_there_is_no_summary():
    assert render("{% error_summary form lines %}", form=Order(), lines=Lines(prefix="lines")).strip() == ""
    assert render("{% error_summary form lines missing %}", form=Order(), lines=None).strip() == ""


def test_each_input_of_a_line_is_named_by_column_and_line():
    page = render("{% line_editor lines label='Lines' %}", lines=Lines(prefix="lines"))
    assert 'aria-label="Quantity, line 1"' in page
    assert 'aria-label="Quantity, line __number__"' in page  # the blank line that the script copies
    assert 'name="lines-TOTAL_FORMS"' in page
    assert 'name="add_line"' in page  # works without script too
    assert 'data-lines-max="10"' in page
    assert "Remove line 1" in page


def test_internal_and_shared_remarks_say_so_in_words():
    remarks = [Remark("Sato", AT, "Pay on Friday", internal=True), Remark("Tanaka", AT, "Thank you", internal=False)]
    page = render("{% remarks remarks %}", remarks=remarks)
    assert page.index("Internal: only your company") < page.index("Pay on Friday")
    assert page.index("Shared with the other company") < page.index("Thank you")
    assert "remark is-internal" in page
    assert "remark is-shared" in page


def test_the_current_step_and_tab_are_announced():
    page = render(
        "{% stepper steps %}{% tabs tabs %}", steps=[Step("Write", "current")], tabs=[Tab("All", "/", 0, True)]
    )
    assert 'aria-current="step"' in page
    assert 'aria-current="page"' in page
    assert '<span class="count">0</span>' in page


def test_no_pages_no_pagination():
    assert render("{% pagination %}").strip() == ""
    assert 'rel="next"' in render("{% pagination next='?after=1' %}")


def test_a_block_must_be_closed():
    with pytest.raises(TemplateSyntaxError):
        render("{% card title='x' %}")
