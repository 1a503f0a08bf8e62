"""What people do again and again in these journeys: begin a document, fill its lines, send it, take a step."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from playwright.sync_api import expect

from tests.journeys.person import Person

HIDAMARI, AOBA, MINATO = "株式会社ひだまりダイニング", "青葉食品株式会社", "みなと厨房機器株式会社"
NUMBER = re.compile(r"\b[A-Z]{2,3}-\d{4}-\d{6}\b")
Line = dict[str, str]


@dataclass(frozen=True)
class Paper:
    """A document that somebody sent: where it is, and what it is called."""

    path: str
    number: str


def in_days(days: int) -> str:
    """For a date field."""
    return (date.today() + timedelta(days=days)).isoformat()


def start_new(person: Person, kind: str, to: str = "") -> Person:
    """From the first page; `to` names the one partner whom it goes to."""
    person.visit("/")
    person.page.locator("main details.menu > summary").click()
    person.press(kind)
    return person.follow(to) if to else person


def type_line(person: Person, number: int, values: Line) -> None:
    """Into the line with this number, from 0."""
    for name, value in values.items():
        if name == "tax_category":
            person.choose(f"lines-{number}-{name}", value)
        else:
            person.fill(f"lines-{number}-{name}", value)


def send(person: Person) -> Paper:
    """What stands in the form goes out; the page says its number."""
    person.press("Send")
    found = NUMBER.search(person.page.locator("h1").inner_text())
    assert found, "a sent document has a number"
    person.sees(person.say("%(number)s was sent.", number=found[0]))
    return Paper(person.path, found[0])


def take_step(person: Person, words: str, *, about: str, now: str, reason: str = "") -> None:
    """A step is confirmed on a page of its own, where a reason may be given."""
    person.press(words, about=about)
    if reason:
        person.fill("reason", reason)
    person.press(words, about=about)
    expect(person.page.locator(".page-status")).to_contain_text(person.say(now, about=about))
    if reason:
        person.sees(reason)


def open_paper(person: Person, paper: Paper) -> Person:
    return person.visit(paper.path).sees(paper.number)


def from_the_list(person: Person, place: str, paper: Paper) -> Person:
    person.visit(place)
    return person.leave(person.page.locator(f'main a[href="{paper.path}"]').click)
