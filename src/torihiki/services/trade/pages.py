"""The deal on one page: sums, documents, lines and everything that happened, from both sides."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from torihiki.exchange.access import access_document
from torihiki.exchange.pages.detail import moment_of
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.lib.ids import id_of
from torihiki.services.trade.deals import deal_of


@desk("read")
def deal_page(request: DeskRequest, document_id: UUID) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    if seen.document.version == 0:
        raise DocumentNotVisible
    deal = deal_of(seen)
    context = {
        "seen": seen,
        "deal": deal,
        "moments": [moment_of(paper.kind, step, about=paper.view) for step, paper in deal.moments],
    }
    return render(request, "trade/deal.html", context)


def document_shown(request: HttpRequest) -> UUID | None:
    """Whose page this is."""
    return id_of(str(request.resolver_match.kwargs.get("document_id", ""))) if request.resolver_match else None
