"""Addresses of the operator's announcements, for members."""

from django.urls import path

from torihiki.announcements import pages

urlpatterns = [
    path("announcements", pages.announcements_page, name="announcements"),
    path("announcements/<uuid:announcement_id>", pages.announcement_page, name="announcement"),
    path("announcements/<uuid:announcement_id>/acknowledge", pages.acknowledge_page, name="announcement-acknowledge"),
]
