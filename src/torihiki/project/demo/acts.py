"""What people of the demo do, through the very actions that the pages use."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from torihiki.exchange.access import access_document, access_draft, access_recipients
from torihiki.exchange.actions.drafts import save_draft, start_draft, start_revision
from torihiki.exchange.actions.remarks import comment
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.actions.steps import take_step
from torihiki.exchange.models import Party
from torihiki.exchange.specs import KINDS
from torihiki.tenancy.actor import Actor, scope

Body = dict[str, Any]
Change = Callable[[Body], Mapping[str, Any]]


def send(actor: Actor, kind: str, body: Mapping[str, Any], *to: Actor, at: datetime) -> UUID:
    with scope(actor):
        recipients = [party_of(other) for other in to]
        document = start_draft(actor, KINDS[kind], body=body, recipients=recipients, at=at)
        send_document(actor, document, revision=1, at=at)
    return document


def send_from(actor: Actor, kind: str, source: UUID, change: Change | None = None, *, at: datetime) -> UUID:
    """A document made from another; `change` gets the body that the source's rule made and says what is different."""
    with scope(actor):
        document = start_draft(actor, KINDS[kind], source_id=source, at=at)
        _send_changed(actor, document, change, at=at)
    return document


def send_again(actor: Actor, document: UUID, change: Change, *, reason: str, at: datetime) -> None:
    """A new version."""
    with scope(actor):
        start_revision(actor, document, at=at)
        _send_changed(actor, document, change, reason=reason, at=at)


def step(actor: Actor, document: UUID, name: str, *, at: datetime, reason: str = "") -> None:
    with scope(actor):
        seen = access_document(actor, document)
        recipient = access_recipients(seen)[0].pk
        take_step(actor, document, name, at=at, version=seen.document.version, reason=reason, recipient_id=recipient)


def say(actor: Actor, document: UUID, text: str, *, at: datetime, shared: bool = True) -> None:
    with scope(actor):
        comment(actor, document, text=text, shared=shared, at=at)


def state_of(actor: Actor, document: UUID) -> str:
    with scope(actor):
        return access_document(actor, document).document.state


def party_of(actor: Actor) -> UUID:
    """The card of the actor's own company. A member's id is no secret of the demo."""
    with scope(actor):
        return Party.objects.get(company_id=actor.company).pk


def _send_changed(actor: Actor, document: UUID, change: Change | None, *, at: datetime, reason: str = "") -> None:
    draft = access_draft(access_document(actor, document))
    assert draft is not None, "it was just begun"
    revision = draft.revision
    if change is not None:
        body = {**draft.body, **change(draft.body)}
        revision = save_draft(
            actor, document, body=body, recipients=draft.recipients, revision=revision, reason=reason, at=at
        )
    send_document(actor, document, revision=revision, at=at)
