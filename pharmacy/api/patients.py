"""Programs record what must be known of a patient: allergies and weights."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.api.base import ApiDoor, paged, valid
from hims.errors import Finding, Invalid
from hims.models import Patient
from pharmacy.actions import allergies as actions
from pharmacy.domain.doses import plain
from pharmacy.models import Allergy, AllergyStatement, Weight

from . import order_shapes as shapes
from .named import ingredient_named, patient_named

OF_PATIENT = [
    OpenApiParameter("patient", str, required=True, description="Id, wristband code or number."),
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", int),
]


class Allergies(ApiDoor):
    """The allergies of a patient; and to record one, or that none is known."""

    permissions = {"GET": "orders.view", "POST": "allergy.change"}

    @extend_schema(parameters=OF_PATIENT, responses=shapes.AllergyPage)
    def get(self, request):
        patient = _looked_at(request)
        found = Allergy.objects.filter(patient=patient).select_related("patient", "ingredient")
        return Response(paged(request, visible_to(request.user, found), _allergy))

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
    """The weights of a patient, newest first; and to record one."""

    permissions = {"GET": "orders.view", "POST": "weight.record"}

    @extend_schema(parameters=OF_PATIENT, responses=shapes.WeightPage)
    def get(self, request):
        found = Weight.objects.filter(patient=_looked_at(request)).select_related("patient")
        return Response(paged(request, visible_to(request.user, found), _weight))

    @extend_schema(request=shapes.WeightBody, responses={201: shapes.WeightShape})
    def post(self, request):
        asked = valid(shapes.WeightBody, request.data)
        asked["patient"] = patient_named(request, asked["patient"])
        return self.act(actions.record_weight, word=_weight, **asked)


def _looked_at(request) -> Patient:
    """The patient who is asked for; the look is kept."""
    text = request.query_params.get("patient", "")[:120]
    if not text:
        raise Invalid(Finding("no_patient", "Say of which patient.", field="patient"))
    patient = patient_named(request, text)
    look(viewer=request.user, now=timezone.now(), what="patient.look", things=[patient])
    return patient


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
