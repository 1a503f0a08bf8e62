"""The address of a deal."""

from django.urls import path

from torihiki.services.trade import pages

urlpatterns = [path("documents/<uuid:document_id>/deal", pages.deal_page, name="deal")]
