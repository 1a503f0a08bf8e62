from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "torihiki.web"
    label = "web"
