"""Addresses of the own company's webhooks."""

from django.urls import path

from torihiki.exchange.webhooks import pages

urlpatterns = [
    path("webhooks", pages.webhooks_page, name="webhooks"),
    path("webhooks/new", pages.new_webhook_page, name="new-webhook"),
    path("webhooks/<uuid:endpoint_id>", pages.webhook_page, name="webhook"),
    path("webhooks/<uuid:endpoint_id>/edit", pages.edit_webhook_page, name="edit-webhook"),
    path("webhooks/<uuid:endpoint_id>/secret", pages.rotate_page, name="rotate-webhook"),
    path("webhooks/<uuid:endpoint_id>/stop", pages.stop_page, name="stop-webhook"),
    path("webhooks/<uuid:endpoint_id>/start", pages.start_page, name="start-webhook"),
    path("webhooks/<uuid:endpoint_id>/delete", pages.remove_page, name="remove-webhook"),
    path("webhooks/<uuid:endpoint_id>/test", pages.test_page, name="test-webhook"),
    path("webhooks/<uuid:endpoint_id>/replay", pages.replay_failed_page, name="replay-webhook"),
    path("webhooks/messages/<uuid:delivery_id>", pages.delivery_page, name="webhook-message"),
    path("webhooks/messages/<uuid:delivery_id>/replay", pages.replay_page, name="replay-webhook-message"),
]
