"""Writing a document: sums as one types, keys as in a sheet, nothing typed is lost, all of it without script too."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.journeys.conftest import MakePerson
from tests.journeys.dealing import HIDAMARI, Paper, from_the_list, in_days, send, start_new, type_line
from tests.journeys.person import DESKTOP, PHONE, Person, Screen

pytestmark = pytest.mark.heavy

KETTLE = {"description": "電気ケトル", "quantity": "3", "unit_price": "198"}
TEA = {"description": "煎茶 100g", "quantity": "1", "unit_price": "108", "tax_category": "AA"}


@pytest.fixture
def writer(person: MakePerson) -> Person:
    """みなと厨房機器's clerk before a new invoice to ひだまりダイニング."""
    return start_new(person("minato-clerk"), "Invoice", HIDAMARI)


def sums_are(writer: Person, *amounts: str) -> None:
    for amount in amounts:
        expect(writer.page.locator("#sums")).to_contain_text(amount)


def test_sums_follow_rates_rounding_and_prices_with_tax(writer: Person) -> None:
    type_line(writer, 0, KETTLE)
    type_line(writer, 1, TEA)
    sums_are(writer, "¥702", "¥594", "¥59", "¥108", "¥8", "¥769")  # 59.4 and 8.64, once per rate, cut off
    writer.page.locator("details.more > summary").click()
    writer.choose("tax_rounding", "ceiling")
    sums_are(writer, "¥60", "¥9", "¥771")
    writer.page.locator('[name="prices_include_tax"]').check()
    sums_are(writer, "¥702", "¥54", "¥8")
    writer.choose("lines-1-tax_category", "S")
    sums_are(writer, "¥64")  # 702 × 10/110 = 63.8, up
    writer.examine()


def test_full_width_digits_are_digits(writer: Person) -> None:
    writer.fill("lines-0-description", "全角で入力")
    price = writer.named("lines-0-unit_price")
    price.fill("１，９８０")
    sums_are(writer, "¥2,178")
    price.press("Tab")
    expect(price).to_have_value("1980")


def test_lines_by_keyboard(writer: Person) -> None:
    page = writer.page
    lines = page.locator('[data-lines="lines"] tbody [data-line]:visible')
    before = lines.count()
    writer.named(f"lines-{before - 1}-description").fill("最後の行")
    page.keyboard.press("Enter")
    expect(lines).to_have_count(before + 1)
    expect(writer.named(f"lines-{before}-item_code")).to_be_focused()
    expect(lines.nth(before).locator("[data-line-number]")).to_have_text(str(before + 1))
    page.keyboard.press("Shift+Enter")
    expect(writer.named(f"lines-{before - 1}-item_code")).to_be_focused()
    page.keyboard.press("Control+Backspace")
    expect(lines).to_have_count(before)
    expect(lines.nth(before - 1).locator("[data-line-number]")).to_have_text(str(before))
    writer.control("Add a line").click()
    expect(lines).to_have_count(before + 1)
    writer.examine()


def test_a_removed_line_is_not_sent(writer: Person) -> None:
    type_line(writer, 0, KETTLE)
    type_line(writer, 1, TEA)
    sums_are(writer, "¥769")
    writer.page.locator("[data-line]").first.locator("[data-line-remove]").click()
    sums_are(writer, "¥116")
    send(writer)
    writer.sees(TEA["description"]).does_not_see(KETTLE["description"])


def test_leaving_with_something_unsaved_asks_first(writer: Person) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    writer.page.on("dialog", stay)
    address = writer.page.url
    writer.named("subject").press_sequentially("未保存")
    writer.page.locator(".sidenav a").first.click()
    expect(writer.named("subject")).to_have_value("未保存")
    assert asked == ["beforeunload"]
    assert writer.page.url == address
    writer.page.remove_listener("dialog", stay)
    writer.press("Save draft")  # what is saved may be left


@pytest.mark.parametrize("screen", [DESKTOP, PHONE], ids=lambda screen: screen.name)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(person: MakePerson, screen: Screen) -> None:
    writer = start_new(person("minato-clerk", screen=screen), "Invoice", HIDAMARI)
    writer.fill("subject", "直すところがある請求書").fill("note", "備考も残る")
    type_line(writer, 0, {**KETTLE, "quantity": "三つ"})
    type_line(writer, 1, TEA)
    writer.press("Send", status=422)
    for name, value in (("subject", "直すところがある請求書"), ("note", "備考も残る"), ("lines-0-quantity", "三つ")):
        expect(writer.named(name)).to_have_value(value)
    expect(writer.named("lines-1-tax_category")).to_have_value("AA")
    wrong = writer.named("lines-0-quantity")
    expect(wrong).to_have_attribute("aria-invalid", "true")
    error = writer.page.locator("td.column-quantity .field-error").first
    expect(error).to_be_visible()
    assert error.get_attribute("id") == (wrong.get_attribute("aria-describedby") or "").split()[0]
    expect(writer.page.locator(".error-summary")).to_be_focused()
    writer.page.locator(".error-summary a").first.click()
    expect(wrong).to_be_focused()
    wrong.fill("3")
    send(writer)


def test_a_draft_is_saved_found_again_continued_and_thrown_away(writer: Person) -> None:
    writer.fill("subject", "途中の請求書").press("Save draft")
    assert writer.path.endswith("/edit")
    draft = Paper(writer.path.removesuffix("/edit"), "")
    from_the_list(writer, "/drafts", draft)
    expect(writer.named("subject")).to_have_value("途中の請求書")
    type_line(writer, 0, KETTLE)
    writer.fill("due_on", in_days(30)).press("Save draft")
    from_the_list(writer, "/drafts", draft)
    expect(writer.named("lines-0-description")).to_have_value(KETTLE["description"])
    expect(writer.named("due_on")).to_have_value(in_days(30))
    writer.press("Discard the draft")
    assert writer.path == "/drafts"
    writer.visit(draft.path, status=404)


def test_without_script_everything_can_be_written_and_sent(person: MakePerson) -> None:
    writer = person(script=False)
    writer.sign_in("minato-clerk")
    writer.visit("/documents/new/invoice").follow(HIDAMARI)
    lines = writer.page.locator('[data-lines="lines"] tbody [data-line]')
    before = lines.count()
    type_line(writer, 0, KETTLE)
    writer.press("Add a line")
    assert lines.count() > before
    expect(writer.named("lines-0-description")).to_have_value(KETTLE["description"])
    sums_are(writer, "¥653")
    type_line(writer, before, TEA)
    writer.press("Save draft")
    writer.sees("¥769")
    lines.first.locator("[data-line-remove] input").check(force=True)
    writer.press("Save draft")
    writer.sees("¥116")
    invoice = send(writer)
    from_the_list(person("hidamari-clerk"), "/inbox", invoice).sees(TEA["description"])


def test_accepting_takes_no_mouse(person: MakePerson) -> None:
    """From the first page to the accepted quotation by Tab, letters and Enter; the focus is always to be seen."""
    offer = new_quotation(person("minato-clerk"))
    buyer = person("hidamari-clerk")
    buyer.page.keyboard.press("g")
    buyer.leave(lambda: buyer.page.keyboard.press("i"))
    assert buyer.path == "/inbox"
    tab_to(buyer, f'a[href="{offer.path}"]')
    buyer.leave(lambda: buyer.page.keyboard.press("Enter"))
    tab_to(buyer, f'a[href="{offer.path}/steps/accept"]')
    buyer.leave(lambda: buyer.page.keyboard.press("Enter"))
    tab_to(buyer, "main form button")
    buyer.leave(lambda: buyer.page.keyboard.press("Enter"))
    expect(buyer.page.locator(".page-status")).to_contain_text(buyer.say("Accepted"))


def test_an_approver_lets_it_out(person: MakePerson) -> None:
    """青葉食品's invoices need a second person, who sees exactly what will be sent."""
    clerk, approver = person("aoba-clerk"), person("aoba-approver")
    start_new(clerk, "Invoice", HIDAMARI)
    clerk.fill("subject", "承認を要する請求書")
    type_line(clerk, 0, TEA)
    clerk.press("Submit for approval")
    draft = Paper(clerk.path, "")
    expect(clerk.page.locator(".page-status")).to_contain_text(clerk.say("In approval"))
    from_the_list(approver, "/", draft).sees(TEA["description"])
    approver.press("Approve")
    from_the_list(clerk, "/", draft)
    invoice = send(clerk)
    from_the_list(person("hidamari-clerk"), "/inbox", invoice).sees("承認を要する請求書")


def new_quotation(seller: Person) -> Paper:
    start_new(seller, "Quotation", HIDAMARI).fill("valid_until", in_days(30))
    type_line(seller, 0, KETTLE)
    return send(seller)


def tab_to(person: Person, selector: str, *, most: int = 80) -> None:
    """By Tab alone; whatever has the focus on the way is within sight and under nothing else (WCAG 2.4.7, 2.4.11)."""
    for _ in range(most):
        person.page.keyboard.press("Tab")
        assert person.page.evaluate(FOCUS_IN_SIGHT) == "", person.page.evaluate(FOCUS_IN_SIGHT)
        if person.page.locator(selector).evaluate_all("all => all.includes(document.activeElement)"):
            return
    raise AssertionError(f"{selector} is not reached by {most} tabs on {person.path}")


FOCUS_IN_SIGHT = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return "";
  const box = element.getBoundingClientRect();
  if (!box.width) return `no size: ${element.outerHTML.slice(0, 120)}`;
  const seen = [[0.5, 0.5], [0.05, 0.2], [0.95, 0.8]].some(([x, y]) => {
    const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
    return top && (element.contains(top) || top.contains(element) || top.closest("label")?.contains(element));
  });
  return seen ? "" : `hidden: ${element.outerHTML.slice(0, 120)}`;
}"""
