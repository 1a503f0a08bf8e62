"""Counting: the lines of what is sent count against the lines of what it was made from, and never beyond them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from torihiki.exchange.access import Seen, access_chain, access_document
from torihiki.exchange.bodies import Body
from torihiki.exchange.models import Line, Link
from torihiki.exchange.quantities import Counted, contexts, limits_of
from torihiki.exchange.refusals import BodyInvalid
from torihiki.exchange.specs import Problem, Sent, Source
from torihiki.exchange.writing import sync_views
from torihiki.tenancy.actor import Actor
from torihiki.tenancy.inserting import insert


def lock_chain(actor: Actor, source: Source, document_id: UUID) -> None:
    """Keep others from counting against the same lines until the transaction ends: nearest first, as all do."""
    if source.counts:
        for above in access_chain(actor, document_id)[0][1:]:
            access_document(actor, above, lock=True)


def count_lines(
    seen: Seen,
    sources: Sequence[tuple[Source, UUID]],
    version: int,
    body: Body,
    amounts: Mapping[str, Decimal | None],
    *,
    at: datetime,
) -> None:
    """Write the links of this version's lines, with their `amounts` by line id. Those of its former versions no longer
    count, and stay.

    Raises BodyInvalid where more is counted against a line than its document admits; so it does where a new version
    admits less than what others counted against it already."""
    for source, source_id in sources:
        if not source.counts:
            continue
        chain, _answers = access_chain(seen.actor, source_id)
        known = set(
            Line.objects.filter(document_id__in=chain, version_number=F("document__version")).values_list(
                "document_id", "line_id"
            )
        )
        counted = [
            Counted(target, name, line.line_id, getattr(line, field))
            for name, field in source.counts.items()
            for target in chain
            for line in body.lines  # type: ignore[attr-defined]
            if (target, line.line_id) in known
        ]
        insert(line_links(seen.actor, source, seen.document.pk, counted, amounts, version=version, at=at))
    counts = any(source.counts for source, _id in sources)
    if counts or (seen.kind.limits is not None and version > 1):
        sync_views(seen.document.pk)  # it is read back through its own view
        refuse_excess(seen)


def line_links(
    actor: Actor,
    source: Source,
    document_id: UUID,
    counted: Iterable[Counted],
    amounts: Mapping[str, Decimal | None],
    *,
    version: int,
    at: datetime,
) -> list[Link]:
    """The links by which the lines of a version count, not stored yet; `amounts` by line id."""
    return [
        Link(
            company_id=actor.company,
            name=item.link,
            source_id=document_id,
            target_id=item.target,
            source_line=item.line_id,
            target_line=item.line_id,
            source_version=version,
            quantity=item.quantity,
            amount=amounts.get(item.line_id) if item.link == source.link else None,
            created_at=at,
        )
        for item in counted
    ]


def refuse_excess(seen: Seen) -> None:
    """Raises BodyInvalid where more counts against a line than the document, or one that it was made from, admits: by
    what is going out, or without what is being taken back."""
    refuse_beyond(contexts(seen.actor, seen.document.pk, unanswered=True).values())


def refuse_beyond(chain: Iterable[Sent]) -> None:
    """The same of documents in their contexts. Raises BodyInvalid."""
    problems = [problem for sent in chain for problem in _excess(sent)]
    if problems:
        raise BodyInvalid(" ".join(str(problem.text) for problem in problems), problems=problems)


def _excess(sent: Sent) -> Iterator[Problem]:
    names = {line.line_id: line.description for line in getattr(sent.body, "lines", ())}
    for link, limits in limits_of(sent).items():
        for line_id, count in sent.counted.get(link, {}).items():
            limit = limits.get(line_id, Decimal(0))
            if count > limit:
                facts = {
                    "item": names.get(line_id, line_id),
                    "number": sent.number,
                    "count": _plain(count),
                    "limit": _plain(limit),
                }
                yield Problem(
                    _("%(item)s: %(count)s in all against %(number)s, but only %(limit)s are possible.") % facts,
                    "lines",
                )


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():,f}"
