"""The API's door: every operation has a permission, runs in one transaction in its actor's scope, and is answered with
JSON or a problem. As with desks, a refusal leaves one ledger entry and nothing else.

It knows only `request.actor`; a session never opens this door, since a middleware reads tokens alone under `/api/`.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from pydantic import BaseModel

from torihiki.api.operations import ADDRESSES, Address, Answer, Operation
from torihiki.api.problems import Mistake, Problem, in_body
from torihiki.api.reading import arguments
from torihiki.ledger.refusals import Attempt, NotPermitted, Refused, record_attempt, undone_as_a_whole
from torihiki.tenancy.actor import Actor, scope

PREFIX = "api/v1/"


def address(route: str, *operations: Operation, name: str) -> URLPattern:
    """A line of a URL table: `route` below `/api/v1/`, with Django's converters."""
    pattern = path(PREFIX + route, endpoint(*operations), name=name)
    converters = pattern.pattern.converters
    template = "/" + PREFIX + route
    for parameter, converter in converters.items():
        template = template.replace(f"<{_name_of(converter)}:{parameter}>", "{" + parameter + "}")
    parameters = tuple((parameter, _name_of(converter)) for parameter, converter in converters.items())
    ADDRESSES[template] = Address(template, parameters, operations)
    return pattern


def endpoint(*operations: Operation) -> Callable[..., HttpResponseBase]:
    """One view for all methods of an address."""
    by_method = {operation.method: operation for operation in operations}
    assert len(by_method) == len(operations), "one operation for each method"

    def guarded(request: HttpRequest, **values: Any) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else request.method
        found = by_method.get(method)  # type: ignore[call-overload]
        try:
            if found is None:
                raise Problem(405, "method", headers={"Allow": ", ".join(by_method)})
            return _ask(found, request, values)
        except Problem as problem:
            return problem.response()

    guarded.desk = {operation.method: operation.permission for operation in operations}  # type: ignore[attr-defined]
    guarded.methods = tuple(by_method)  # type: ignore[attr-defined]
    guarded.operations = by_method  # type: ignore[attr-defined]
    guarded.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie opens this door
    guarded.__name__ = guarded.__qualname__ = operations[0].name
    return guarded


def _ask(operation: Operation, request: HttpRequest, values: dict[str, Any]) -> HttpResponseBase:
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        raise Problem(
            401,
            "token",
            _("Send a valid token: “Authorization: Bearer tk_…”. Administrators make tokens in the portal."),
            headers={"WWW-Authenticate": 'Bearer realm="torihiki"'},
        )
    try:
        if operation.permission is not None and not actor.may(operation.permission):
            raise NotPermitted(_("The token’s scopes do not allow this."))
        read = arguments(operation, request)
        with scope(actor), undone_as_a_whole():
            answer = operation.view(request, **values, **read)
    except Refused as refusal:
        with scope(actor):
            record_attempt(refusal, actor, Attempt(operation.name, data={"path": request.path[:200]}))
        raise problem_of(refusal) from refusal
    return _response(answer, operation.status)


def _response(answer: Any, status: int) -> HttpResponseBase:
    if isinstance(answer, HttpResponseBase):
        return answer
    if isinstance(answer, BaseModel):
        answer = Answer(answer)
    if isinstance(answer, Answer):
        return answer.response(status)
    assert answer is None, "an operation answers with a model, an Answer, a response or nothing"
    return HttpResponse(status=204)


def problem_of(refusal: Refused) -> Problem:
    """A refusal of the product in the API's words. What it says of the body points below `/body`; what it says of many
    rows, each into its own."""
    mistakes = in_body(refusal.facts.get("errors", ()), below="/body")
    mistakes += [
        Mistake(str(problem.text), "rule", "#/body/" + problem.field if problem.field else "#/body")
        for problem in refusal.facts.get("problems", ())
    ]
    mistakes += [Mistake(row.text, "row", f"#/{row.index}{row.pointer}") for row in refusal.facts.get("rows", ())]
    return Problem(refusal.status, refusal.code, str(refusal.message), mistakes)


def _name_of(converter: Any) -> str:
    return type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
