"""Addresses of the documents of all services."""

from django.urls import path

from torihiki.exchange.pages import detail, edit, files, lists

urlpatterns = [
    path("", lists.box_page, {"box": "todo"}, name="home"),
    path("inbox", lists.box_page, {"box": "inbox"}, name="inbox"),
    path("outbox", lists.box_page, {"box": "outbox"}, name="outbox"),
    path("drafts", lists.box_page, {"box": "drafts"}, name="drafts"),
    path("search", lists.box_page, {"box": "search"}, name="search"),
    path("<str:box>.csv", lists.box_csv, name="documents-csv"),
    path("documents/kinds/<slug:kind>", lists.kind_page, name="documents"),
    path("documents/new/<slug:kind>", edit.new_document, name="document-new"),
    path("documents/new/<slug:kind>/sums", edit.compute_sums, name="document-sums"),
    path("documents/take-in/<slug:kind>", files.take_in_page, name="document-take-in"),
    path("documents/<uuid:document_id>", detail.document_page, name="document"),
    path("documents/<uuid:document_id>/edit", edit.edit_document, name="document-edit"),
    path("documents/<uuid:document_id>/send", detail.send_page, name="document-send"),
    path("documents/<uuid:document_id>/steps/<slug:name>", detail.step_page, name="document-step"),
    path("documents/<uuid:document_id>/draft/<slug:name>", detail.internal_step, name="document-internal"),
    path("documents/<uuid:document_id>/comments", detail.comment_page, name="document-comment"),
    path("documents/<uuid:document_id>/files", files.add_file, name="document-add-file"),
    path("documents/<uuid:document_id>/files/<uuid:file_id>", files.file_page, name="document-file"),
    path("documents/<uuid:document_id>/files/<uuid:file_id>/remove", files.drop_file, name="document-drop-file"),
    path("documents/<uuid:document_id>/pdf", files.document_pdf, name="document-pdf"),
    path("documents/<uuid:document_id>/json", files.document_json, name="document-json"),
    path("documents/<uuid:document_id>/as/<slug:code>", files.document_export, name="document-export"),
]
