"""What holds for every kind of document of every service, by its declaration alone. A new service is enrolled here by
being installed."""

import hashlib
import html
import importlib
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from tests.dealings import REASON, Dealings, arrive, courses, form_data, make_desks, situations, undone
from tests.world import Desk
from torihiki.exchange.access import (
    access_attachments,
    access_document,
    access_draft,
    access_recipients,
    access_versions,
)
from torihiki.exchange.models import Document, Link, OutboxMessage
from torihiki.exchange.pages.lists import BOXES
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.permissions import Action

LANGUAGES = ("ja", "en")
LEFTOVERS = ("{{", "}}", "{%", "%(", "&lt;django", "None</")
"""What a template or a sentence with a gap in it leaves behind."""

every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
every_situation = pytest.mark.parametrize(
    ("kind", "situation"),
    [
        pytest.param(kind, situation, id=f"{kind.code}-{situation}")
        for kind in KINDS.values()
        for situation in situations(kind)
    ],
)


@pytest.fixture(scope="module")
def desks(django_db_setup: None, django_db_blocker: Any) -> Iterator[Mapping[str, Desk]]:
    """The companies, made once for this file; each test's own writes are undone."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_desks()
        transaction.set_rollback(True)


@pytest.fixture
def dealings(desks: Mapping[str, Desk]) -> Iterator[Dealings]:
    with transaction.atomic():
        yield Dealings(desks)
        transaction.set_rollback(True)


@every_kind
def test_every_declared_state_can_be_reached_by_what_the_desks_may_do(kind: Kind, dealings: Dealings) -> None:
    assert {state.code for state in kind.states} - courses(dealings.desks, kind).keys() == set()


@every_situation
def test_every_page_answers_in_both_languages(kind: Kind, situation: str, dealings: Dealings) -> None:
    arrive(dealings, kind, situation)
    for name in dealings.entitled(kind.code):
        desk = dealings.desks[name]
        for reader, language in ((desk, "ja"), (desk, "en"), (desk.viewer, "en")):
            speak(reader, language)
            for path in pages(dealings, name, kind, reader):
                readable(reader.get(path), language, path)
    language = LANGUAGES[situations(kind).index(situation) % 2]  # every list in both, over the situations of a kind
    speak(dealings.desks["issuer"], language)
    for path in list_pages(kind):
        readable(dealings.desks["issuer"].get(path), language, path)


@every_situation
def test_a_stranger_finds_nothing_at_any_address(kind: Kind, situation: str, dealings: Dealings) -> None:
    arrive(dealings, kind, situation)
    document_id = dealings.documents[kind.code]
    before = dealings.trace()
    outsiders = [name for name in dealings.desks if name not in dealings.entitled(kind.code)]
    assert "stranger" in outsiders
    nowhere = anonymous(dealings.desks["stranger"].get(reverse("document", args=[uuid4()])))
    for method, path in addresses(kind, document_id):
        answer = getattr(dealings.desks["stranger"], method)(path)
        assert answer.status_code == 404, f"{method} {path}"
        assert anonymous(answer) == nowhere, f"{method} {path}"
    for name in outsiders:
        assert dealings.desks[name].get(reverse("document", args=[document_id])).status_code == 404
    assert dealings.trace() == before


@every_situation
def test_nobody_takes_a_step_that_is_not_theirs_to_take_now(kind: Kind, situation: str, dealings: Dealings) -> None:
    arrive(dealings, kind, situation)
    before, entries = dealings.trace(), dealings.entries()
    refused = dict.fromkeys(dealings.desks, 0)
    for name, desk in dealings.desks.items():
        entitled = name in dealings.entitled(kind.code)
        may = {(step.name, row) for step, row, _towards in dealings.open_steps(desk, kind.code)} if entitled else set()
        for reader in (desk, desk.viewer) if entitled else (desk,):
            for step in kind.steps:
                for row in towards(dealings, name, kind) if entitled and step.per_recipient else (None,):
                    if reader is desk and (step.name, row) in may:
                        continue
                    status = take(reader, dealings, kind, step.name, row).status_code
                    expected = (403,) if reader is not desk and entitled else (403, 404, 409) if entitled else (404,)
                    assert status in expected, f"{name} as {reader.actor.role}: {step.name}"
                    refused[name] += 1
    assert dealings.trace() == before
    for name, codes in dealings.entries().items():
        assert codes[len(entries[name]) :] == ["ledger.refused"] * refused[name]


@every_situation
def test_a_step_is_taken_once_on_the_version_shown_and_with_its_reason(
    kind: Kind, situation: str, dealings: Dealings
) -> None:
    arrive(dealings, kind, situation)
    version, before = version_of(dealings, kind), dealings.trace()
    for name in dealings.entitled(kind.code):
        desk = dealings.desks[name]
        for step, row, _towards in dealings.open_steps(desk, kind.code):
            url = reverse("document-step", args=[dealings.documents[kind.code], step.name])
            for language in LANGUAGES:
                speak(desk, language)
                page = readable(desk.get(url, {"recipient": row} if row else None), language, url)
                assert html.escape(str(translated(step.label, language))) in page
            for stale in (version - 1, version + 1):
                assert take(desk, dealings, kind, step.name, row, version=stale).status_code == 409
            if step.needs_reason:
                for nothing in ("", " \n　"):
                    assert take(desk, dealings, kind, step.name, row, reason=nothing).status_code == 422
            assert dealings.trace() == before, f"{name} {step.name}"

            with undone():
                key = str(uuid4())
                with dealings.one_entry(name, "document.step"):
                    assert take(desk, dealings, kind, step.name, row, key=key).status_code == 302
                done, entries = dealings.trace(), dealings.entries()
                assert done[name] != before[name]
                assert take(desk, dealings, kind, step.name, row, key=key).status_code == 302
                another = next(other.name for other in kind.steps if other is not step)
                assert take(desk, dealings, kind, another, row, key=key).status_code == 422
                assert dealings.trace() == done, f"{name} {step.name}: the same key did something twice"
                entries[name].append("ledger.refused")
                assert dealings.entries() == entries


@every_kind
def test_a_sample_is_drafted_saved_sent_and_printed(kind: Kind, dealings: Dealings) -> None:
    issuer = dealings.desks["issuer"]
    document_id = draft_by_form(dealings, kind, do="save")
    with issuer.acting() as actor:
        seen = access_document(actor, document_id)
        draft = access_draft(seen)
        assert draft is not None
        assert (seen.document.version, seen.document.number) == (0, "")
        typed = kind.body.model_validate(draft.body)
    sample = kind.body.model_validate(kind.samples.valid)
    shown = sample.model_dump(mode="json", include=set(form_data(kind, kind.samples.valid)))
    assert typed.model_dump(mode="json", include=set(shown)) == shown

    page = issuer.get(reverse("document-edit", args=[document_id]))
    data = form_data(kind, draft.body) | {"revision": draft.revision, "recipients": draft.recipients, "do": "send"}
    assert page.status_code == 200
    sent = issuer.post(reverse("document-edit", args=[document_id]), data)
    assert sent.status_code == 302, refusal_on(sent)

    with issuer.acting() as actor:
        seen = access_document(actor, document_id)
        version = access_versions(seen)[0]
    assert seen.document.state == kind.sent_state
    number = seen.document.number
    assert re.fullmatch(rf"{kind.prefix}-\d{{4}}-\d{{6}}", number)
    for name in dealings.entitled(kind.code):
        desk = dealings.desks[name]
        for language in LANGUAGES:
            pdf = desk.get(reverse("document-pdf", args=[document_id]), {"lang": language})
            text = "".join(leaf.extract_text() for leaf in PdfReader(BytesIO(pdf.content)).pages)
            assert number in text
            assert desk.actor.company_name in text
        for export in kind.exports:
            got = desk.get(reverse("document-export", args=[document_id, export.code]))
            assert (got.status_code, got["Content-Type"]) == (200, export.media_type)
            assert number.encode() in got.content
        canonical = desk.get(reverse("document-json", args=[document_id])).content
        assert hashlib.sha256(canonical).hexdigest() == version.sha256
        assert number in desk.get(reverse("documents-csv", args=["search"])).content.decode("utf-8-sig")
        assert number in desk.get(reverse("search"), {"q": number}).content.decode()


@every_kind
def test_the_same_form_sent_twice_makes_one_document(kind: Kind, dealings: Dealings) -> None:
    key = str(uuid4())
    document_id = draft_by_form(dealings, kind, do="send", key=key)
    before, entries = dealings.trace(), dealings.entries()

    assert draft_by_form(dealings, kind, do="send", key=key) == document_id
    assert (dealings.trace(), dealings.entries()) == (before, entries)
    with dealings.desks["issuer"].acting():
        told = OutboxMessage.objects.filter(subject_id=document_id, topic="document.sent").count()
        assert told == len(dealings.recipients("issuer", kind))
        assert Document.objects.filter(kind=kind.code).count() == 1

    other = next(other for other in KINDS.values() if other is not kind and other.free)
    answer = post_form(dealings, other, {"key": key, "do": "save"}, source=None)
    assert answer.status_code == 422
    if kind.free:  # back in the browser, typed over and sent again: never dropped in silence
        answer = post_form(dealings, kind, {"key": key, "do": "save", "subject": "書き直し"}, source=None)
        assert answer.status_code == 422
        assert "書き直し" in answer.content.decode()
    assert dealings.trace() == before


@every_kind
def test_a_refused_body_is_refused_in_words_and_stays_a_draft(kind: Kind, dealings: Dealings) -> None:
    assert kind.samples.refused, "name what is wrong with a body, at least once"
    for wrong, body in kind.samples.refused.items():
        with undone():
            dealings.follow(courses(dealings.desks, kind)[kind.sent_state][:-1])
            document_id = dealings.draft("issuer", kind, body)
            before, entries = dealings.trace(), dealings.entries()
            for language in LANGUAGES:
                speak(dealings.desks["issuer"], language)
                answer = dealings.desks["issuer"].post(reverse("document-send", args=[document_id]), {"revision": "1"})
                assert answer.status_code == 422, wrong
                assert len(refusal_on(answer)) > 10, wrong
                readable(answer, language, wrong, status=422)
            assert dealings.trace() == before, wrong
            assert dealings.entries()["issuer"] == entries["issuer"] + ["ledger.refused"] * 2


def test_a_competitor_learns_nothing(dealings: Dealings) -> None:
    """While one of the companies asked deals with the issuer, nothing that another one can see changes."""
    for kind in KINDS.values():
        if not kind.several_recipients:
            continue
        for course in courses(dealings.desks, kind).values():
            with undone():
                told = False
                for move in course:
                    before = dealings.trace_of("competitor")
                    dealings.take(move)
                    told = dealings.trace_of("competitor") != before
                    if move.towards == "receiver" or move.desk == "receiver":
                        assert not told, str(move)
                page = dealings.desks["competitor"].get(reverse("document", args=[dealings.documents[kind.code]]))
                assert page.status_code == 200
                assert dealings.desks["receiver"].actor.company_name not in page.content.decode()


@pytest.mark.parametrize("service", sorted({kind.service for kind in KINDS.values()}))
def test_a_service_says_who_sends_what_to_whom_and_why(service: str) -> None:
    module = importlib.import_module(f"torihiki.services.{service}")
    assert module.__file__ is not None
    text = (Path(module.__file__).parent / "README.md").read_text()
    with translation.override("en"):
        for kind in KINDS.values():
            if kind.service == service:
                for words in (kind.label, *(s.label for s in kind.states), *(step.label for step in kind.steps)):
                    assert str(words) in text, f"{service}/README.md does not mention “{words}”"


# ---- the pages of a document


def pages(dealings: Dealings, name: str, kind: Kind, reader: Desk) -> list[str]:
    """Every page of the document that this reader is shown."""
    document_id = dealings.documents[kind.code]
    found = [reverse("document", args=[document_id])]
    with reader.acting() as actor:
        seen = access_document(actor, document_id)
        drafting = access_draft(seen) is not None and actor.may(kind.permission(Action.DRAFT))
        versions = [version.number for version in access_versions(seen)]
        files = [file.pk for file in access_attachments(seen)]
    if drafting:
        edit = reverse("document-edit", args=[document_id])
        found = [edit] if not versions and seen.view.internal_state == "draft" else [*found, edit]
    found += [f"{reverse('document', args=[document_id])}?version={number}" for number in versions]
    found += [reverse("document-json", args=[document_id])] if versions else []
    found += [reverse("document-export", args=[document_id, e.code]) for e in kind.exports if versions]
    found += [reverse("document-file", args=[document_id, file]) for file in files]
    return found


def list_pages(kind: Kind) -> list[str]:
    boxes = [reverse("home" if box == "todo" else box) for box in BOXES]
    found = [*boxes, *(reverse("documents-csv", args=[box]) for box in ("search", "drafts"))]
    found += [reverse("documents", args=[kind.code]), f"{reverse('search')}?kind={kind.code}&q=あ&amount_from=1"]
    if kind.free:
        found.append(reverse("document-new", args=[kind.code]))
    if kind.reader:
        found.append(reverse("document-take-in", args=[kind.code]))
    return found


def addresses(kind: Kind, document_id: UUID) -> list[tuple[str, str]]:
    """Every method and address at which this document could be reached."""
    args = [document_id]
    read = ("document", "document-edit", "document-pdf", "document-json")
    found = [("get", reverse(name, args=args)) for name in read]
    found += [("get", reverse("document-export", args=[document_id, e.code])) for e in kind.exports]
    found += [("get", reverse("document-file", args=[document_id, uuid4()]))]
    found += [("post", reverse("document-drop-file", args=[document_id, uuid4()]))]
    posted = ("document-edit", "document-send", "document-comment", "document-add-file")
    found += [("post", reverse(name, args=args)) for name in posted]
    for step in kind.steps:
        found += [(method, reverse("document-step", args=[document_id, step.name])) for method in ("get", "post")]
    for name in ("approve", "return", "discard", "revise"):
        found.append(("post", reverse("document-internal", args=[document_id, name])))
    for other in KINDS.values():
        if any(source.kind == kind.code for source in other.sources):
            new = f"{reverse('document-new', args=[other.code])}?source={document_id}"
            found += [("get", new), ("post", new)]
    return found


def readable(response: Any, language: str, what: str, status: int = 200) -> str:
    """The answer's text: complete, in its language, with nothing left of the template. Empty for a file."""
    assert response.status_code == status, f"{what}: {response.status_code}"
    if not response["Content-Type"].startswith("text/html"):
        return ""
    text: str = response.content.decode()
    assert f'<html lang="{language}"' in text, what
    for leftover in LEFTOVERS:
        assert leftover not in text, f"{what}: {leftover} in …{text[max(0, text.find(leftover) - 80) :][:160]}…"
    return text


def speak(desk: Desk, language: str) -> None:
    desk.client.cookies[settings.LANGUAGE_COOKIE_NAME] = language


def translated(words: Any, language: str) -> str:
    with translation.override(language):
        return str(words)


def anonymous(response: Any) -> str:
    """An answer without what is different in every one."""
    return re.sub(r'name="(csrfmiddlewaretoken|next)" value="[^"]*"', "", response.content.decode())


def refusal_on(response: Any) -> str:
    """What the page says was refused, and why."""
    context = getattr(response, "context", None) or {}
    refusal = context.get("refusal")
    said = str(refusal.message) if refusal else ""
    if "forms" in context:
        said += f" {context['forms'].header.errors} {getattr(context['forms'].lines, 'errors', '')}"
    return said


# ---- what is done there


def towards(dealings: Dealings, name: str, kind: Kind) -> list[UUID | None]:
    """Whom a step per recipient could concern: the rows that this desk knows of."""
    with dealings.desks[name].acting():
        rows: list[UUID | None] = [row.pk for row in access_recipients(dealings.seen(name, kind.code))]
    return rows or [None]


def version_of(dealings: Dealings, kind: Kind) -> int:
    with dealings.desks["issuer"].acting():
        return Document.objects.get(pk=dealings.documents[kind.code]).version


def take(
    desk: Desk,
    dealings: Dealings,
    kind: Kind,
    step: str,
    recipient: UUID | None,
    *,
    version: int | None = None,
    reason: str = REASON,
    key: str = "",
) -> Any:
    data = {"version": version_of(dealings, kind) if version is None else version, "reason": reason, "key": key}
    if recipient:
        data["recipient"] = str(recipient)
    return desk.post(reverse("document-step", args=[dealings.documents[kind.code], step]), data)


def draft_by_form(dealings: Dealings, kind: Kind, **more: str) -> UUID:
    """Fill in the form of a new document and press a button; the document's id from where that leads."""
    source = None
    if kind.code not in dealings.documents:
        dealings.follow(courses(dealings.desks, kind)[kind.sent_state][:-1])
        source = dealings.source_for("issuer", kind) if not kind.free else None
    elif not kind.free:  # the same form again, of a source that may be used up
        with dealings.desks["issuer"].acting():
            source = Link.objects.get(source_id=dealings.documents[kind.code], source_line="").target_id
    answer = post_form(dealings, kind, more, source=source)
    assert answer.status_code == 302, refusal_on(answer)
    found = re.search(r"/documents/([0-9a-f-]{36})", answer["Location"])
    assert found
    dealings.documents[kind.code] = UUID(found[1])
    return dealings.documents[kind.code]


def post_form(dealings: Dealings, kind: Kind, more: Mapping[str, str], *, source: UUID | None) -> Any:
    address = reverse("document-new", args=[kind.code]) + (f"?source={source}" if source else "")
    recipients = [] if source else dealings.recipients("issuer", kind)
    data = form_data(kind, kind.samples.valid) | {"recipients": [str(party) for party in recipients]}
    return dealings.desks["issuer"].post(address, {**data, **more})
