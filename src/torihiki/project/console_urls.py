"""URL table of the operator's plane: the console, and nothing of the portal."""

from django.urls import include, path

from torihiki.ledger.urls import AUDIT

urlpatterns = [
    path("", include("torihiki.operations.urls")),
    path("", include(AUDIT)),
]
handler400 = "torihiki.web.errors.bad_request"
handler403 = "torihiki.web.errors.permission_denied"
handler404 = "torihiki.web.errors.page_not_found"
handler500 = "torihiki.web.errors.server_error"
