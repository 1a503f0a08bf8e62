"""The form of a document: new, from a source, or a draft; sums follow as one types, nothing typed is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from torihiki.exchange.access import (
    Seen,
    access_attachments,
    access_document,
    access_draft,
    access_partners,
)
from torihiki.exchange.actions.drafts import own_details, save_draft, start_draft, usable_source
from torihiki.exchange.actions.sending import send_document
from torihiki.exchange.approvals.requests import submit_draft
from torihiki.exchange.approvals.routes import Case, Need, rules_of, yen_of
from torihiki.exchange.bodies import Totals
from torihiki.exchange.forms import BLANK_LINES, BodyForms, dated
from torihiki.exchange.models import Draft
from torihiki.exchange.pages.sums import sums_of
from torihiki.exchange.partners.terms import TermsBody, current_terms
from torihiki.exchange.quantities import first_body
from torihiki.exchange.refusals import (
    BodyInvalid,
    ChangedMeanwhile,
    DocumentNotVisible,
    RecipientUnfit,
    SourceUnfit,
    StepNotOpen,
)
from torihiki.exchange.specs import KINDS, RECEIVER, Kind
from torihiki.exchange.writing import KEY_LENGTH_MAX
from torihiki.identity.permissions import Action
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.lib.ids import id_of, new_id
from torihiki.web.fields import Problem, problems_of

PARTNERS_LISTED_MAX = 500
FROM_TERMS = ("line_rounding", "tax_rounding", "prices_include_tax")


@dataclass
class Sheet:
    """A form page in the making: what is shown, from the request or from what is stored."""

    kind: Kind
    forms: BodyForms
    recipients: list[UUID]
    seen: Seen | None = None
    draft: Draft | None = None
    source: UUID | None = None
    refusal: Refused | None = None
    status: int = 200


@desk("draft", methods=("GET", "POST"))
def new_document(request: DeskRequest, kind: str) -> HttpResponse:
    """A form that stores nothing until it is saved or sent. `?source=` fills it from another document, `?to=` names
    the partner, whose terms it then follows."""
    spec = _kind(kind)
    if not request.actor.may(spec.permission(Action.DRAFT)):
        raise DocumentNotVisible
    source = id_of(request.GET.get("source", ""))
    if request.method == "POST":
        return _posted(
            request,
            Sheet(
                spec,
                BodyForms(spec, data=request.POST, body=_before(request, spec, source)),
                _chosen(request),
                source=source,
            ),
        )
    if source is not None:
        body, recipients = _from_source(request, spec, source)
        return _page(request, Sheet(spec, BodyForms(spec, body={**_dated(spec), **body}), recipients, source=source))
    if not spec.free:
        raise SourceUnfit
    chosen = [party for party in map(id_of, request.GET.getlist("to")) if party]
    if not chosen:
        return _choose_recipients(request, spec)
    return _page(request, Sheet(spec, BodyForms(spec, body=_prefilled(request, spec, chosen[0])), chosen))


@desk("draft", methods=("GET", "POST"))
def edit_document(request: DeskRequest, document_id: UUID) -> HttpResponse:
    seen = access_document(request.actor, document_id, to=Action.DRAFT)
    draft = access_draft(seen)
    if draft is None:
        raise StepNotOpen
    if request.method == "POST":
        forms = BodyForms(seen.kind, data=request.POST, body=draft.body)
        recipients = draft.recipients if seen.document.version else _chosen(request)
        return _posted(request, Sheet(seen.kind, forms, recipients, seen, draft))
    return _page(request, Sheet(seen.kind, BodyForms(seen.kind, body=draft.body), draft.recipients, seen, draft))


@desk("draft", methods=("POST",))
def compute_sums(request: DeskRequest, kind: str) -> HttpResponse:
    """The sums of what stands in the form, as one types (htmx). Stores nothing."""
    spec = _kind(kind)
    totals, day = _totals(request, spec, BodyForms(spec, data=request.POST))
    currency = _currency(request.POST)
    seen = access_document(request.actor, pk) if (pk := id_of(request.GET.get("document", ""))) else None
    context = {
        "totals": totals,
        "sums": sums_of(totals, currency),
        "day": day,
        "need": _need(request, spec, totals, currency, _chosen(request), seen),
        "may_send": request.actor.may(spec.permission(Action.SEND)),
        "again": True,
    }
    return render(request, "exchange/sums.html", context)


def _posted(request: DeskRequest, sheet: Sheet) -> HttpResponse:
    """Save, send or submit; or one more line without any of these."""
    data = request.POST
    if "add_line" in data:
        return _page(request, _with_lines(sheet, data))
    wanted = data.get("do", "save")
    try:
        document_id = _store(request, sheet)
        if wanted == "save":
            messages.success(request, _("Saved. Only your company can see this draft."))
            return HttpResponseRedirect(reverse("document-edit", args=[document_id]))
        if not sheet.forms.is_valid():
            raise BodyInvalid(_("The document is not complete yet. Correct the marked fields."), errors=[])
        return _go_on(request, document_id, wanted)
    except BodyInvalid as refusal:
        sheet.forms.blame(refusal.facts.get("errors", ()))
        for problem in refusal.facts.get("problems", ()):
            sheet.forms.header.add_error(
                problem.field if problem.field in sheet.forms.header.fields else None, str(problem.text)
            )
        return _refused(request, sheet, refusal)
    except (RecipientUnfit, ChangedMeanwhile, Refused) as refusal:
        if refusal.status in (403, 404):
            raise
        return _refused(request, sheet, refusal)


def _store(request: DeskRequest, sheet: Sheet) -> UUID:
    now, body = timezone.now(), sheet.forms.body()
    if sheet.seen is None:
        key = request.POST.get("key", "")[:KEY_LENGTH_MAX]
        document_id = start_draft(
            request.actor, sheet.kind, at=now, body=body, recipients=sheet.recipients, source_id=sheet.source, key=key
        )
        sheet.seen = access_document(request.actor, document_id)
        sheet.draft = access_draft(sheet.seen)
        return document_id
    save_draft(
        request.actor,
        sheet.seen.document.pk,
        body=body,
        recipients=sheet.recipients,
        revision=_number(request.POST.get("revision", "")),
        reason=request.POST.get("reason", ""),
        at=now,
    )
    sheet.draft = access_draft(sheet.seen)
    return sheet.seen.document.pk


def _go_on(request: DeskRequest, document_id: UUID, wanted: str) -> HttpResponse:
    seen = access_document(request.actor, document_id)
    draft = access_draft(seen)
    if draft is None:
        return HttpResponseRedirect(reverse("document", args=[document_id]))
    if wanted == "submit":
        submit_draft(request.actor, document_id, revision=draft.revision, at=timezone.now())
        messages.success(request, _("Submitted for approval."))
    else:
        number = send_document(
            request.actor,
            document_id,
            revision=draft.revision,
            at=timezone.now(),
            key=_send_key(request.POST.get("key", "")),
        )
        messages.success(request, _("%(number)s was sent.") % {"number": number})
    return HttpResponseRedirect(reverse("document", args=[document_id]))


def _refused(request: DeskRequest, sheet: Sheet, refusal: Refused) -> HttpResponse:
    sheet.refusal, sheet.status = refusal, refusal.status
    return _page(request, sheet)


def _page(request: DeskRequest, sheet: Sheet) -> HttpResponse:
    actor, kind = request.actor, sheet.kind
    partners = list(access_partners(actor).order_by("own_code", "party__name")[:PARTNERS_LISTED_MAX])
    totals, day = _totals(request, kind, sheet.forms)
    currency = _currency(sheet.forms.header.data or sheet.forms.header.initial)
    need = _need(request, kind, totals, currency, sheet.recipients, sheet.seen)
    return render(
        request,
        "exchange/edit.html",
        {
            "kind": kind,
            "forms": sheet.forms,
            "seen": sheet.seen,
            "draft": sheet.draft,
            "refusal": sheet.refusal,
            "problems": _problems(sheet.forms) if sheet.refusal else [],
            "partners": partners,
            "chosen": sheet.recipients,
            "named": [partner for partner in partners if partner.party_id in sheet.recipients],
            "locked_recipients": bool(
                sheet.source or (sheet.seen and sheet.seen.document.version) or (sheet.draft and sheet.draft.sources)
            ),
            "totals": totals,
            "sums": sums_of(totals, currency),
            "day": day,
            "key": request.POST.get("key") or str(new_id()),
            "is_summed": kind.totals is not None,  # a template would call it
            "need": need,
            "may_send": actor.may(kind.permission(Action.SEND)),
            "files": list(access_attachments(sheet.seen)) if sheet.seen else [],
            "source": sheet.source,
            "is_revision": bool(sheet.seen and sheet.seen.document.version),
        },
        status=sheet.status,
    )


def _need(
    request: DeskRequest,
    kind: Kind,
    totals: Totals | None,
    currency: str,
    parties: Sequence[UUID],
    seen: Seen | None,
) -> Need | None:
    """Whether what stands in the form needs an approval; as long as it cannot be summed, as if it cost nothing."""
    yen = yen_of(totals, currency) if totals is not None or kind.totals is None else 0
    unit_id = seen.view.unit_id if seen else request.actor.unit_id
    return rules_of(request.actor).need(Case(kind, frozenset(parties), unit_id, yen))


def _problems(forms: BodyForms) -> list[Problem]:
    """All that is wrong, from the top of the form to its end."""
    found = problems_of(forms.header)
    for part in forms.parts.values():
        found += problems_of(part)
    return found


def _choose_recipients(request: DeskRequest, kind: Kind) -> HttpResponse:
    words = request.GET.get("q", "")[:100]
    partners = access_partners(request.actor).order_by("own_code", "party__name")
    if words:
        partners = partners.filter(search__icontains=words)
    return render(
        request,
        "exchange/choose_recipients.html",
        {"kind": kind, "partners": list(partners[:PARTNERS_LISTED_MAX]), "q": words},
    )


def _totals(request: DeskRequest, kind: Kind, forms: BodyForms) -> tuple[Totals | None, date]:
    """The sums where the form can be summed, without complaining where it cannot yet."""
    today = timezone.localdate()
    if kind.totals is None:
        return None, today
    body = (
        forms.body()
        if forms.header.is_bound
        else forms.before | {name: [dict(row) for row in forms.before.get(name) or ()] for name in forms.parts}
    )
    try:
        typed = kind.body.model_validate(_countable(body))
        if kind.settle is not None:
            typed = kind.settle(typed, own_details(request.actor))
        return kind.totals(typed, today), today
    except (ValidationError, ValueError):
        return None, today


def _countable(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Only lines that have a price yet; a line in the making must not blank the sums of the others."""
    lines = [
        {**line, "description": line.get("description") or "…"}
        for line in body.get("lines") or ()
        if line.get("unit_price")
    ]
    return {**body, "lines": lines}


def _from_source(request: DeskRequest, kind: Kind, source_id: UUID) -> tuple[Mapping[str, Any], list[UUID]]:
    seen = access_document(request.actor, source_id)
    source = usable_source(kind, seen)
    if source is None:
        raise SourceUnfit
    return _built(request, kind, seen, first_body(seen, source))


def _before(request: DeskRequest, kind: Kind, source_id: UUID | None) -> Mapping[str, Any]:
    """What the form was filled with, so that nothing it does not show is lost. Whether the source may still be used
    is for the action to say: the same form again finds what it made already."""
    if source_id is None:
        return {}
    seen = access_document(request.actor, source_id)
    source = next((s for s in kind.sources if s.kind == seen.view.kind and s.seat == seen.view.role), None)
    if source is None or seen.document.version == 0:
        raise SourceUnfit
    return _built(request, kind, seen, first_body(seen, source, afresh=True))[0]


def _built(
    request: DeskRequest, kind: Kind, seen: Seen, body: Mapping[str, Any]
) -> tuple[Mapping[str, Any], list[UUID]]:
    if seen.view.role == RECEIVER:
        recipients = [seen.document.issuer_id]
    else:
        recipients = [row.party_id for row in seen.document.recipients.filter(owner_id=request.actor.company)]
    terms = current_terms(request.actor, recipients[0], timezone.localdate())
    return {**_by_terms(kind, terms), **{name: value for name, value in body.items() if value is not None}}, recipients


def _prefilled(request: DeskRequest, kind: Kind, party_id: UUID) -> Mapping[str, Any]:
    return _dated(kind) | _by_terms(kind, current_terms(request.actor, party_id, timezone.localdate()))


def _dated(kind: Kind) -> dict[str, Any]:
    return dict(dated(kind.body, timezone.localdate()))


def _by_terms(kind: Kind, terms: TermsBody) -> dict[str, Any]:
    """What follows from the terms, for the fields that this kind of body has."""
    agreed = {name: getattr(terms, name) for name in FROM_TERMS}
    known = {name: getattr(value, "value", value) for name, value in agreed.items() if name in kind.body.model_fields}
    if kind.due is not None and "due_on" in kind.body.model_fields:  # nobody pays a credit note
        known["due_on"] = terms.due_on(timezone.localdate()).isoformat()
    return known


def _with_lines(sheet: Sheet, data: QueryDict) -> Sheet:
    """The same form with more blank lines, for those without script."""
    grown = data.copy()
    name = data["add_line"]
    if name in sheet.forms.parts:
        count = _number(data.get(f"{name}-TOTAL_FORMS", "0"))
        grown[f"{name}-TOTAL_FORMS"] = str(count + (BLANK_LINES if name == "lines" else 1))
    return Sheet(
        sheet.kind,
        BodyForms(sheet.kind, data=grown, body=sheet.forms.before),
        sheet.recipients,
        sheet.seen,
        sheet.draft,
        sheet.source,
    )


def _chosen(request: DeskRequest) -> list[UUID]:
    return [party for party in map(id_of, request.POST.getlist("recipients")) if party]


def _send_key(key: str) -> str:
    """Of the same form as the draft's, yet another write; none where the form came without."""
    return f"{key[: KEY_LENGTH_MAX - 5]}-send" if key else ""


def _kind(code: str) -> Kind:
    if code not in KINDS:
        raise DocumentNotVisible
    return KINDS[code]


def _currency(values: Mapping[str, Any]) -> str:
    return str(values.get("currency") or "JPY")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
