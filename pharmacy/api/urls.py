"""Addresses of the pharmacy's doors for programs."""

from django.urls import path

from . import dispenses, labels, orders, patients, supplies

urlpatterns = [
    path("pharmacy/orders/", orders.Orders.as_view(), name="api-orders"),
    path("pharmacy/orders/<uuid:uid>/", orders.OneOrder.as_view(), name="api-order"),
    path("pharmacy/allergies/", patients.Allergies.as_view(), name="api-allergies"),
    path("pharmacy/allergies/<uuid:uid>/", patients.OneAllergy.as_view(), name="api-allergy"),
    path("pharmacy/weights/", patients.Weights.as_view(), name="api-weights"),
    path("pharmacy/dispenses/", dispenses.Dispenses.as_view(), name="api-dispenses"),
    path("pharmacy/dispenses/confirmations/", supplies.Ask.as_view(), name="api-dispense-ask"),
    path("pharmacy/dispenses/<uuid:uid>/", dispenses.OneDispense.as_view(), name="api-dispense"),
    path("pharmacy/dispenses/<uuid:uid>/claim/", supplies.Claim.as_view(), name="api-claim"),
    path("pharmacy/dispenses/<uuid:uid>/let-go/", supplies.LetGo.as_view(), name="api-let-go"),
    path("pharmacy/dispenses/<uuid:uid>/verify/", supplies.Verify.as_view(), name="api-verify"),
    path("pharmacy/dispenses/<uuid:uid>/hold/", supplies.Hold.as_view(), name="api-hold"),
    path("pharmacy/dispenses/<uuid:uid>/drop/", supplies.Drop.as_view(), name="api-drop"),
    path("pharmacy/dispenses/<uuid:uid>/picks/", supplies.Picks.as_view(), name="api-picks"),
    path(
        "pharmacy/dispenses/<uuid:uid>/hand-over/",
        supplies.HandOver.as_view(),
        name="api-hand-over",
    ),
    path("pharmacy/dispenses/<uuid:uid>/returns/", supplies.Returns.as_view(), name="api-returns"),
    path(
        "pharmacy/dispenses/<uuid:uid>/returns/confirmations/",
        supplies.AskToWaste.as_view(),
        name="api-returns-ask",
    ),
    path(
        "pharmacy/emergency-supplies/",
        supplies.EmergencySupplies.as_view(),
        name="api-emergency-supplies",
    ),
    path("pharmacy/clarifications/", supplies.Clarifications.as_view(), name="api-clarifications"),
    path(
        "pharmacy/clarifications/<uuid:uid>/answer/",
        supplies.Answer.as_view(),
        name="api-answer",
    ),
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
