"""Programs ask for patients and register them; each look and each search is kept in the trail."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.actions.registration import register_patient
from hims.api.base import ApiDoor, paged, valid
from hims.models import Department, Patient
from hims.queries.patients import Hit, search


class IdentifierBody(serializers.Serializer):
    system = serializers.CharField(max_length=80)
    value = serializers.CharField(max_length=80)


class PatientBody(serializers.Serializer):
    family = serializers.CharField(max_length=120)
    given = serializers.CharField(max_length=120, required=False, allow_blank=True)
    birth_date = serializers.DateField(required=False, allow_null=True)
    sex = serializers.ChoiceField(choices=Patient.Sex.choices, required=False)
    mrn = serializers.CharField(max_length=40, required=False, allow_blank=True)
    identifiers = IdentifierBody(many=True, required=False, max_length=20)
    department = serializers.CharField(
        max_length=40, required=False, help_text="Code of the department they arrived in just now."
    )
    complaint = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PatientShape(serializers.Serializer):
    id = serializers.UUIDField()
    mrn = serializers.CharField()
    family = serializers.CharField()
    given = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    birth_estimated = serializers.BooleanField()
    sex = serializers.CharField()
    identified = serializers.BooleanField()
    opens = serializers.BooleanField(help_text="Whether you may open the record now.")
    earlier = serializers.CharField(
        required=False, help_text="The number it was found by, if that is not the one it has now."
    )


class PatientPage(serializers.Serializer):
    results = PatientShape(many=True)
    next = serializers.URLField(allow_null=True)


class PatientList(ApiDoor):
    """One's own patients; with `q` the nearest of all, for those who may search."""

    permissions = {"GET": "patients.view", "POST": "patient.register"}

    @extend_schema(
        operation_id="patients_list",
        parameters=[
            OpenApiParameter("q", str, description="Name, birth date, number or wristband."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=PatientPage,
    )
    def get(self, request):
        words = request.query_params.get("q", "").strip()[:200]
        if not words:
            own = visible_to(request.user, Patient.objects.filter(merged_into=None))
            answer = paged(request, own, worded)
        else:
            hits = search(request.user, words)
            answer = {"results": [_found(hit) for hit in hits], "next": None}
        shown = [row["id"] for row in answer["results"]]
        look(
            viewer=request.user,
            now=timezone.now(),
            what="patients.search" if words else "patients.list",
            things=list(Patient.objects.filter(uid__in=shown)),
        )
        return Response(answer)

    @extend_schema(request=PatientBody, responses={201: PatientShape})
    def post(self, request):
        asked = valid(PatientBody, request.data)
        asked["identifiers"] = [
            (one["system"], one["value"]) for one in asked.get("identifiers", [])
        ]
        if code := asked.pop("department", ""):
            open_ones = Department.objects.filter(active=True)
            asked["department"] = the_one(request.user, open_ones, code=code)
        return self.act(register_patient, word=worded, **asked)


class OnePatient(ApiDoor):
    """One patient whom the caller cares for."""

    permissions = {"GET": "patients.view"}

    @extend_schema(operation_id="patients_one", responses=PatientShape)
    def get(self, request, uid):
        found = the_one(request.user, Patient.objects.select_related("merged_into"), uid=uid)
        look(viewer=request.user, now=timezone.now(), what="patient.look", things=[found])
        return Response(worded(found))


def worded(patient: Patient) -> dict:
    """A patient as JSON."""
    return {
        "id": str(patient.uid),
        "mrn": patient.mrn,
        "family": patient.family,
        "given": patient.given,
        "birth_date": patient.birth_date and patient.birth_date.isoformat(),
        "birth_estimated": patient.birth_estimated,
        "sex": patient.sex,
        "identified": patient.identified,
        "opens": True,
    }


def _found(hit: Hit) -> dict:
    earlier = {"earlier": hit.earlier} if hit.earlier else {}
    return worded(hit.patient) | {"opens": hit.opens} | earlier
