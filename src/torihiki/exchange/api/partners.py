"""The own list of partners."""

from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from torihiki.api.operations import ApiRequest, operation
from torihiki.api.paging import page
from torihiki.exchange.api import shapes
from torihiki.exchange.models import Partner
from torihiki.exchange.partners.access import access_partner, access_partners, search_partners

TAG = _("Partners")
WORDS_MAX = 5


@operation(
    "GET", permission="read", tag=TAG, summary=_("Find partners"), query=shapes.PartnerQuery,
    answer=shapes.PartnerPage,
)  # fmt: skip
def find_partners(request: ApiRequest, *, query: shapes.PartnerQuery) -> shapes.PartnerPage:
    found = access_partners(request.actor).filter(archived_at__isnull=not query.archived)
    found = search_partners(found, " ".join((query.q or "").split()[:WORDS_MAX]))
    rows, cursor = page(found, {"shown": str, "id": UUID}, cursor=query.cursor, size=query.limit)
    return shapes.PartnerPage(items=[_info(row) for row in rows], cursor=cursor)


@operation("GET", permission="read", tag=TAG, summary=_("Read one partner"), answer=shapes.PartnerInfo)
def get_partner(request: ApiRequest, partner_id: UUID) -> shapes.PartnerInfo:
    return _info(access_partner(request.actor, partner_id))


def _info(row: Partner) -> shapes.PartnerInfo:
    party = row.party
    return shapes.PartnerInfo.model_construct(
        id=row.pk,
        party=row.party_id,
        name=party.name,
        name_kana=party.name_kana,
        own_code=row.own_code,
        own_name=row.own_name,
        corporate_number=party.corporate_number,
        registration_number=party.registration_number,
        email=party.email,
        member=party.company_id is not None,
        state=cast(Any, row.relationship.state if row.relationship else "external"),
        archived=row.archived_at is not None,
    )
