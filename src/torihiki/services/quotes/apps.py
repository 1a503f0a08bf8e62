from django.apps import AppConfig


class QuotesConfig(AppConfig):
    name = "torihiki.services.quotes"
    label = "quotes"
