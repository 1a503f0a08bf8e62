"""Who a token is."""

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field

from torihiki.api.operations import ApiRequest, operation


class Me(BaseModel):
    """The token that asks."""

    company: str
    token: str = Field(description="Its name, under which the ledger and the timelines name it.")
    scopes: list[str] = Field(description="`service.action`; `*` stands for every service.")


@operation("GET", permission=None, tag=_("Token"), summary=_("Read who the token is"), answer=Me)
def get_me(request: ApiRequest) -> Me:
    actor = request.actor
    return Me(company=actor.company_name, token=actor.name, scopes=sorted(actor.permissions))
