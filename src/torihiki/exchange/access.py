"""The only way to fetch what belongs to a document. Each function filters by the actor's company itself; row-level
security does so again underneath, so that two independent walls must fail together."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Q, QuerySet

from torihiki.exchange.approvals.access import access_routes
from torihiki.exchange.models import (
    Attachment,
    Comment,
    Document,
    Draft,
    Handover,
    Link,
    Partner,
    Party,
    PartyView,
    Recipient,
    Side,
    Transition,
    Version,
)
from torihiki.exchange.refusals import DocumentNotVisible, RoleMayNot
from torihiki.exchange.specs import KINDS, RECEIVER, Kind
from torihiki.identity.permissions import Action
from torihiki.identity.refusals import NotHere
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


LOCK = """SELECT FROM exchange_document d WHERE d.id = %s AND EXISTS
(SELECT FROM exchange_partyview mine WHERE mine.document_id = d.id AND mine.company_id = %s) FOR UPDATE"""
CHAIN_MAX = 6
"""How far back a document is followed: invoice, acceptance, delivery, order, quotation, request."""
ANSWERS = "responds"
# Asked in every act that counts lines. Arrays, so that indexes are used however little is known of the tables.
NEWEST = """SELECT v.* FROM exchange_version v
JOIN exchange_partyview mine ON mine.document_id = v.document_id AND mine.company_id = %s
WHERE v.document_id = ANY (%s) AND v.number = mine.version_shown"""
CHAIN = f"""WITH RECURSIVE above (id, level, since) AS (
    SELECT %s::uuid, 0, NULL::timestamptz
    UNION
    SELECT l.target_id, above.level + 1, l.created_at
    FROM above JOIN exchange_link l ON l.source_id = above.id AND l.source_line = '' WHERE above.level < %s
), chain AS (
    SELECT id, min(level) AS level, min(since) AS since FROM above GROUP BY id
), mine AS (
    SELECT chain.* FROM chain JOIN exchange_partyview v ON v.document_id = chain.id AND v.company_id = %s
)
SELECT id, level, since, NULL::uuid AS answered, '' AS kind, '' AS state FROM mine
UNION ALL
SELECT l.source_id, -1, l.created_at, l.target_id, d.kind, d.state
FROM exchange_link l JOIN exchange_document d ON d.id = l.source_id
WHERE l.target_id = ANY (ARRAY (SELECT id FROM mine)) AND l.name = '{ANSWERS}' AND l.source_line = ''"""  # noqa: S608 - a constant of ours
DEAL_MAX, DEAL_STEPS_MAX, DEAL_ROWS_MAX, STEPS_MAX = 200, 12, 5_000, 500
DEAL = """WITH RECURSIVE deal (id, level) AS (
    SELECT %s::uuid, 0
    UNION
    SELECT near.id, deal.level + 1 FROM deal, LATERAL (
        SELECT l.target_id AS id FROM exchange_link l WHERE l.source_id = deal.id AND l.source_line = ''
        UNION ALL
        SELECT l.source_id FROM exchange_link l WHERE l.target_id = deal.id AND l.source_line = ''
    ) near WHERE deal.level < %s
) SELECT id FROM deal LIMIT %s"""
SUMS = """SELECT l.target_id, l.name, l.target_line, sum(l.quantity)
FROM exchange_link l JOIN exchange_document d ON d.id = l.source_id AND d.version = l.source_version
JOIN exchange_partyview mine ON mine.document_id = l.target_id AND mine.company_id = %s
WHERE l.target_id = ANY (%s) AND l.target_line <> ''
    AND (d.kind, d.state) NOT IN (SELECT * FROM unnest(%s::text[], %s::text[]))
GROUP BY l.target_id, l.name, l.target_line"""


def access_views(actor: Actor) -> QuerySet[PartyView]:
    """Every document that the company sees and the member may read: of all units, or of those that the member works
    for (clause 2-4-1)."""
    kinds = [kind.code for kind in KINDS.values() if actor.may(kind.permission(Action.READ))]
    views = PartyView.objects.filter(company_id=actor.company, kind__in=kinds)
    return views if actor.units is None else views.filter(unit_id__in=actor.units)


def access_readable(actor: Actor, document_ids: Iterable[UUID]) -> dict[UUID, PartyView]:
    """Of these documents those that the member may read, by their ids; one query."""
    return {view.document_id: view for view in access_views(actor).filter(document_id__in=list(document_ids))}


def access_owed(actor: Actor, side: Side) -> QuerySet[PartyView]:
    """What the company owes as a buyer, or is owed as a seller, in yen, and has not settled."""
    wanted = Q()
    for kind in KINDS.values():
        if kind.owed is not None:
            wanted |= Q(kind=kind.code, state__in=kind.owed.payable if side == Side.BUYER else kind.owed.expected)
    open_ones = access_views(actor).filter(wanted, side=side, settled_at=None, amount_minor__isnull=False)
    return open_ones.filter(currency="JPY")


def access_document(actor: Actor, document_id: UUID, *, to: Action = Action.READ, lock: bool = False) -> Seen:
    """The document with the company's view of it; `lock` keeps others from moving it until the transaction ends.

    Raises DocumentNotVisible (the answer to a stranger) or RoleMayNot.
    """
    if lock:
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [document_id, actor.company])
    views = PartyView.objects.select_related("document", "assignee", "unit")
    view = views.filter(company_id=actor.company, document_id=document_id).first()
    if view is None or not actor.reaches(view.unit_id):
        raise DocumentNotVisible
    kind = KINDS[view.kind]
    if not actor.may(kind.permission(to)) and not actor.may(kind.permission(Action.SYSTEM)):
        raise RoleMayNot
    return Seen(actor.using(kind.permission(to)), view, view.document, kind)


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
    views = access_readable(seen.actor, others)
    return [(link, views[other]) for link, other in zip(links, others, strict=True) if other in views]


def access_deal(actor: Actor, document_id: UUID) -> tuple[list[PartyView], bool]:
    """The document and all that hangs together with it by links, however far, as far as the member may read it: the
    newest DEAL_MAX, and whether there are more."""
    with connection.cursor() as cursor:
        cursor.execute(DEAL, [document_id, DEAL_STEPS_MAX, DEAL_ROWS_MAX])
        found = {row[0] for row in cursor.fetchall()}
    views = access_views(actor).filter(document_id__in=found, version_shown__gt=0).select_related("document")
    newest = list(views.order_by("-changed_at", "-document_id")[: DEAL_MAX + 1])
    return newest[:DEAL_MAX], len(newest) > DEAL_MAX


def access_sources(document_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """What each of these documents was made from or answers, by links between documents that were let through."""
    found: dict[UUID, list[UUID]] = {}
    links = Link.objects.filter(source__in=document_ids, source_line="")
    for source, target in links.values_list("source_id", "target_id"):
        found.setdefault(source, []).append(target)
    return found


def access_steps(actor: Actor, document_ids: Iterable[UUID]) -> list[Transition]:
    """What happened to documents that were let through, the eldest first: the newest STEPS_MAX."""
    steps = Transition.objects.filter(_spoken_to(actor), document_id__in=list(document_ids))
    return list(reversed(steps.order_by("-at", "-id")[:STEPS_MAX]))


def access_newest(actor: Actor, document_ids: Iterable[UUID]) -> dict[UUID, Version]:
    """Of each of these documents that the company sees, the newest version shown to it."""
    shown = Version.objects.raw(NEWEST, [actor.company, list(document_ids)])
    return {version.document_id: version for version in shown}


def access_chain(actor: Actor, document_id: UUID) -> tuple[list[UUID], list[tuple[UUID, UUID, str, str]]]:
    """The document and what it was made from, nearest first, at most CHAIN_MAX levels back; and the answers to them,
    the newest first, each with the document that it answers, its kind and its state."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, [document_id, CHAIN_MAX, actor.company])
        rows = cursor.fetchall()
    chain = sorted((row for row in rows if row[3] is None), key=itemgetter(1, 2))
    answers = sorted((row for row in rows if row[3] is not None), key=itemgetter(2), reverse=True)
    return [row[0] for row in chain], [(row[0], *row[3:]) for row in answers]


def access_line_sums(actor: Actor, document_ids: Iterable[UUID]) -> list[tuple[UUID, str, str, Decimal]]:
    """What counts against lines of these documents, by document, link and line: the lines of the present version of
    documents that were not cancelled, withdrawn or otherwise void."""
    void = [(kind.code, state.code) for kind in KINDS.values() for state in kind.states if state.void]
    with connection.cursor() as cursor:
        cursor.execute(
            SUMS, [actor.company, list(document_ids), [kind for kind, _state in void], [state for _kind, state in void]]
        )
        return list(cursor.fetchall())


def access_partners(actor: Actor) -> QuerySet[Partner]:
    """The company's own list of parties, without the archived ones."""
    return Partner.objects.filter(company_id=actor.company, archived_at=None).select_related("party", "relationship")


def access_in_charge(actor: Actor, member_id: UUID) -> QuerySet[PartyView]:
    """Every document that a member is in charge of, for whoever manages members: also of kinds they may not read."""
    return PartyView.objects.filter(company_id=actor.company, assignee_id=member_id)


def access_handovers(actor: Actor) -> QuerySet[Handover]:
    return Handover.objects.filter(company_id=actor.company).select_related("giver", "taker")


def access_handover(actor: Actor, handover_id: UUID) -> Handover:
    """Kept from being undone twice at once. Raises NotHere."""
    handover = access_handovers(actor).select_for_update(of=("self",)).filter(pk=handover_id).first()
    if handover is None:
        raise NotHere
    return handover


def access_own_party(actor: Actor) -> Party:
    """With what the company itself has decided: `party.company`, and whether it `has_routes` for approvals."""
    routes = access_routes(actor).filter(stopped_at=None).order_by()
    return Party.objects.select_related("company").annotate(has_routes=Exists(routes)).get(company_id=actor.company)


def _spoken_to(actor: Actor) -> Q:
    heard = Q(audience_id=None) | Q(audience_id=actor.company)
    return Q(company_id=actor.company) | (Q(shared=True) & heard)
