from django.apps import AppConfig


class OrderingConfig(AppConfig):
    name = "torihiki.services.ordering"
    label = "ordering"
