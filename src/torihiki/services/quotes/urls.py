"""Addresses of the pages that requests for quotation have besides the kernel's."""

from django.urls import path

from torihiki.services.quotes import pages

urlpatterns = [
    path("documents/<uuid:document_id>/comparison", pages.comparison_page, name="quotes-comparison"),
    path("documents/<uuid:document_id>/award", pages.award_page, name="quotes-award"),
    path("documents/<uuid:document_id>/comparison.csv", pages.comparison_csv, name="quotes-comparison-csv"),
]
