"""`{% theme_here %}`: the sign-in themes of this device, or that it has none."""

from typing import Any

from django import template
from django.utils import timezone

from torihiki.identity.theme.device import themes_kept

register = template.Library()
HEIGHT, HEIGHT_OF_FURTHER = 88, 44


@register.inclusion_tag("identity/theme_here.html", takes_context=True)
def theme_here(context: template.RequestContext) -> dict[str, Any]:
    """By the device's cookies alone, whoever is or was to be signed in, and only in a page of its own window: whatever
    else a browser fetches this for (a frame, an image, a script) says so in `Sec-Fetch-Dest`, and shows nothing."""
    request = context["request"]
    if request.headers.get("Sec-Fetch-Dest", "document") != "document":
        return {"bands": []}
    kept = themes_kept(request.COOKIES, at=timezone.now())
    themes = list(dict.fromkeys(each.theme for each in kept))
    return {
        "bands": [
            (theme.label, theme.band(name=f"theme-{number}", height=HEIGHT_OF_FURTHER if number else HEIGHT))
            for number, theme in enumerate(themes)
        ]
    }
