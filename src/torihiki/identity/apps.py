from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class IdentityConfig(AppConfig):
    """Packages above may complete a founding (`founding.py`) and write letters (`letters.py`)."""

    name = "torihiki.identity"
    label = "identity"

    def ready(self) -> None:
        autodiscover_modules("founding")
        autodiscover_modules("letters")
