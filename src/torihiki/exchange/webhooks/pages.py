"""Webhooks of the own company: endpoints, their secrets, and what was sent with each answer."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from torihiki.exchange.specs import KINDS
from torihiki.exchange.webhooks.access import access_deliveries, access_delivery, access_endpoint, access_endpoints
from torihiki.exchange.webhooks.actions import (
    OVERLAP,
    add_endpoint,
    change_endpoint,
    remove_endpoint,
    replay_delivery,
    replay_failed,
    rotate_secret,
    send_test,
    start_endpoint,
    stop_endpoint,
)
from torihiki.exchange.webhooks.delivering import ERRORS, SCHEDULE_SECONDS, headers_of
from torihiki.exchange.webhooks.events import TEST
from torihiki.exchange.webhooks.forms import EndpointForm, MessagesForm, NewEndpointForm, ReplayForm, RotationForm
from torihiki.exchange.webhooks.models import WebhookDelivery, WebhookEndpoint
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.keyset import moment
from torihiki.web.formats import format_moment, format_number
from torihiki.web.paging import keyset_page
from torihiki.web.parts import Fact, Tone

PAGE_ROWS = 50
WATCHED_SECONDS = 60  # how long a message's page looks by itself for the first answer
TONES = {
    WebhookDelivery.State.WAITING: Tone.INFO,
    WebhookDelivery.State.DELIVERED: Tone.SUCCESS,
    WebhookDelivery.State.FAILED: Tone.DANGER,
}


@desk(MANAGE_COMPANY)
def webhooks_page(request: DeskRequest) -> HttpResponse:
    endpoints = list(access_endpoints(request.actor).order_by("created_at", "id"))
    return render(request, "exchange/webhooks/list.html", {"endpoints": endpoints})


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def new_webhook_page(request: DeskRequest) -> HttpResponse:
    form = NewEndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = add_endpoint(request.actor, **form.cleaned_data, at=timezone.now())
        except Refused as refusal:
            form.add_error("url" if refusal.code == "webhook_address_refused" else None, str(refusal.message))
        else:
            return _show_secret(request, endpoint, secret) if secret else redirect("webhook", endpoint.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "exchange/webhooks/edit.html", {"form": form}, status=status)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def edit_webhook_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = access_endpoint(request.actor, endpoint_id)
    initial = {name: getattr(endpoint, name) for name in ("url", "description", "kinds", "events")}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_endpoint(request.actor, endpoint_id, **form.cleaned_data, at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("webhook", endpoint_id)
    context = {"form": form, "endpoint": endpoint}
    return render(request, "exchange/webhooks/edit.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY)
def webhook_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = access_endpoint(request.actor, endpoint_id)
    form = MessagesForm(request.GET)
    found = access_deliveries(request.actor).filter(endpoint=endpoint).defer("attempts", "body")
    wanted = {name: value for name, value in (form.cleaned_data if form.is_valid() else {}).items() if value}
    page = keyset_page(
        found.filter(**wanted),
        request,
        {"created_at": moment, "id": UUID},
        size=PAGE_ROWS,
        newest_first=True,
    )
    context = {
        "endpoint": endpoint,
        "facts": _facts(endpoint),
        "form": form,
        "filtered": bool(wanted),
        "page": page,
        "rows": [(delivery, TONES[WebhookDelivery.State(delivery.state)]) for delivery in page.rows],
        "replay": ReplayForm(initial={"since": endpoint.stopped_at or timezone.now() - timedelta(days=1)}),
    }
    return render(request, "exchange/webhooks/endpoint.html", context)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def rotate_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = access_endpoint(request.actor, endpoint_id)
    form = RotationForm(request.POST or None, initial={"since": endpoint.secret_since.isoformat()})
    if request.method == "POST":
        since = parse_datetime(request.POST.get("since", "")[:40]) if form.is_valid() else None
        endpoint, secret = rotate_secret(
            request.actor, endpoint_id, since=since or endpoint.created_at - timedelta(1), at=timezone.now()
        )
        return _show_secret(request, endpoint, secret)
    context = {
        "title": _("Renew the secret"),
        "question": ngettext(
            "For %(hours)d hour both the new secret and the present one sign, so that your system can change over."
            " Then only the new one does.",
            "For %(hours)d hours both the new secret and the present one sign, so that your system can change over."
            " Then only the new one does.",
            _hours(OVERLAP),
        )
        % {"hours": _hours(OVERLAP)},
        "facts": _facts(endpoint)[:2],
        "form": form,
        "verb": pgettext("webhook", "Renew"),
        "cancel_url": reverse("webhook", args=[endpoint_id]),
    }
    return render(request, "web/confirm.html", context)


@desk(MANAGE_COMPANY, methods=("POST",))
def stop_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    stop_endpoint(request.actor, endpoint_id, at=timezone.now())
    messages.success(request, _("The endpoint is switched off. You can switch it on again at any time."))
    return redirect("webhook", endpoint_id)


@desk(MANAGE_COMPANY, methods=("POST",))
def start_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    start_endpoint(request.actor, endpoint_id, at=timezone.now())
    messages.success(request, _("The endpoint is switched on. Send again below what failed meanwhile."))
    return redirect("webhook", endpoint_id)


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
def remove_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    endpoint = access_endpoint(request.actor, endpoint_id)
    if request.method == "POST":
        remove_endpoint(request.actor, endpoint_id, at=timezone.now())
        messages.success(request, _("The endpoint is deleted."))
        return redirect("webhooks")
    context = {
        "title": _("Delete the endpoint"),
        "question": _(
            "Its messages and their answers go with it, and its secret cannot be had back."
            " To pause, switch it off instead: that can be undone."
        ),
        "facts": _facts(endpoint)[:2],
        "verb": _("Delete for good"),
        "tone": "danger",
        "cancel_url": reverse("webhook", args=[endpoint_id]),
    }
    return render(request, "web/confirm.html", context)


@desk(MANAGE_COMPANY, methods=("POST",))
def test_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    delivery = send_test(request.actor, endpoint_id, at=timezone.now())
    return redirect("webhook-message", delivery.pk)


@desk(MANAGE_COMPANY, methods=("POST",))
def replay_failed_page(request: DeskRequest, endpoint_id: UUID) -> HttpResponse:
    access_endpoint(request.actor, endpoint_id)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Enter a date and a time since when to send again."))
        return redirect("webhook", endpoint_id)
    count = replay_failed(request.actor, endpoint_id, since=form.cleaned_data["since"], at=timezone.now())
    words = ngettext("%(count)d message is sent again.", "%(count)d messages are sent again.", count)
    messages.success(request, words % {"count": count})
    return redirect("webhook", endpoint_id)


@desk(MANAGE_COMPANY)
def delivery_page(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    delivery = access_delivery(request.actor, delivery_id)
    attempts = [_attempt(delivery, attempt) for attempt in reversed(delivery.attempts)]
    age = (timezone.now() - (delivery.next_attempt_at or delivery.created_at)).total_seconds()
    context = {
        "delivery": delivery,
        "endpoint": delivery.endpoint,
        "tone": TONES[WebhookDelivery.State(delivery.state)],
        "facts": _delivery_facts(delivery),
        "body": _readable(delivery.body),
        "attempts": attempts,
        "watched": delivery.state == WebhookDelivery.State.WAITING and 0 <= age < WATCHED_SECONDS,
        "may_replay": delivery.event == TEST or not delivery.endpoint.stopped,
    }
    return render(request, "exchange/webhooks/message.html", context)


@desk(MANAGE_COMPANY, methods=("POST",))
def replay_page(request: DeskRequest, delivery_id: UUID) -> HttpResponse:
    replay_delivery(request.actor, delivery_id, at=timezone.now())
    messages.success(request, _("The message is sent again, under the same id."))
    return redirect("webhook-message", delivery_id)


def _show_secret(request: DeskRequest, endpoint: WebhookEndpoint, secret: str) -> HttpResponse:
    """The only page that ever shows it: not kept by the browser, and not reached by an address."""
    response = render(request, "exchange/webhooks/secret.html", {"endpoint": endpoint, "secret": secret})
    response["Cache-Control"] = "no-store"
    return response


def _facts(endpoint: WebhookEndpoint) -> list[Fact]:
    kinds = [str(KINDS[code].label) for code in endpoint.kinds if code in KINDS]
    facts = [
        Fact(pgettext("webhook", "Address"), endpoint.url, copy=True),
        Fact(pgettext("webhook", "Description"), endpoint.description),
        Fact(_("Kinds of document"), "、".join(kinds) or _("All")),
        Fact(_("Events"), ", ".join(endpoint.events) or pgettext("webhook", "All events")),
        Fact(_("Secret since"), _moment(endpoint.secret_since)),
        Fact(_("The former secret signs until"), _moment(_future(endpoint.former_until))),
        Fact(_("Last answered"), _moment(endpoint.answered_at)),
        Fact(_("Switched off at"), _moment(endpoint.stopped_at)),
        Fact(_("Added by"), endpoint.created_by),
    ]
    return [fact for fact in facts if fact.value]


def _delivery_facts(delivery: WebhookDelivery) -> list[Fact]:
    facts = [
        Fact(pgettext("webhook", "Event"), delivery.event),
        Fact(_("Message id"), delivery.message_id, copy=True),
        Fact(_("Endpoint"), delivery.endpoint.url),
        Fact(_("Written"), _moment(delivery.created_at)),
        Fact(
            _("Attempts"),
            _("%(tries)d of %(most)d") % {"tries": delivery.tries, "most": len(SCHEDULE_SECONDS)}
            if delivery.event != TEST
            else delivery.attempts_made,
        ),
        Fact(_("Next attempt"), _moment(delivery.next_attempt_at)),
    ]
    return [fact for fact in facts if fact.value]


def _attempt(delivery: WebhookDelivery, attempt: dict[str, Any]) -> dict[str, Any]:
    headers = headers_of(delivery.message_id, attempt["timestamp"], attempt["signature"])
    return {
        **attempt,
        "at": datetime.fromisoformat(attempt["at"]),
        "delivered": 200 <= attempt["status"] < 300,
        "took": _("%(count)s ms") % {"count": format_number(attempt["milliseconds"])},
        "words": ERRORS.get(attempt["error"], attempt["error"]),
        "request": "\n".join(f"{name}: {value}" for name, value in headers.items()) if attempt["signature"] else "",
    }


def _readable(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)


def _future(moment: datetime | None) -> datetime | None:
    return moment if moment and moment > timezone.now() else None


def _moment(moment: datetime | None) -> str:
    return format_moment(moment)


def _hours(span: timedelta) -> int:
    return round(span / timedelta(hours=1))
