"""The two planes: what differs between the process that serves companies and the one that serves the operator.

Browsers do not tell the ports of one host apart, so that each plane has cookies of its own names, signed by a key of
its own.
"""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True)
class Plane:
    """`urls` and `sessions` are names of modules and classes; `signing_key` is a file's name in the home's keys."""

    name: str
    urls: str
    sessions: str
    cookies: str  # what the names of its cookies begin with
    messages: str
    signing_key: str
    frames: str  # X-Frame-Options
    problems: tuple[str, ...] = ()  # middleware that answers for programs
    eyes: tuple[str, ...] = ()  # middleware by which somebody sees as another

    def settings(self) -> dict[str, Any]:
        """Those settings that differ between the planes."""
        return {
            "PLANE": self.name,
            "ROOT_URLCONF": self.urls,
            "MIDDLEWARE": self.middleware(),
            "MESSAGE_STORAGE": self.messages,
            "SESSION_COOKIE_NAME": f"{self.cookies}session",
            "CSRF_COOKIE_NAME": f"{self.cookies}csrf",
            "LANGUAGE_COOKIE_NAME": f"{self.cookies}language",
            "X_FRAME_OPTIONS": self.frames,
        }

    def middleware(self) -> list[str]:
        return [
            "django.middleware.security.SecurityMiddleware",
            *self.problems,
            "csp.middleware.CSPMiddleware",
            "torihiki.web.limits.RequestLimit",
            self.sessions,
            "django.middleware.locale.LocaleMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *self.eyes,
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
            "torihiki.web.errors.ErrorPages",
        ]


PUBLIC = Plane(
    name="public",
    urls="torihiki.project.urls",
    sessions="torihiki.identity.sessions.SessionMiddleware",
    cookies="__Host-",
    messages="django.contrib.messages.storage.cookie.CookieStorage",
    signing_key="session-signing.key",
    frames="SAMEORIGIN",  # the detail page shows its own PDF in a frame
    problems=("torihiki.api.errors.ApiProblems",),
    eyes=("torihiki.identity.seeing.SeeingMiddleware",),
)
CONSOLE = Plane(
    name="console",
    urls="torihiki.project.console_urls",
    sessions="torihiki.operations.sessions.StaffSessionMiddleware",
    cookies="__Host-console-",
    messages="torihiki.operations.messages.ConsoleMessages",
    signing_key="console-signing.key",
    frames="DENY",
)


def plane_named(name: str) -> Plane:
    """Raises ImproperlyConfigured for a name that is none."""
    for plane in (PUBLIC, CONSOLE):
        if plane.name == name:
            return plane
    raise ImproperlyConfigured(f"TORIHIKI_PLANE is {name!r}; it must be public or console.")
