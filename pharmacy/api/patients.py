"""Programs record what must be known of a patient: allergies and weights."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.api.base import ApiDoor, paged, valid
from hims.errors import Finding, Invalid
from pharmacy.actions import allergies as actions
from pharmacy.domain.doses import plain
from pharmacy.models import Allergy, AllergyStatement, Weight

from . import order_shapes as shapes
from .named import ingredient_named, patient_named

OF_PATIENT = [
    OpenApiParameter("patient", str, description="Id, wristband code or number; else all."),
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", int),
]


class Allergies(ApiDoor):
    """The allergies of the caller's patients; and to record one, or that none is known."""

    permissions = {"GET": "orders.view", "POST": "allergy.change"}

    @extend_schema(parameters=OF_PATIENT, responses=shapes.AllergyPage)
    def get(self, request):
        return Response(
            _page(request, Allergy.objects.select_related("patient", "ingredient"), _allergy)
        )

    @extend_schema(request=shapes.AllergyBody, responses={201: shapes.AllergyShape})
    def post(self, request):
        asked = valid(shapes.AllergyBody, request.data)
        asked["patient"] = patient_named(request, asked["patient"])
        if asked.pop("none_known", False):
            if set(asked) - {"patient"}:
                words = "Record an allergy, or that none is known; not both."
                raise Invalid(Finding("two_things", words, field="none_known"))
            return self.act(actions.state_none_known, word=_statement, **asked)
        if "ingredient" in asked:
            asked["ingredient"] = ingredient_named(request, asked["ingredient"])
        return self.act(actions.record_allergy, word=_allergy, **asked)


class OneAllergy(ApiDoor):
    """To refute an allergy, with a reason; the record stays."""

    permissions = {"PATCH": "allergy.change"}

    @extend_schema(request=shapes.AllergyChange, responses=shapes.AllergyShape)
    def patch(self, request, uid):
        rows = Allergy.objects.select_related("patient", "ingredient")
        allergy = the_one(request.user, rows, uid=uid)
        asked = valid(shapes.AllergyChange, request.data)
        return self.act(
            actions.refute_allergy,
            word=_allergy,
            status=200,
            allergy=allergy,
            reason=asked["reason"],
        )


class Weights(ApiDoor):
    """The weights of the caller's patients, newest first; and to record one."""

    permissions = {"GET": "orders.view", "POST": "weight.record"}

    @extend_schema(parameters=OF_PATIENT, responses=shapes.WeightPage)
    def get(self, request):
        return Response(_page(request, Weight.objects.select_related("patient"), _weight))

    @extend_schema(request=shapes.WeightBody, responses={201: shapes.WeightShape})
    def post(self, request):
        asked = valid(shapes.WeightBody, request.data)
        asked["patient"] = patient_named(request, asked["patient"])
        return self.act(actions.record_weight, word=_weight, **asked)


def _page(request, rows: QuerySet, word: Callable[[Any], dict]) -> dict:
    """The rows of the patient who is asked for, or of all the caller's; the look is kept."""
    rows = visible_to(request.user, rows)
    if text := request.query_params.get("patient", "")[:120]:
        rows = rows.filter(patient=patient_named(request, text))
    page = paged(request, rows, lambda row: row)
    found, page["results"] = page["results"], [word(row) for row in page["results"]]
    if seen := list(dict.fromkeys(row.patient for row in found)):
        look(viewer=request.user, now=timezone.now(), what="patient.look", things=seen)
    return page


def _allergy(allergy: Allergy) -> dict:
    ingredient = allergy.ingredient
    return {
        "id": str(allergy.uid),
        "patient": str(allergy.patient.uid),
        "ingredient": ingredient and {"id": str(ingredient.uid), "name": ingredient.name},
        "allergy_class": allergy.allergy_class,
        "text": allergy.text,
        "reaction": allergy.reaction,
        "severity": allergy.severity,
        "status": allergy.status,
        "recorded_at": allergy.recorded_at.isoformat(),
    }


def _statement(stated: AllergyStatement) -> dict:
    return {
        "patient": str(stated.patient.uid),
        "none_known": stated.none_known,
        "recorded_at": stated.at.isoformat(),
    }


def _weight(weight: Weight) -> dict:
    return {
        "id": str(weight.uid),
        "patient": str(weight.patient.uid),
        "kg": plain(weight.kg),
        "measured_at": weight.measured_at.isoformat(),
    }
