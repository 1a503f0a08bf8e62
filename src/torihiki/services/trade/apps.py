from django.apps import AppConfig


class TradeConfig(AppConfig):
    name = "torihiki.services.trade"
    label = "trade"
