"""The kinds of document: their states, steps and the schema of their bodies."""

from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from torihiki.api.operations import ApiRequest, operation
from torihiki.exchange.api import shapes
from torihiki.exchange.refusals import DocumentNotVisible
from torihiki.exchange.specs import KINDS, Kind
from torihiki.identity.permissions import Action

TAG = _("Kinds")


@operation("GET", permission="read", tag=TAG, summary=_("List the kinds of document"), answer=shapes.KindList)
def list_kinds(request: ApiRequest) -> shapes.KindList:
    readable = [kind for kind in KINDS.values() if request.actor.may(kind.permission(Action.READ))]
    return shapes.KindList(items=[_info(kind) for kind in readable])


@operation("GET", permission="read", tag=TAG, summary=_("Read one kind of document"), answer=shapes.KindInfo)
def get_kind(request: ApiRequest, kind: str) -> shapes.KindInfo:
    spec = KINDS.get(kind)
    if spec is None or not request.actor.may(spec.permission(Action.READ)):
        raise DocumentNotVisible
    return _info(spec)


@cache
def body_schema(code: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the bodies of a kind."""
    return KINDS[code].body.model_json_schema()


def _info(kind: Kind) -> shapes.KindInfo:
    return shapes.KindInfo(
        code=kind.code,
        service=kind.service,
        label=str(kind.label),
        prefix=kind.prefix,
        issuer_side=kind.issuer_side.value,
        several_recipients=kind.several_recipients,
        free=kind.free,
        states=[
            shapes.KindState(code=state.code, label=str(state.label), waits_for=state.waits_for, void=state.void)
            for state in kind.states
        ],
        steps=[
            shapes.KindStep(
                name=step.name,
                label=str(step.label),
                by=step.by,
                sources=list(step.source),
                target=step.target,
                needs_reason=step.needs_reason,
                per_recipient=step.per_recipient,
            )
            for step in kind.steps
        ],
        sources=[
            shapes.KindSource(kind=source.kind, link=source.link, states=list(source.states), seat=source.seat)
            for source in kind.sources
        ],
        exports=[
            shapes.Export(code=export.code, label=str(export.label), media_type=export.media_type)
            for export in kind.exports
        ],
        takes_in=kind.reader is not None,
        body_schema=body_schema(kind.code),
    )
