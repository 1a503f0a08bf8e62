from django.apps import AppConfig


class SsoConfig(AppConfig):
    name = "torihiki.identity.sso"
    label = "sso"
