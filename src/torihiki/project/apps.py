from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "torihiki.project"
    label = "project"
