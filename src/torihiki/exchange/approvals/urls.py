"""Addresses of approvals and their routes."""

from django.urls import path

from torihiki.exchange.approvals import pages

urlpatterns = [
    path("approvals", pages.waiting_page, name="to-approve"),
    path("approvals/approve", pages.approve_many_page, name="approve-many"),
    path("company/approvals", pages.routes_page, name="approvals"),
    path("company/approvals/new", pages.new_route_page, name="new-route"),
    path("company/approvals/<uuid:route_id>", pages.route_page, name="route"),
    path("company/approvals/<uuid:route_id>/raise", pages.raise_route_page, name="raise-route"),
    path("company/approvals/<uuid:route_id>/switch", pages.switch_route_page, name="switch-route"),
]
