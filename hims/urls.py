"""Which door leads where."""

from django.urls import include, path

urlpatterns = [
    path("", include("hims.web.urls")),
    path("", include("inventory.web.urls")),
    path("", include("tracking.web.urls")),
    path("", include("pharmacy.web.order_urls")),
    path("", include("pharmacy.web.trace_urls")),
    path("api/", include("hims.api.urls")),
]

handler404 = "hims.web.errors.not_found"
handler403 = "hims.web.errors.forbidden"
handler400 = "hims.web.errors.bad_request"
handler500 = "hims.web.errors.broken"
