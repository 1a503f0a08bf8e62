from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The kit of the API."""

    name = "torihiki.api"
    label = "api"
