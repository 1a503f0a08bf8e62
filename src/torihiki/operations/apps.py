from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """The operator's side: staff and the console's pages, served by a process of their own (design 1)."""

    name = "torihiki.operations"
    label = "operations"
