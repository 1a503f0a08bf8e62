"""Idempotency: a key does one thing once, and the same request under it gets the same answer (promise P3)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from torihiki.api.operations import Answer, ApiRequest
from torihiki.exchange.models import WriteKey
from torihiki.exchange.refusals import KeyUsedElsewhere
from torihiki.exchange.writing import done_before
from torihiki.ledger.refusals import Refused

FINGERPRINT_LENGTH = 40  # hexadecimal digits of the request's digest: 160 bits


class KeyReused(Refused):
    """Another request came under this Idempotency-Key before."""

    status = 422
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(_("Another request was sent under this Idempotency-Key. Make a new key for each new act."))


def once(
    request: ApiRequest,
    document_id: UUID,
    act: Callable[[], BaseModel],
    *,
    at: datetime,
    location: Callable[[UUID], str] = lambda document_id: "",
) -> Answer:
    """Do `act` and keep its answer under the request's key, or give the answer that was kept.

    Two at once: the second waits for the first. A refusal keeps nothing, so that its key may be used again. Raises
    KeyReused.
    """
    try:
        action = f"api {request.key.fingerprint[:FINGERPRINT_LENGTH]}"
        before = done_before(request.actor, request.key.text, action, document_id, at=at)
    except KeyUsedElsewhere as refusal:
        raise KeyReused from refusal
    if before is not None:
        return Answer(before.answer.encode(), location=location(before.document_id))
    answer = act().model_dump_json()
    WriteKey.objects.filter(company_id=request.actor.company, key=request.key.text).update(answer=answer)
    return Answer(answer.encode(), location=location(document_id))
