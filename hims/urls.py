"""Which door leads where."""

from django.urls import include, path

from hims.demonstration.page import things_to_try

urlpatterns = [
    path("", include("hims.web.urls")),
    path("flow/", include("hims.web.board_urls")),
    path("", include("hims.web.room_urls")),
    path("", include("inventory.web.urls")),
    path("", include("tracking.web.urls")),
    path("", include("pharmacy.web.order_urls")),
    path("", include("pharmacy.web.trace_urls")),
    path("", include("pharmacy.web.counter_urls")),
    path("try/", things_to_try, name="things-to-try"),
    path("api/", include("hims.api.urls")),
]

handler404 = "hims.web.errors.not_found"
handler403 = "hims.web.errors.forbidden"
handler400 = "hims.web.errors.bad_request"
handler500 = "hims.web.errors.broken"
