from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    """The kit of pages. Each installed package may declare its places in the portal in a module `navigation`."""

    name = "torihiki.web"
    label = "web"

    def ready(self) -> None:
        autodiscover_modules("navigation")
