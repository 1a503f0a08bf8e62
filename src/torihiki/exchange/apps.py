from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "torihiki.exchange"
    label = "exchange"
