"""Addresses of payments."""

from django.urls import path

from torihiki.services.payments.pages import accounts, receipts, transfers

urlpatterns = [
    path("payments", transfers.payables_page, name="payments"),
    path("payments/transfers", transfers.runs_page, name="payment-runs"),
    path("payments/transfers/<uuid:run_id>", transfers.run_page, name="payment-run"),
    path("payments/transfers/<uuid:run_id>/release", transfers.release_run_page, name="release-run"),
    path("payments/transfers/<uuid:run_id>/file", transfers.run_file, name="run-file"),
    path("payments/transfers/<uuid:run_id>/executed", transfers.execute_run_page, name="execute-run"),
    path("payments/transfers/<uuid:run_id>/cancel", transfers.cancel_run_page, name="cancel-run"),
    path("payments/transfers/<uuid:run_id>/failed", transfers.fail_transfer_page, name="fail-transfer"),
    path("payments/accounts", accounts.accounts_page, name="bank-accounts"),
    path("payments/accounts/new", accounts.new_account_page, name="new-bank-account"),
    path("payments/accounts/<uuid:account_id>/confirm", accounts.confirm_account_page, name="confirm-bank-account"),
    path("payments/accounts/<uuid:account_id>/stop", accounts.stop_account_page, name="stop-bank-account"),
    path("payments/receipts", receipts.receipts_page, name="receipts"),
    path("payments/receipts/<uuid:receipt_id>", receipts.receipt_page, name="receipt"),
    path("payments/receipts/<uuid:receipt_id>/undo", receipts.undo_match_page, name="undo-match"),
    path("payments/statements/<uuid:statement_id>/take-back", receipts.take_back_page, name="take-back-statement"),
    path("payments/open", receipts.open_page, name="open-items"),
    path("payments/open/<uuid:document_id>/write-off", receipts.write_off_page, name="write-off"),
    path("payments/ageing", receipts.ageing_page, name="ageing"),
    path("payments/ageing.csv", receipts.ageing_csv, name="ageing-csv"),
]
