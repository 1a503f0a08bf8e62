"""Addresses of the audit log."""

from django.urls import path

from torihiki.ledger import pages

urlpatterns = [
    path("audit", pages.audit_page, name="audit"),
    path("audit/export.csv", pages.csv_page, name="audit-csv"),
    path("audit/export.jsonl", pages.lines_page, name="audit-lines"),
    path("audit/<uuid:entry_id>", pages.entry_page, name="audit-entry"),
]
