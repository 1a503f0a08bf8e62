"""One's own sign-in theme (clause 2-7): chosen here, put on this browser at once and on others at the next sign-in."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from torihiki.identity.access import access_own_account
from torihiki.identity.actions import choose_theme
from torihiki.identity.forms import ThemeForm
from torihiki.identity.pages.device import forget, put_theme, shown_alone
from torihiki.identity.theme.colours import COLOURS
from torihiki.identity.theme.device import THEMES, themes_kept
from torihiki.identity.theme.patterns import PATTERNS, Pattern, disc
from torihiki.identity.theme.themes import Theme, band
from torihiki.ledger.desk import DeskRequest, desk

HEIGHT, HEIGHT_OF_CHOICE = 88, 56
GROUND, INK = "#ffffff", "#4d4d4d"
"""In which the patterns to choose from are drawn."""
SPOTS = Pattern("", "", 28, 28, disc(14, 14, 4))
"""On which the colours to choose from are shown: the ground, and what is drawn on it."""


@dataclass(frozen=True)
class Choice:
    """A radio button with a picture."""

    code: str
    label: str
    picture: SafeString
    is_chosen: bool


@desk(None, methods=("GET", "POST"))
@shown_alone
def theme_page(request: DeskRequest) -> HttpResponse:
    """Posted without `do` the page shows what is chosen so far and saves nothing: its preview."""
    at, do = timezone.now(), request.POST.get("do", "")
    if do == "forget":
        response = redirect("theme")
        forget(request, response, THEMES)
        messages.success(request, _("This device shows no theme any more."))
        return response
    form = ThemeForm(request.POST or None)
    if do == "remove" or (do == "save" and form.is_valid()):
        choose_theme(request.actor, form.theme() if do == "save" else None, at=at)
        response = redirect("theme")
        put_theme(request, response, request.actor.account, at=at)
        messages.success(request, _("Saved. Other devices follow when you next sign in there."))
        return response
    theme = Theme.from_code(access_own_account(request.actor).sign_in_theme)
    here = THEMES.name(request.actor.account)
    kept = themes_kept(request.COOKIES, at=at)
    shown = form.theme() if form.is_bound and form.is_valid() else theme or first_theme()
    context = {
        "form": form,
        "theme": theme,
        "preview": shown,
        "band": shown.band(name="theme-preview-band", height=HEIGHT),
        "patterns": pattern_choices(shown),
        "colours": colour_choices(shown),
        "is_here": any(each.cookie == here and each.theme == theme for each in kept),
        "any_here": bool(kept),
    }
    return render(request, "identity/theme.html", context, status=422 if form.errors else 200)


def first_theme() -> Theme:
    """What the page begins with."""
    return Theme(next(iter(PATTERNS.values())), next(iter(COLOURS.values())))


def pattern_choices(shown: Theme) -> list[Choice]:
    return [
        Choice(
            pattern.code,
            str(pattern.label),
            band(pattern, GROUND, INK, name=f"pattern-{pattern.code}", height=HEIGHT_OF_CHOICE),
            pattern == shown.pattern,
        )
        for pattern in PATTERNS.values()
    ]


def colour_choices(shown: Theme) -> list[Choice]:
    return [
        Choice(
            colour.code,
            str(colour.label),
            band(SPOTS, colour.ground, colour.ink, name=f"colour-{colour.code}", height=HEIGHT_OF_CHOICE),
            colour == shown.colour,
        )
        for colour in COLOURS.values()
    ]
