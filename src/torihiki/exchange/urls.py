"""Addresses of the documents of all services."""

from django.urls import path

from torihiki.exchange.api import documents, imports, kinds, partners
from torihiki.exchange.api import files as api_files
from torihiki.exchange.pages import charging, detail, edit, files, lists
from torihiki.ledger.endpoints import address

urlpatterns = [
    address("kinds", kinds.list_kinds, name="api-kinds"),
    address("kinds/<str:kind>", kinds.get_kind, name="api-kind"),
    address("kinds/<str:kind>/take-in", api_files.take_in_file, name="api-take-in"),
    address("documents", documents.find_documents, documents.create_document, name="api-documents"),
    address(
        "documents/<uuid:document_id>",
        documents.get_document,
        documents.change_draft,
        documents.discard_document,
        name="api-document",
    ),
    address("documents/<uuid:document_id>/actions/<slug:name>", documents.act_on_document, name="api-action"),
    address(
        "documents/<uuid:document_id>/comments",
        documents.list_comments,
        documents.create_comment,
        name="api-comments",
    ),
    address("documents/<uuid:document_id>/files", api_files.list_files, api_files.create_file, name="api-files"),
    address(
        "documents/<uuid:document_id>/files/<uuid:file_id>",
        api_files.get_file,
        api_files.delete_file,
        name="api-file",
    ),
    address("documents/<uuid:document_id>/pdf", api_files.get_pdf, name="api-pdf"),
    address("documents/<uuid:document_id>/exports/<slug:code>", api_files.get_export, name="api-export"),
    address("documents/<uuid:document_id>/versions/<int:number>", api_files.get_version, name="api-version"),
    address("imports", imports.import_documents, name="api-imports"),
    address("partners", partners.find_partners, name="api-partners"),
    address("partners/<uuid:partner_id>", partners.get_partner, name="api-partner"),
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
    path("documents/<uuid:document_id>/charge", charging.charge_page, name="document-charge"),
    path("documents/<uuid:document_id>/unit", charging.unit_page, name="document-unit"),
    path("members/<uuid:member_id>/hand-over", charging.hand_over_page, name="hand-over"),
    path("handovers/<uuid:handover_id>/undo", charging.hand_back_page, name="hand-back"),
    path("documents/<uuid:document_id>/comments", detail.comment_page, name="document-comment"),
    path("documents/<uuid:document_id>/files", files.add_file, name="document-add-file"),
    path("documents/<uuid:document_id>/files/<uuid:file_id>", files.file_page, name="document-file"),
    path("documents/<uuid:document_id>/files/<uuid:file_id>/remove", files.drop_file, name="document-drop-file"),
    path("documents/<uuid:document_id>/pdf", files.document_pdf, name="document-pdf"),
    path("documents/<uuid:document_id>/json", files.document_json, name="document-json"),
    path("documents/<uuid:document_id>/as/<slug:code>", files.document_export, name="document-export"),
]
