from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "torihiki.services.payments"
    label = "payments"
