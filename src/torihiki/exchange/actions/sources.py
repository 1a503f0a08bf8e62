"""What a document is made from, and its body in view of that."""

from collections.abc import Sequence
from uuid import UUID

from torihiki.exchange.access import Seen, access_document
from torihiki.exchange.bodies import Body
from torihiki.exchange.models import Draft, Link
from torihiki.exchange.quantities import in_context
from torihiki.exchange.refusals import BodyInvalid
from torihiki.exchange.specs import Sent, Source


def sources_of(seen: Seen, draft: Draft, *, lock: bool = False) -> list[tuple[Source, Seen]]:
    """What the draft is made from; a new version, what the first was."""
    origins = [(UUID(origin["document"]), origin["link"]) for origin in draft.sources]
    if seen.document.version > 0:
        links = Link.objects.filter(source_id=seen.document.pk, source_line="").order_by("created_at")
        origins = list(links.values_list("target_id", "name"))
    found = []
    for document_id, link in origins:
        origin = access_document(seen.actor, document_id, lock=lock)
        source = next(s for s in seen.kind.sources if s.kind == origin.view.kind and s.link == link)
        found.append((source, origin))
    return found


def in_view_of_sources(sources: Sequence[tuple[Source, Seen]], body: Body) -> Body:
    """The body, completed and compared by what its sources say. Raises BodyInvalid."""
    for source, origin in sources:
        if source.settle is None and source.rules is None:
            continue
        body = in_view_of(source, in_context(origin), body)
    return body


def in_view_of(source: Source, sent: Sent, body: Body) -> Body:
    """The same by one source, of which `sent` is the newest version in its context. Raises BodyInvalid."""
    if source.settle is not None:
        body = source.settle(body, sent)
    problems = list(source.rules(body, sent)) if source.rules else []
    if problems:
        raise BodyInvalid(" ".join(str(problem.text) for problem in problems), problems=problems)
    return body
