from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "torihiki.services.invoices"
    label = "invoices"
