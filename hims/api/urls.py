"""Addresses of the API, of every floor (roof). Readings and events are served before Django:
see hims.asgi."""

from django.urls import include, path

from .docs import Docs, Schema
from .scans import Scans

urlpatterns = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(url_name="schema"), name="docs"),
    path("scans/", Scans.as_view(), name="api-scans"),
    path("", include("tracking.api.urls")),
]
