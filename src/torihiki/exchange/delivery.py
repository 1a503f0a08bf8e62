"""Mail about documents: it leaves after commit, at least once, with a Message-ID that a repetition keeps."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from torihiki.exchange.models import Document, OutboxMessage, Party, PartyView, Recipient
from torihiki.exchange.papers import paper, read_sent
from torihiki.exchange.specs import KINDS, SYSTEM, Kind
from torihiki.exchange.webhooks.delivering import write_messages
from torihiki.identity.access import access_holders, reaching
from torihiki.identity.permissions import Action
from torihiki.tenancy.actor import Actor, scope

RECEIVERS_MAX = 50  # members told by one mail each
ATTEMPTS_MAX = 10
HAPPENED = {
    "sent": _("sent it"),
    "commented": _("wrote a comment"),
    "lost": _("placed it with another company"),
}
"""What mails tell besides a kind's own steps, by the outbox message's topic."""


@app.task(queue="delivery", retry=RetryStrategy(max_attempts=ATTEMPTS_MAX, exponential_wait=2))
def deliver_message(message_id: str, company_id: str) -> None:
    """Tell the members and the systems of `company_id` (or, for an external party, its address) what happened. Safe to
    run again."""
    with scope(Actor.system(UUID(company_id))) as actor:
        message = OutboxMessage.objects.filter(pk=message_id, delivered_at=None).first()
        if message is None:
            return
        if message.target_id == actor.company:
            write_messages(actor, message, at=timezone.now())
        mails = _to_outsiders(message) if message.target_id is None else _to_members(message)
    for mail in mails:
        mail.send()
    with scope(Actor.system(UUID(company_id))):
        OutboxMessage.objects.filter(pk=message_id).update(delivered_at=timezone.now())


def _to_members(message: OutboxMessage) -> list[EmailMessage]:
    assert message.target_id is not None, "for members of a company"
    if message.target_id == message.company_id:
        return []  # they did it themselves: only their systems are told
    view = PartyView.objects.filter(company_id=message.target_id, document_id=message.subject_id).first()
    if view is None:
        return []
    kind = KINDS[view.kind]
    holders = access_holders(Actor.system(message.target_id), kind.permission(Action.RESPOND))
    members = reaching(holders, view.unit)
    in_charge = members.filter(pk=view.assignee_id) if view.assignee_id else members.none()
    told = list(in_charge) or list(members[:RECEIVERS_MAX])  # who is in charge, or else everybody who could be
    address = settings.PUBLIC_URL + reverse("document", args=[view.document_id])
    mails = []
    for member in told:
        with translation.override(settings.LANGUAGE_CODE):
            facts = {"view": view, "kind": kind, "member": member, "address": address, **_happened(message, kind)}
            subject = render_to_string("exchange/mail/moved_subject.txt", facts).strip()
            body = render_to_string("exchange/mail/moved.txt", facts)
        mails.append(_mail(message, member.pk, member.email, subject, body))
    return mails


def _happened(message: OutboxMessage, kind: Kind) -> dict[str, object]:
    """Who did what, as the mail says it; nobody for what came about by itself."""
    topic = message.topic.removeprefix("document.")
    step = kind.step(topic)
    words = step.done if step else HAPPENED[topic]
    by_itself = step is not None and step.by == SYSTEM
    sender = None if by_itself else Party.objects.filter(company_id=message.company_id).first()
    return {"who": sender.name if sender else "", "happened": words}


def _to_outsiders(message: OutboxMessage) -> list[EmailMessage]:
    """An external party gets the document itself: there is no page that it could open."""
    document = Document.objects.filter(pk=message.subject_id).first()
    newest = document.versions.order_by("-number").first() if document else None
    if document is None or newest is None:
        return []
    sent = read_sent(newest)
    sender = Party.objects.get(company_id=message.company_id)
    mails = []
    for recipient in Recipient.objects.filter(document=document, company=None).select_related("party"):
        if not recipient.party.email:
            continue
        with translation.override(settings.LANGUAGE_CODE):
            facts = {"document": document, "kind": KINDS[document.kind], "party": recipient.party, "sender": sender}
            subject = render_to_string("exchange/mail/paper_subject.txt", facts).strip()
            body = render_to_string("exchange/mail/paper.txt", facts)
            mail = _mail(message, recipient.pk, recipient.party.email, subject, body)
            mail.attach(f"{document.number}.pdf", paper(sent, recipient=recipient.party), "application/pdf")
        mails.append(mail)
    return mails


def _mail(message: OutboxMessage, reader: UUID, to: str, subject: str, body: str) -> EmailMessage:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    headers = {"Message-ID": f"<{message.pk}.{reader}@{domain}>", "Auto-Submitted": "auto-generated"}
    return EmailMessage(subject, body, to=[to], headers=headers)
