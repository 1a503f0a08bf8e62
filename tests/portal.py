"""What a person does in the portal, page by page: fill in the form that is shown, press a button, read the answer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core import mail
from django.db import transaction
from django.urls import reverse

from tests.dealings import form_data
from tests.world import Desk
from torihiki.exchange.delivery import deliver_message
from torihiki.exchange.models import OutboxMessage, PartyView
from torihiki.exchange.specs import KINDS
from torihiki.tenancy.actor import Actor, scope

DOCUMENT_ADDRESS = re.compile(r"/documents/([0-9a-f-]{36})")


def write(
    desk: Desk,
    kind: str,
    body: Mapping[str, Any] | None = None,
    *,
    to: Sequence[Desk | UUID] = (),
    do: str = "send",
    **more: Any,
) -> UUID:
    """A new document to these partners, by its form."""
    spec = KINDS[kind]
    parties = [str(other if isinstance(other, UUID) else other.party.id) for other in to]
    address = reverse("document-new", args=[kind])
    assert desk.get(address, {"to": parties}).status_code == 200
    data = form_data(spec, spec.samples.valid if body is None else body) | {"recipients": parties, "do": do, **more}
    return led_to(desk.post(address, data))


def write_from(desk: Desk, kind: str, source: UUID, *, do: str = "send", key: str = "", **changed: Any) -> UUID:
    """A document made from another one: the form comes filled in; `changed` are fields that are typed over."""
    address = f"{reverse('document-new', args=[kind])}?source={source}"
    page = desk.get(address)
    assert page.status_code == 200, said(page)
    return led_to(desk.post(address, {**filled(page), **changed, "do": do, "key": key}))


def edit(desk: Desk, document_id: UUID, *, do: str = "send", **changed: Any) -> Any:
    """The draft's form as it stands, with `changed` typed over."""
    address = reverse("document-edit", args=[document_id])
    page = desk.get(address)
    assert page.status_code == 200, said(page)
    return desk.post(address, {**filled(page), **changed, "do": do})


def filled(page: Any) -> dict[str, Any]:
    """What the browser would send of the page's form as it stands."""
    forms = page.context["forms"]
    values = {bound.html_name: bound.value() for bound in forms.header}
    for part in forms.parts.values():
        values |= {bound.html_name: bound.value() for bound in part.management_form}
        values |= {bound.html_name: bound.value() for form in part.forms for bound in form}
    values |= {"recipients": [str(party) for party in page.context["chosen"]], "key": page.context["key"]}
    if page.context["draft"]:
        values |= {"revision": page.context["draft"].revision, "reason": page.context["draft"].reason}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def act(desk: Desk, document_id: UUID, step: str, reason: str = "", *, towards: Desk | None = None) -> Any:
    """Open the step's page and confirm it."""
    page, address, data = opened(desk, document_id, step, reason, towards=towards)
    return desk.post(address, data) if data else page


def opened(
    desk: Desk, document_id: UUID, step: str, reason: str = "", *, towards: Desk | None = None
) -> tuple[Any, str, dict[str, Any]]:
    """The step's page, and what its button would send where; nothing where the step is not offered."""
    address = reverse("document-step", args=[document_id, step])
    page = desk.get(address, {"recipient": str(recipient_of(desk, document_id, towards))} if towards else None)
    if page.status_code != 200 or "offer" not in page.context:
        return page, address, {}
    offer = page.context["offer"]
    data = {"version": page.context["seen"].document.version, "key": page.context["key"], "reason": reason}
    if offer.recipient:
        data["recipient"] = str(offer.recipient.pk)
    return page, address, data


def does(desk: Desk, document_id: UUID, step: str, reason: str = "", *, towards: Desk | None = None) -> None:
    """`act`, and it worked."""
    answer = act(desk, document_id, step, reason, towards=towards)
    assert answer.status_code == 302, said(answer)


def internally(desk: Desk, document_id: UUID, name: str, **data: Any) -> Any:
    return desk.post(reverse("document-internal", args=[document_id, name]), data)


def remark(desk: Desk, document_id: UUID, text: str, *, shared: bool, audience: Desk | None = None) -> None:
    data = {"text": text, "shared": "yes" if shared else "no", "audience": str(audience.company) if audience else ""}
    answer = desk.post(reverse("document-comment", args=[document_id]), data)
    assert answer.status_code == 302, said(answer)


def page_of(desk: Desk, document_id: UUID) -> str:
    """The document's page as text."""
    answer = desk.get(reverse("document", args=[document_id]))
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def state_of(desk: Desk, document_id: UUID) -> str:
    return view_of(desk, document_id).state


def view_of(desk: Desk, document_id: UUID) -> PartyView:
    with desk.acting() as actor:
        return PartyView.objects.get(company_id=actor.company, document_id=document_id)


def number_of(desk: Desk, document_id: UUID) -> str:
    return view_of(desk, document_id).number


def recipient_of(desk: Desk, document_id: UUID, other: Desk) -> UUID:
    page = desk.get(reverse("document", args=[document_id]))
    found: UUID = next(row.pk for row, _state in page.context["recipients"] if row.company_id == other.company)
    return found


def led_to(answer: Any) -> UUID:
    """The document to which a form led."""
    assert answer.status_code == 302, said(answer)
    found = DOCUMENT_ADDRESS.match(answer["Location"])
    assert found, answer["Location"]
    return UUID(found[1])


def said(answer: Any) -> str:
    """What a page refused, for a failing test to show."""
    context = getattr(answer, "context", None) or {}
    words = [str(answer.status_code)]
    if context.get("refusal"):
        words.append(str(context["refusal"].message))
    if "forms" in context:
        words += [str(context["forms"].header.errors), *(str(part.errors) for part in context["forms"].parts.values())]
    return " ".join(words)


def deliver(*senders: Desk) -> list[Any]:
    """Let the worker carry out what these companies put in the outbox; the mails that left."""
    before = len(mail.outbox)
    for desk in senders:
        with scope(desk.actor):
            waiting = list(OutboxMessage.objects.filter(company_id=desk.company, delivered_at=None))
        for message in waiting:
            with transaction.atomic():
                deliver_message(message_id=str(message.pk), company_id=str(message.target_id or message.company_id))
    return mail.outbox[before:]


def as_system(desk: Desk) -> Actor:
    return Actor.system(desk.company)
