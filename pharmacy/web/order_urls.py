"""Addresses of prescriptions, of what must be known of a patient, and of what the checks know."""

from django.urls import path

from . import formulary, knowledge, orders, patient, prescribing, scores

urlpatterns = [
    path("pharmacy/orders/", orders.list_orders, name="orders"),
    path("pharmacy/orders/new/", orders.begin, name="prescribe-for"),
    path("pharmacy/orders/<uuid:uid>/", orders.order, name="order"),
    path("pharmacy/orders/<uuid:uid>/change/", orders.change, name="change-order"),
    path("pharmacy/orders/<uuid:uid>/check/", orders.check_change, name="check-change"),
    path("pharmacy/orders/<uuid:uid>/status/", orders.set_status, name="order-status"),
    path("pharmacy/orders/<uuid:uid>/sign/", orders.sign, name="sign-order"),
    path("pharmacy/medicine-names/", prescribing.medicine_names, name="medicine-names"),
    path("pharmacy/patients/<uuid:uid>/", patient.panel, name="patient-medicines"),
    path("pharmacy/patients/<uuid:uid>/prescribe/", prescribing.prescribe, name="prescribe"),
    path(
        "pharmacy/patients/<uuid:uid>/prescribe/check/",
        prescribing.check_new,
        name="check-prescription",
    ),
    path("pharmacy/patients/<uuid:uid>/record/", patient.record, name="patient-record"),
    path("pharmacy/patients/<uuid:uid>/allergy/", patient.add_allergy, name="add-allergy"),
    path("pharmacy/patients/<uuid:uid>/no-allergies/", patient.none_known, name="no-allergies"),
    path("pharmacy/patients/<uuid:uid>/weight/", patient.add_weight, name="add-weight"),
    path("pharmacy/allergies/<uuid:uid>/refute/", patient.refute, name="refute-allergy"),
    path("pharmacy/scores/", scores.rule_scores, name="rule-scores"),
    path("pharmacy/knowledge/", knowledge.knowledge, name="knowledge"),
    path("pharmacy/knowledge/limits/new/", knowledge.add_limit, name="add-limit"),
    path("pharmacy/limits/<uuid:uid>/", knowledge.limit, name="limit"),
    path("pharmacy/limits/<uuid:uid>/withdraw/", knowledge.withdraw, name="withdraw-limit"),
    path("pharmacy/formulary/", formulary.formulary, name="formulary"),
    path("pharmacy/medicines/<uuid:uid>/", formulary.medicine, name="medicine"),
    path("pharmacy/ingredients/new/", formulary.add_ingredient, name="add-ingredient"),
    path("pharmacy/ingredients/<uuid:uid>/", formulary.ingredient, name="ingredient"),
]
