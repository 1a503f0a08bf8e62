"""Addresses of the audit log, and of what describes the API."""

from django.urls import path

from torihiki.ledger import pages, reference

AUDIT = [
    path("audit", pages.audit_page, name="audit"),
    path("audit/export.csv", pages.csv_page, name="audit-csv"),
    path("audit/export.jsonl", pages.lines_page, name="audit-lines"),
    path("audit/<uuid:entry_id>", pages.entry_page, name="audit-entry"),
]
"""Of both planes: a company's own log, and the operator's."""

urlpatterns = [
    path("api/v1/openapi.json", reference.openapi, name="api-openapi"),
    path("developers/api", reference.reference_page, name="api-reference"),
    *AUDIT,
]
