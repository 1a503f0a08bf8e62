"""The administrator's pages about how members sign in: what holds, a form per topic, and its history."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from torihiki.identity.actions.policies import change_policy, check_policy, consequences
from torihiki.identity.forms import policy_form
from torihiki.identity.models import PolicyVersion
from torihiki.identity.pages.proving import recently_proved
from torihiki.identity.permissions import MANAGE_COMPANY
from torihiki.identity.policies import POLICIES, Policy, rules_of
from torihiki.ledger.desk import DeskRequest, desk
from torihiki.ledger.refusals import Refused
from torihiki.web.parts import Fact

HISTORY_SHOWN_MAX = 100


@desk(MANAGE_COMPANY)
def security_page(request: DeskRequest) -> HttpResponse:
    company = request.actor.company
    rules = rules_of([company])
    topics = [(policy, facts_of(rules.of(company, policy))) for policy in POLICIES.values()]
    return render(request, "identity/security.html", {"topics": topics})


@desk(MANAGE_COMPANY, methods=("GET", "POST"))
@recently_proved
def security_topic_page(request: DeskRequest, topic: str) -> HttpResponse:
    policy_class = _policy(topic)
    company, at = request.actor.company, timezone.now()
    rules = rules_of([company])
    present = rules.of(company, policy_class)
    form_class = policy_form(policy_class)
    form = form_class(
        request.POST or None, initial={**form_class.initial_of(present), "seen": rules.number(company, policy_class)}
    )
    context = {"form": form, "policy": policy_class, "address": request.address, "consequences": []}
    if request.method == "POST" and form.is_valid():
        wanted = form.policy()
        try:
            check_policy(wanted)
            found = consequences(request.actor, wanted, at=at, address=request.address)
            if found and not request.POST.get("confirmed"):
                return render(request, "identity/security_topic.html", {**context, "consequences": found})
            change_policy(
                request.actor,
                wanted,
                seen=form.cleaned_data["seen"],
                at=at,
                address=request.address,
                confirmed=bool(request.POST.get("confirmed")),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
        else:
            messages.success(request, _("Saved. It holds from everybody's next request."))
            return redirect("security")
    return render(request, "identity/security_topic.html", context, status=422 if request.method == "POST" else 200)


@desk(MANAGE_COMPANY)
def security_history_page(request: DeskRequest, topic: str) -> HttpResponse:
    policy_class = _policy(topic)
    versions = list(
        PolicyVersion.objects.filter(company_id=request.actor.company, topic=topic).order_by("-number")[
            : HISTORY_SHOWN_MAX + 1
        ]
    )
    formers = [policy_class.from_values(version.values) for version in versions[1:]] + [policy_class()]
    shown = [
        (version, differences(former, policy_class.from_values(version.values)))
        for version, former in zip(versions, formers, strict=False)
    ][:HISTORY_SHOWN_MAX]
    return render(request, "identity/security_history.html", {"policy": policy_class, "versions": shown})


def facts_of(policy: Policy) -> list[Fact]:
    """What a policy decides; an option that decides nothing as the others stand is left out."""
    return [
        Fact(option.label, option.show(getattr(policy, name)))
        for name, option in policy.options().items()
        if option.only_with is None or getattr(policy, option.only_with[0]) == option.only_with[1]
    ]


def differences(former: Policy, policy: Policy) -> list[tuple[object, str, str]]:
    """(label, before, after) of each option that changed."""
    options = policy.options()
    return [
        (options[name].label, options[name].show(before), options[name].show(after))
        for name, (before, after) in policy.changes(former).items()
    ]


def _policy(topic: str) -> type[Policy]:
    if topic not in POLICIES:
        raise Http404
    return POLICIES[topic]
