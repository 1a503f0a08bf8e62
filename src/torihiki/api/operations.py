"""What the API can do: each operation declares how it is asked, who may ask, and how it answers.

    @operation("POST", permission="draft", summary=_("Write a document"), body=NewDocument, answer=Receipt, status=201,
               keyed=True)
    def create_document(request: ApiRequest, *, body: NewDocument) -> Receipt: ...

An operation gets the path's values by name, and `query`, `body` or `content` where it declares them. It raises
refusals; `ledger.endpoints.address` gives it an address and a door.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from pydantic import BaseModel

from torihiki.tenancy.actor import Actor

Words = str | Promise
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Condition = Literal["", "possible", "needed"]
JSON_BYTES_MAX = 3 * 2**20


@dataclass(frozen=True)
class Key:
    """An Idempotency-Key, and the digest of the request that came with it."""

    text: str
    fingerprint: str  # 64 hexadecimal digits


class ApiRequest(HttpRequest):
    """A request behind the API's door."""

    actor: Actor
    key: Key  # where the operation is keyed
    etag: str  # of If-Match, without its quotes; empty where there is none


@dataclass(frozen=True)
class Answer:
    """A body with more to say than itself."""

    value: BaseModel | bytes
    etag: str = ""
    location: str = ""

    def response(self, status: int) -> HttpResponse:
        body = self.value if isinstance(self.value, bytes) else self.value.model_dump_json().encode()
        response = json_response(body, status)
        if self.etag:
            response["ETag"] = f'"{self.etag}"'
        if self.location:
            response["Location"] = self.location
        return response


@dataclass(frozen=True)
class Operation:
    """One method at one address. `problems` are the statuses of its own refusals, besides those that follow from how it
    is asked; `status` is that of its success."""

    method: Method
    view: Callable[..., Any]
    permission: str | None  # None: every token, whatever its scopes
    summary: Words
    description: Words = ""
    tag: Words = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    content: tuple[str, ...] = ()  # media types of a body that is taken as it is
    content_bytes_max: int = JSON_BYTES_MAX
    answer: type[BaseModel] | None = None  # None: nothing, or what `media` says
    media: tuple[str, ...] = ()  # media types of an answer that is no JSON of ours
    status: int = 200
    keyed: bool = False
    conditional: Condition = ""
    problems: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.view.__name__


@dataclass(frozen=True)
class Address:
    """A path template of the API, such as `/api/v1/documents/{document_id}`, and what can be done there."""

    template: str
    parameters: tuple[tuple[str, str], ...]  # name, converter
    operations: tuple[Operation, ...]


ADDRESSES: dict[str, Address] = {}
"""Every address by its template, in the order of declaration; the URL tables fill it."""


def operation(method: Method, **declared: Any) -> Callable[[Callable[..., Any]], Operation]:
    def decorate(view: Callable[..., Any]) -> Operation:
        return Operation(method=method, view=view, **declared)

    return decorate


def json_response(body: bytes, status: int) -> HttpResponse:
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": "private, no-store"}
    )
