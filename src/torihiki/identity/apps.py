from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "torihiki.identity"
    label = "identity"
