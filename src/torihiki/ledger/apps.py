from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "torihiki.ledger"
    label = "ledger"
