"""A new company's card: what its partners will see of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from torihiki.exchange.bodies import PartyDetails
from torihiki.exchange.models import Party
from torihiki.exchange.partners.cards import card_columns
from torihiki.identity.founding import at_founding
from torihiki.identity.models import Company
from torihiki.tenancy.actor import Actor


@at_founding
def make_card(actor: Actor, company: Company, card: Mapping[str, Any], at: datetime) -> None:
    details = PartyDetails.model_validate({"name": company.name, **card})
    Party.objects.create(company=company, updated_at=at, **card_columns(details))
