"""The only way to fetch what belongs to a document. Each function filters by the actor's company itself; row-level
security does so again underneath, so that two independent walls must fail together."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q, QuerySet

from torihiki.exchange.models import (
    Attachment,
    Comment,
    Document,
    Draft,
    Link,
    Partner,
    Party,
    PartyView,
    Recipient,
    Transition,
    Version,
)
from torihiki.exchange.refusals import DocumentNotVisible, RoleMayNot
from torihiki.exchange.specs import KINDS, RECEIVER, Kind
from torihiki.identity.permissions import Action
from torihiki.tenancy.actor import Actor


@dataclass(frozen=True)
class Seen:
    """A document as one company sees it."""

    actor: Actor
    view: PartyView
    document: Document
    kind: Kind

    @property
    def is_owner(self) -> bool:
        return self.document.owner_id == self.actor.company_id

    @property
    def is_receiver(self) -> bool:
        return self.view.role == RECEIVER


def access_views(actor: Actor) -> QuerySet[PartyView]:
    """Every document that the company sees and the member may read."""
    kinds = [kind.code for kind in KINDS.values() if actor.may(kind.permission(Action.READ))]
    return PartyView.objects.filter(company_id=actor.company, kind__in=kinds)


def access_document(actor: Actor, document_id: UUID, *, to: Action = Action.READ, lock: bool = False) -> Seen:
    """The document with the company's view of it; `lock` keeps others from moving it until the transaction ends.

    Raises DocumentNotVisible (the answer to a stranger) or RoleMayNot.
    """
    if lock:
        Document.objects.select_for_update().filter(pk=document_id, views__company_id=actor.company).first()
    view = (
        PartyView.objects.select_related("document").filter(company_id=actor.company, document_id=document_id).first()
    )
    if view is None:
        raise DocumentNotVisible
    kind = KINDS[view.kind]
    if not actor.may(kind.permission(to)) and not actor.may(kind.permission(Action.SYSTEM)):
        raise RoleMayNot
    return Seen(actor, view, view.document, kind)


def access_draft(seen: Seen) -> Draft | None:
    return Draft.objects.filter(document_id=seen.document.pk, company_id=seen.actor.company).first()


def access_versions(seen: Seen) -> QuerySet[Version]:
    """Newest first; up to the last one that was shown to this company."""
    if seen.view.version_shown == 0:
        return Version.objects.none()
    shown = Version.objects.filter(document__views__company_id=seen.actor.company, number__lte=seen.view.version_shown)
    return shown.filter(document_id=seen.document.pk).order_by("-number")


def access_recipients(seen: Seen) -> QuerySet[Recipient]:
    """All for the owner; for a recipient its own row only: competitors learn nothing of each other."""
    company = seen.actor.company
    return (
        Recipient.objects.filter(Q(owner_id=company) | Q(company_id=company), document_id=seen.document.pk)
        .select_related("party")
        .order_by("position")
    )


def access_transitions(seen: Seen) -> QuerySet[Transition]:
    return Transition.objects.filter(_spoken_to(seen.actor), document_id=seen.document.pk).order_by("at", "id")


def access_comments(seen: Seen) -> QuerySet[Comment]:
    return Comment.objects.filter(_spoken_to(seen.actor), document_id=seen.document.pk).order_by("at", "id")


def access_attachments(seen: Seen) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        Q(company_id=seen.actor.company) | Q(shared_from__lte=seen.view.version_shown), document_id=seen.document.pk
    ).order_by("at", "id")


def access_links(seen: Seen) -> list[tuple[Link, PartyView]]:
    """Links from and to the document with the company's view of the other end, each once however many lines they
    join; only where it sees that too."""
    links = sorted(
        Link.objects.filter(Q(source_id=seen.document.pk) | Q(target_id=seen.document.pk))
        .order_by("source_id", "target_id", "source_line", "created_at")
        .distinct("source_id", "target_id"),
        key=lambda link: (link.created_at, link.pk),
    )
    others = [link.target_id if link.source_id == seen.document.pk else link.source_id for link in links]
    views = {view.document_id: view for view in access_views(seen.actor).filter(document_id__in=others)}
    return [(link, views[other]) for link, other in zip(links, others, strict=True) if other in views]


def access_newest(actor: Actor, document_ids: Iterable[UUID]) -> dict[UUID, Version]:
    """Of each of these documents that the company sees, the newest version shown to it."""
    shown = Version.objects.filter(
        document__views__company_id=actor.company,
        document__views__version_shown=F("number"),
        document_id__in=list(document_ids),
    )
    return {version.document_id: version for version in shown}


def access_line_links(actor: Actor, document_ids: Iterable[UUID]) -> QuerySet[Link]:
    """What counts against lines of these documents: links of the lines of the present version of documents that were
    not cancelled, withdrawn or otherwise void."""
    void = Q(pk=None)
    for kind in KINDS.values():
        void |= Q(source__kind=kind.code, source__state__in=[state.code for state in kind.states if state.void])
    links = Link.objects.filter(
        target__views__company_id=actor.company, target_id__in=list(document_ids), source_version=F("source__version")
    )
    return links.exclude(target_line="").exclude(void)


def access_partners(actor: Actor) -> QuerySet[Partner]:
    """The company's own list of parties, without the archived ones."""
    return Partner.objects.filter(company_id=actor.company, archived_at=None).select_related("party", "relationship")


def access_own_party(actor: Actor) -> Party:
    """With what the company itself has decided: `party.company`."""
    return Party.objects.select_related("company").get(company_id=actor.company)


def _spoken_to(actor: Actor) -> Q:
    heard = Q(audience_id=None) | Q(audience_id=actor.company)
    return Q(company_id=actor.company) | (Q(shared=True) & heard)
