"""URL table of the public plane. The operator's console has a table of its own; nothing here leads there."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("torihiki.identity.urls")),
    path("", include("torihiki.identity.sso.urls")),
    path("", include("torihiki.ledger.urls")),
    path("", include("torihiki.announcements.urls")),
    path("", include("torihiki.exchange.partners.urls")),
    path("", include("torihiki.exchange.approvals.urls")),
    path("", include("torihiki.exchange.webhooks.urls")),
    path("", include("torihiki.exchange.urls")),
    *(path("", include(f"{service}.urls")) for service in settings.SERVICES if find_spec(f"{service}.urls")),
]
handler400 = "torihiki.web.errors.bad_request"
handler403 = "torihiki.web.errors.permission_denied"
handler404 = "torihiki.web.errors.page_not_found"
handler500 = "torihiki.web.errors.server_error"
