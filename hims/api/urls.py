"""Addresses of the API, of every floor (roof). Readings and events are served before Django:
see hims.asgi."""

from django.urls import include, path

from pharmacy.api.lots import LotTrace

from . import alerts
from .confirmations import Confirmations, OneConfirmation
from .docs import Docs, Schema
from .patients import OnePatient, PatientList
from .photos import Photos
from .scans import Scans

urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
    path("confirmations/", Confirmations.as_view(), name="api-confirmations"),
    path("confirmations/<uuid:uid>/", OneConfirmation.as_view(), name="api-confirmation"),
    path("alerts/", alerts.Alerts.as_view(), name="api-alerts"),
    path("alerts/<uuid:uid>/acknowledge/", alerts.Acknowledge.as_view(), name="api-acknowledge"),
    path("alerts/<uuid:uid>/assign/", alerts.Assign.as_view(), name="api-assign-alert"),
    path("alerts/<uuid:uid>/snooze/", alerts.Snooze.as_view(), name="api-snooze-alert"),
    path("alerts/<uuid:uid>/resolve/", alerts.Resolve.as_view(), name="api-resolve-alert"),
    path("patients/", PatientList.as_view(), name="api-patients"),
    path("patients/<uuid:uid>/", OnePatient.as_view(), name="api-patient"),
    path("scans/", Scans.as_view(), name="api-scans"),
    path("scans/image/", Photos.as_view(), name="api-photos"),
    path("flow/", include("hims.api.flow_urls")),
    path("reports/", include("hims.api.report_urls")),
    path("", include("inventory.api.urls")),
    path("", include("inventory.api.lot_urls")),
    path("", include("tracking.api.urls")),
    path("", include("pharmacy.api.urls")),
    path("stock/lots/<uuid:uid>/trace/", LotTrace.as_view(), name="api-lot-trace"),
]
