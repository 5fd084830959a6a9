"""Addresses of the pharmacy's doors for programs."""

from django.urls import path

from . import dispenses, labels

urlpatterns = [
    path("pharmacy/dispenses/", dispenses.Dispenses.as_view(), name="api-dispenses"),
    path(
        "pharmacy/dispenses/<uuid:uid>/label.pdf",
        labels.Pdf.as_view(),
        name="api-dispense-label-pdf",
    ),
    path(
        "pharmacy/dispenses/<uuid:uid>/label.zpl",
        labels.Zpl.as_view(),
        name="api-dispense-label-zpl",
    ),
]
