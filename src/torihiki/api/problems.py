"""Refusals as problem details (RFC 9457): a stable `type` and `code`, a title by status, and where the fault lies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, Field

from torihiki.lib.complaints import complaint

MEDIA_TYPE = "application/problem+json"
REFERENCE = "/developers/api"
ERRORS_MAX = 100

TITLES: dict[int, str | Promise] = {
    400: _("The request cannot be read"),
    401: _("No valid token"),
    403: _("Not permitted"),
    404: _("Not found"),
    405: _("Not possible here"),
    409: _("Contradicts the present state"),
    412: _("Changed meanwhile"),
    413: _("Too large"),
    415: _("Another kind of content is needed"),
    422: _("The content does not fit"),
    428: _("Say which state you saw"),
    429: _("Too many requests"),
    500: _("Something went wrong"),
    503: _("Out of service for a moment"),
}
"""The title that goes with each status: it never changes from one problem to the next."""


CODES = {
    "token": 401,
    "method": 405,
    "json_invalid": 400,
    "header_invalid": 400,
    "idempotency_key": 400,
    "content_type": 415,
    "content_encoding": 415,
    "too_large": 413,
    "query_invalid": 422,
    "request_invalid": 422,
    "if_match_missing": 428,
    "state_missing": 428,
    "server": 500,
}
"""The kit's own problems, and their statuses; all others are refusals of the product."""


@dataclass(frozen=True)
class Mistake:
    """One fault. `pointer` is a JSON pointer into the body (RFC 6901, as a URI fragment); faults of the query name its
    `parameter`, those of the head its `header`. `type` is the rule that was broken, for programs."""

    detail: str
    type: str = ""
    pointer: str = ""
    parameter: str = ""
    header: str = ""

    def plain(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}


@dataclass
class Problem(Exception):
    """A refusal as the API answers it. Raised by the kit where a request cannot be read; the door makes the others."""

    status: int
    code: str
    detail: str | Promise = ""
    mistakes: Sequence[Mistake] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        content: dict[str, Any] = {
            "type": f"{REFERENCE}#{self.code}",
            "title": str(TITLES[self.status]),
            "status": self.status,
            "code": self.code,
            "detail": str(self.detail) or str(TITLES[self.status]),
        }
        if self.mistakes:
            content["errors"] = [mistake.plain() for mistake in self.mistakes[:ERRORS_MAX]]
        headers = {"Cache-Control": "no-store", **self.headers}
        body = json.dumps(content, ensure_ascii=False)
        return HttpResponse(body, status=self.status, content_type=MEDIA_TYPE, headers=headers)


def in_body(errors: Sequence[Mapping[str, Any]], *, below: str = "") -> list[Mistake]:
    """Pydantic's errors as faults of the body; `below` is the part of it that they were found in, such as `/body`."""
    return [
        Mistake(complaint(error), str(error["type"]), f"#{below}{_pointer(error['loc'])}")
        for error in errors[:ERRORS_MAX]
    ]


def in_query(errors: Sequence[Mapping[str, Any]]) -> list[Mistake]:
    return [
        Mistake(complaint(error), str(error["type"]), parameter=str(error["loc"][0] if error["loc"] else ""))
        for error in errors[:ERRORS_MAX]
    ]


def _pointer(location: Sequence[int | str]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


class ProblemError(BaseModel):
    """One fault of the request, and where it lies."""

    detail: str
    type: str | None = Field(None, description="The rule that was broken.")
    pointer: str | None = Field(None, description="JSON pointer into the body, as a URI fragment (RFC 6901).")
    parameter: str | None = Field(None, description="The query parameter.")
    header: str | None = Field(None, description="The header.")


class ProblemDetails(BaseModel):
    """Why a request was refused (RFC 9457)."""

    type: str = Field(description="A stable reference for this kind of problem, explained on the reference page.")
    title: str = Field(description="What its status means, in the language of Accept-Language.")
    status: int
    code: str = Field(description="The kind of problem, for programs; stable.")
    detail: str = Field(description="What is wrong here and what to do, in the language of Accept-Language.")
    errors: list[ProblemError] | None = Field(None, description="Single faults of the request.")
