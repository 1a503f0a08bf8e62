from django.apps import AppConfig


class AnnouncementsConfig(AppConfig):
    """What the operator tells every company. Written in the console, two floors up; read here."""

    name = "torihiki.announcements"
    label = "announcements"
