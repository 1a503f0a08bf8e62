from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules, import_string


class ExchangeConfig(AppConfig):
    name = "torihiki.exchange"
    label = "exchange"

    def ready(self) -> None:
        autodiscover_modules("spec")
        import_string("torihiki.exchange.specs.check_kinds")()
        # By name: models and pages can be imported only now.
        import_string("torihiki.exchange.navigation.register_kinds")()
        import_string("torihiki.exchange.specs.register_services")()
