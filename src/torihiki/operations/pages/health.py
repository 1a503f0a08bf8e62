"""How the platform is: the first page of the console, and the same for machines."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from torihiki.ledger.desk import DeskRequest, desk, public
from torihiki.operations.health import ICONS, LABELS, TONES, Health, Kept, as_json, examine, worst
from torihiki.operations.permissions import INSPECT_HEALTH

KEPT = Kept()


@desk(INSPECT_HEALTH)
def health_page(request: DeskRequest) -> HttpResponse:
    at = timezone.now()
    findings = examine(at=at)
    state = worst(findings)
    context = {
        "findings": findings,
        "at": at,
        "state": {"label": LABELS[state], "tone": TONES[state], "icon": ICONS[state]},
    }
    return render(request, "operations/health.html", context)


@public("monitors on the operations network have no session; states and numbers, nothing of a company")
def health_json(request: HttpRequest) -> HttpResponse:
    """200 while nothing fails, else 503, so that a monitor need not understand the body."""
    findings = KEPT.findings(at=timezone.now())
    status = 503 if worst(findings) is Health.FAILING else 200
    return JsonResponse(as_json(findings), status=status, headers={"Cache-Control": "no-store"})


@public("asks only whether this process answers; says nothing else")
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain", headers={"Cache-Control": "no-store"})
