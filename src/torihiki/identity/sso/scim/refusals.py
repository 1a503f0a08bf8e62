"""Why a SCIM request is refused (RFC 7644, 3.12)."""

from typing import Any

from torihiki.ledger.refusals import Refused

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimRefused(Refused):
    """`scim_type` is a detail error keyword of table 9, or empty. The words are for the provider's log: in English,
    and without anything that the request said."""

    code = "scim_refused"

    def __init__(self, detail: str, *, status: int = 400, scim_type: str = "") -> None:
        super().__init__(detail)
        self.status = status  # type: ignore[misc]
        self.scim_type = scim_type

    def body(self) -> dict[str, Any]:
        kind = {"scimType": self.scim_type} if self.scim_type else {}
        return {"schemas": [ERROR], "status": str(self.status), **kind, "detail": str(self.message)}
