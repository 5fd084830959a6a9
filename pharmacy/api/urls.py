"""Addresses of the pharmacy's doors for programs."""

from django.urls import path

from . import dispenses, labels, orders, patients

urlpatterns = [
    path("pharmacy/orders/", orders.Orders.as_view(), name="api-orders"),
    path("pharmacy/orders/<uuid:uid>/", orders.OneOrder.as_view(), name="api-order"),
    path("pharmacy/allergies/", patients.Allergies.as_view(), name="api-allergies"),
    path("pharmacy/allergies/<uuid:uid>/", patients.OneAllergy.as_view(), name="api-allergy"),
    path("pharmacy/weights/", patients.Weights.as_view(), name="api-weights"),
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
