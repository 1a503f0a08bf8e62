"""Members as a file: written, and taken in after a preview that says what each line does (clause 2-4-1)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity import roster
from torihiki.identity.actions.roster import export_roster, import_roster, preview_roster
from torihiki.identity.permissions import MANAGE_MEMBERS
from torihiki.identity.refusals import RosterUnfit
from torihiki.ledger.desk import DeskRequest, desk

DIGEST_LENGTH_MAX = 64


@desk(MANAGE_MEMBERS)
def members_csv(request: DeskRequest) -> HttpResponse:
    encoding = request.GET.get("encoding", "utf-8")
    encoding = encoding if encoding in roster.ENCODINGS else "utf-8"
    content = export_roster(request.actor, encoding=encoding, at=timezone.now())
    charset = {"utf-8": "utf-8", "cp932": "shift_jis"}[encoding]
    return HttpResponse(
        content,
        content_type=f"text/csv; charset={charset}",
        headers={
            "Content-Disposition": f'attachment; filename="members-{timezone.localdate():%Y-%m-%d}.csv"',
            "Cache-Control": "no-store",
        },
    )


@desk(MANAGE_MEMBERS, methods=("GET", "POST"))
def import_members_page(request: DeskRequest) -> HttpResponse:
    """Two posts: the file, answered by its preview; and the preview's text, carried out if it does the same."""
    context: dict[str, object] = {"columns": roster.COLUMNS.values(), "rows_max": roster.ROWS_MAX}
    if request.method != "POST":
        return render(request, "identity/import_members.html", context)
    seen = request.POST.get("seen", "")[:DIGEST_LENGTH_MAX]
    try:
        text, lines = roster.read(request.actor, _content(request))
        if seen:
            result, is_done = import_roster(request.actor, lines, seen=seen, at=timezone.now())
            if is_done:
                messages.success(request, _("Taken in: %(count)d members.") % {"count": result.changes})
                return redirect("members")
            context["is_stale"] = not result.refused
        else:
            result = preview_roster(request.actor, lines, at=timezone.now())
    except RosterUnfit as refusal:
        return render(request, "identity/import_members.html", {**context, "refusal": refusal}, status=422)
    context |= {"result": result, "text": text}
    status = 422 if result.refused or context.get("is_stale") else 200
    return render(request, "identity/import_members.html", context, status=status)


def _content(request: DeskRequest) -> bytes:
    """Of the file, or of the text that the preview showed."""
    if text := request.POST.get("text", ""):
        return text[: roster.BYTES_MAX + 1].encode()
    upload = request.FILES.get("file")
    if upload is None:
        raise RosterUnfit(_("Choose a file first."))
    return bytes(upload.read(roster.BYTES_MAX + 1))
