from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "torihiki.tenancy"
    label = "tenancy"
