"""How a request is read: strictly, within bounds, and before anything is done with it."""

import json
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from torihiki.api.operations import Key, Operation
from torihiki.api.problems import Mistake, Problem, in_body, in_query
from torihiki.crypto.digest import sha256_hex
from torihiki.lib.text import UNPRINTABLE

JSON = "application/json"
KEY_LENGTH_MAX = 100
ETAG_LENGTH_MAX = 100
QUERY_LENGTH_MAX = 4_000
DEPTH_MAX = 20
NUMBER_LENGTH_MAX = 100
SAFE_INTEGER = 2**53 - 1  # beyond, JSON numbers are not the same everywhere (RFC 8785)


def arguments(operation: Operation, request: HttpRequest) -> dict[str, Any]:
    """`query`, `body` and `content` as the operation declares them; sets `request.key` and `request.etag`.

    Raises Problem 400, 413, 415, 422 or 428.
    """
    found: dict[str, Any] = {}
    read_query(operation, request, found)
    etag = _etag(request)
    if operation.conditional == "needed" and not etag:
        raise Problem(
            428,
            "if_match_missing",
            _("Send the ETag that you saw as If-Match, so that nothing newer is overwritten."),
            [Mistake(_("Missing."), "missing", header="If-Match")],
        )
    request.etag = etag  # type: ignore[attr-defined]
    raw = b""
    if operation.body is not None:
        raw = _raw(request, (JSON,), operation.content_bytes_max)
        found["body"] = _typed(operation.body, raw)
    elif operation.content:
        raw = found["content"] = _raw(request, operation.content, operation.content_bytes_max)
    if operation.keyed:
        request.key = _key(request, raw)  # type: ignore[attr-defined]
    return found


def read_query(operation: Operation, request: HttpRequest, found: dict[str, Any]) -> None:
    """An unknown parameter is refused: a filter with a typing error must not find everything."""
    if len(request.META.get("QUERY_STRING", "")) > QUERY_LENGTH_MAX:
        raise Problem(422, "query_invalid", _("The query is too long."))
    given = {name: values[-1] for name, values in request.GET.lists()}
    twice = [name for name, values in request.GET.lists() if len(values) > 1]
    known = operation.query.model_fields if operation.query else {}
    wrong = [Mistake(_("There is no such parameter."), "unknown", parameter=name) for name in given.keys() - known]
    wrong += [Mistake(_("Give it once."), "repeated", parameter=name) for name in twice]
    wrong += [
        Mistake(_("Contains a character that cannot be used."), "unprintable", parameter=name)
        for name, value in given.items()
        if UNPRINTABLE.search(value)
    ]
    if wrong:
        raise Problem(422, "query_invalid", _("Correct the parameters of the query."), wrong)
    if operation.query is None:
        return
    try:
        found["query"] = operation.query.model_validate(given)
    except ValidationError as error:
        mistakes = in_query(error.errors())
        raise Problem(422, "query_invalid", _("Correct the parameters of the query."), mistakes) from error


def _raw(request: HttpRequest, types: tuple[str, ...], most: int) -> bytes:
    """The body's bytes. Its type must be said: what claims to be a form or text is never read as JSON."""
    if request.content_type not in types or (request.content_params or {}).get("charset", "utf-8").lower() != "utf-8":
        words = _("Send the body as %(types)s, in UTF-8.") % {"types": ", ".join(types)}
        raise Problem(415, "content_type", words, headers={"Accept-Post": ", ".join(types)})
    if request.META.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        raise Problem(415, "content_encoding", _("Send the body without compression."))
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    raw = request.read(most + 1) if length.isdecimal() and int(length) <= most else None
    if raw is None or len(raw) > most:
        raise Problem(413, "too_large", _("This body may have at most %(most)d KiB.") % {"most": most >> 10})
    return bytes(raw)


def _typed(model: type[BaseModel], raw: bytes) -> BaseModel:
    value = parsed(raw)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem(422, "request_invalid", _("Correct the marked fields."), in_body(error.errors())) from error


def parsed(raw: bytes) -> Any:
    """JSON (RFC 8259) with its numbers as they were written: a fraction is a Decimal, an integer that not every program
    keeps is text. Raises Problem 400 for what is no JSON, and 422 for what nobody could store."""
    try:
        value = json.loads(raw.decode(), parse_float=_fraction, parse_int=_integer, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "json_invalid", _("The body is no JSON in UTF-8.")) from error
    _check(value)
    return value


def _fraction(text: str) -> Decimal:
    if len(text) > NUMBER_LENGTH_MAX:
        raise ValueError("a number of unreasonable length")
    return Decimal(text)


def _integer(text: str) -> int | str:
    if len(text) > NUMBER_LENGTH_MAX:
        raise ValueError("a number of unreasonable length")
    value = int(text)
    return value if abs(value) <= SAFE_INTEGER else text


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _check(value: Any) -> None:
    """Depth and characters, without recursion: what is nested without end must not end this program."""
    waiting: list[tuple[Any, int, str]] = [(value, 0, "#")]
    while waiting:
        item, depth, place = waiting.pop()
        if depth > DEPTH_MAX:
            raise Problem(422, "request_invalid", _("This is nested too deeply."), [Mistake("", "depth", place)])
        if isinstance(item, dict):
            for name, inner in item.items():
                _printable(name, place)
                waiting.append((inner, depth + 1, f"{place}/{name}"))
        elif isinstance(item, list):
            waiting.extend((inner, depth + 1, f"{place}/{nth}") for nth, inner in enumerate(item))
        elif isinstance(item, str):
            _printable(item, place)


def _printable(text: str, place: str) -> None:
    if found := UNPRINTABLE.search(text):
        words = _("Contains an invisible control character (U+%(code)04X). Type the text again.")
        mistake = Mistake(words % {"code": ord(found[0])}, "unprintable", UNPRINTABLE.sub("?", place))
        raise Problem(422, "request_invalid", _("Correct the marked fields."), [mistake])


def _etag(request: HttpRequest) -> str:
    """Of If-Match. `*` and several tags say nothing of what was seen, and a weak one cannot be compared (RFC 9110)."""
    header = request.META.get("HTTP_IF_MATCH", "").strip()
    if not header:
        return ""
    if len(header) > ETAG_LENGTH_MAX or len(header) < 3 or not (header[0] == header[-1] == '"') or '"' in header[1:-1]:
        mistake = Mistake(_("One strong ETag in quotes is needed."), "if_match", header="If-Match")
        raise Problem(400, "header_invalid", _("If-Match cannot be read."), [mistake])
    return str(header[1:-1])


def _key(request: HttpRequest, raw: bytes) -> Key:
    text = request.META.get("HTTP_IDEMPOTENCY_KEY", "")
    if not 0 < len(text) <= KEY_LENGTH_MAX or not text.isascii() or not text.isprintable():
        words = _("Send an Idempotency-Key of 1 to %(most)d visible characters, a new one for each new act.")
        mistake = Mistake(words % {"most": KEY_LENGTH_MAX}, "idempotency_key", header="Idempotency-Key")
        raise Problem(400, "idempotency_key", mistake.detail, [mistake])
    asked = f"{request.method} {request.get_full_path()} {request.META.get('HTTP_IF_MATCH', '')}\n"
    return Key(text, sha256_hex(asked.encode() + raw))
