"""What the pages say in either language: the same catalogs that the platform reads, keyed by the English words."""

import gettext
from functools import cache

from tests.journeys.platform import ROOT

LOCALE = ROOT / "src" / "torihiki" / "locale"


class Words:
    """`say("Send")` is what the button says in the language of the page."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalog = _catalog(language)

    def __call__(self, words: str, *, about: str = "", **values: object) -> str:
        """`about` is what the same English word is said about, where other languages differ: `invoice`, `quote`."""
        said = self._catalog.pgettext(about, words) if about else words
        said = said if said != words else self._catalog.gettext(words)
        return said % values if values else said


@cache
def _catalog(language: str) -> gettext.NullTranslations:
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation("django", LOCALE, [language], fallback=not is_translated(language))


def is_translated(language: str) -> bool:
    return language == "en" or (LOCALE / language / "LC_MESSAGES" / "django.po").exists()
