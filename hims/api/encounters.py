"""Programs begin visits, say what happened in them, and end them (CONTRACT: /api/flow/)."""

from datetime import datetime

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.actions import encounters as actions
from hims.actions.milestones import correct_milestone, say_milestone, take_back_milestone
from hims.errors import Finding, Invalid
from hims.models import Capability, Department, Encounter, Milestone, Patient
from hims.queries.encounters import encounters_of, known_patients

from .base import ApiDoor, paged, valid

SAID_ALONE = sorted(set(Milestone.Kind.values) - {"left", "triage_end", "disposition"})


class EncounterBody(serializers.Serializer):
    """`patient` is an id or a whole record number; without `arrived_at` and `expected_at` the
    patient is here now."""

    patient = serializers.CharField(max_length=120)
    department = serializers.CharField(max_length=40)
    visit_class = serializers.ChoiceField(
        Encounter.Class.choices, default=Encounter.Class.EMERGENCY
    )
    arrival = serializers.ChoiceField(Encounter.Arrival.choices, default=Encounter.Arrival.WALK_IN)
    arrived_at = serializers.DateTimeField(required=False)
    expected_at = serializers.DateTimeField(required=False)
    complaint = serializers.CharField(max_length=200, required=False, allow_blank=True)
    acuity = serializers.IntegerField(min_value=1, max_value=5, required=False)
    needs = serializers.ListField(
        child=serializers.ChoiceField(Capability.choices), required=False, max_length=5
    )

    def validate(self, given):
        if "arrived_at" in given and "expected_at" in given:
            raise serializers.ValidationError(
                {"expected_at": "A patient is expected or has arrived; give one of the two."}
            )
        return given


class EncounterChange(serializers.Serializer):
    """What is to change; `status` ends ("finished", with a disposition), cancels or reopens
    ("arrived") the visit."""

    acuity = serializers.IntegerField(min_value=1, max_value=5, required=False)
    complaint = serializers.CharField(max_length=200, required=False, allow_blank=True)
    needs = serializers.ListField(
        child=serializers.ChoiceField(Capability.choices), required=False, max_length=5
    )
    disposition = serializers.ChoiceField(Encounter.Disposition.choices, required=False)
    status = serializers.ChoiceField(["arrived", "finished", "cancelled"], required=False)
    at = serializers.DateTimeField(required=False)
    reason = serializers.CharField(max_length=200, required=False, default="")

    def validate(self, given):
        told = set(given) - {"at", "reason"}
        if not told:
            raise serializers.ValidationError({"status": "Say what to change."})
        if "status" in told and told - {"status", "disposition"}:
            raise serializers.ValidationError(
                {"status": "Change the visit, or end it; not both at once."}
            )
        return given


class MilestoneBody(serializers.Serializer):
    kind = serializers.ChoiceField([(kind, kind) for kind in SAID_ALONE])
    at = serializers.DateTimeField(required=False)


class MilestoneChange(serializers.Serializer):
    """Another time with a reason, or `withdraw` with a reason."""

    at = serializers.DateTimeField(required=False)
    withdraw = serializers.BooleanField(required=False, default=False)
    reason = serializers.CharField(max_length=200)

    def validate(self, given):
        if given["withdraw"] == ("at" in given):
            raise serializers.ValidationError({"at": "Give another time, or withdraw."})
        return given


class MilestoneShape(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    source = serializers.CharField()
    by = serializers.CharField()
    stands = serializers.BooleanField()
    corrects = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_reason = serializers.CharField(allow_blank=True)


class EncounterShape(serializers.Serializer):
    id = serializers.UUIDField()
    patient = serializers.UUIDField(allow_null=True)
    department = serializers.CharField()
    visit_class = serializers.CharField()
    status = serializers.CharField()
    arrival = serializers.CharField()
    ticket = serializers.CharField(allow_blank=True)
    expected_at = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    complaint = serializers.CharField(allow_blank=True)
    acuity = serializers.IntegerField(allow_null=True)
    needs = serializers.ListField(child=serializers.CharField())
    disposition = serializers.CharField(allow_blank=True)
    milestones = MilestoneShape(many=True)


class EncounterPage(serializers.Serializer):
    results = EncounterShape(many=True)
    next = serializers.URLField(allow_null=True)


class Encounters(ApiDoor):
    """Visits, newest first; and to begin one."""

    permissions = {"GET": "flow.view", "POST": "encounter.begin"}

    @extend_schema(
        operation_id="flow_encounters_list",
        parameters=[
            OpenApiParameter("department", str, description="Code of a department."),
            OpenApiParameter("open", bool, description="Only those that are not over."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=EncounterPage,
    )
    def get(self, request):
        asked = request.query_params
        found = encounters_of(
            request.user,
            department=asked.get("department", "")[:40],
            open_only=asked.get("open", "") in ("1", "true"),
        )
        page = paged(request, found, lambda one: one)
        page["results"] = _worded(request, page["results"])
        return Response(page)

    @extend_schema(request=EncounterBody, responses={201: EncounterShape})
    def post(self, request):
        asked = valid(EncounterBody, request.data)
        asked["patient"] = _patient(request, asked["patient"])
        asked["department"] = _department(request, asked["department"])
        asked["at"] = asked.pop("arrived_at", None if "expected_at" in asked else timezone.now())
        return self.act(
            actions.register_visit, word=lambda one: _worded(request, [one])[0], **asked
        )


class OneEncounter(ApiDoor):
    """One visit with everything that was said of it; and to change, end or cancel it."""

    permissions = {"GET": "flow.view", "PATCH": "encounter.change"}

    @extend_schema(responses=EncounterShape)
    def get(self, request, uid):
        found = the_one(request.user, encounters_of(request.user), uid=uid)
        return Response(_worded(request, [found])[0])

    @extend_schema(request=EncounterChange, responses=EncounterShape)
    def patch(self, request, uid):
        found = the_one(request.user, encounters_of(request.user), uid=uid)
        asked = valid(EncounterChange, request.data)
        action, said = _meant(asked)
        return self.act(
            action,
            word=lambda _done: _worded(
                request, [the_one(request.user, encounters_of(request.user), uid=uid)]
            )[0],
            status=200,
            encounter=found,
            **said,
        )


class Milestones(ApiDoor):
    """To say that something happened in a visit."""

    permissions = {"POST": "encounter.milestone"}

    @extend_schema(request=MilestoneBody, responses={201: MilestoneShape})
    def post(self, request, uid):
        found = the_one(request.user, Encounter.objects.all(), uid=uid)
        asked = valid(MilestoneBody, request.data)
        return self.act(say_milestone, word=milestone_worded, encounter=found, **asked)


class OneMilestone(ApiDoor):
    """To correct the time of what stands, or to withdraw it."""

    permissions = {"PATCH": "encounter.correct"}

    @extend_schema(request=MilestoneChange, responses=MilestoneShape)
    def patch(self, request, uid, number):
        asked = valid(MilestoneChange, request.data)
        said = Milestone.objects.select_related("encounter", "actor")
        found = the_one(request.user, said, encounter__uid=uid, pk=number)
        if asked.pop("withdraw"):

            def word(_stands):
                return milestone_worded(said.get(pk=found.pk))

            return self.act(take_back_milestone, word=word, status=200, milestone=found, **asked)
        return self.act(
            correct_milestone, word=milestone_worded, status=200, milestone=found, **asked
        )


def _meant(asked: dict) -> tuple:
    """Which action the change asks for, and what it is told."""
    at = {"at": asked["at"]} if "at" in asked else {}
    match asked.get("status"):
        case "finished":
            return actions.patient_left, {**at, "disposition": asked.get("disposition", "")}
        case "cancelled":
            return actions.cancel_visit, {"reason": asked["reason"]}
        case "arrived":
            return actions.arrive_or_reopen, {"reason": asked["reason"]}
    if "disposition" in asked:
        return actions.set_disposition, {"disposition": asked["disposition"]}
    said = {name: asked[name] for name in ("acuity", "complaint", "needs") if name in asked}
    return (actions.triage if "acuity" in said else actions.change_encounter), said


def _patient(request, text: str) -> Patient:
    seen = visible_to(request.user, Patient.objects.all())
    found = known_patients(seen, text).first()
    if found is None:
        raise Invalid(
            Finding(
                "unknown_patient",
                "You know of no patient with this id or number. Open the record first.",
                field="patient",
            )
        )
    return found


def _department(request, code: str) -> Department:
    found = visible_to(request.user, Department.objects.all()).filter(code=code, active=True)
    if department := found.first():
        return department
    raise Invalid(Finding("unknown_department", "There is no such department.", field="department"))


def _worded(request, found: list[Encounter]) -> list[dict]:
    """Visits in the words of the API: who it is only where the caller may know."""
    known = {
        patient.pk: patient
        for patient in visible_to(
            request.user, Patient.objects.filter(pk__in=[one.patient_id for one in found])
        )
    }
    if known:
        look(
            viewer=request.user,
            now=timezone.now(),
            what="encounter.look",
            things=list(known.values()),
        )
    return [
        {
            "id": str(one.uid),
            "patient": str(known[one.patient_id].uid) if one.patient_id in known else None,
            "department": one.department.code,
            "visit_class": one.visit_class,
            "status": one.status,
            "arrival": one.arrival,
            "ticket": one.ticket,
            "expected_at": _iso(one.expected_at),
            "started_at": _iso(one.started_at),
            "ended_at": _iso(one.ended_at),
            "complaint": one.complaint,
            "acuity": one.acuity,
            "needs": one.needs,
            "disposition": one.disposition,
            "milestones": [
                milestone_worded(said) for said in sorted(one.milestones.all(), key=_when)
            ],
        }
        for one in found
    ]


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _when(milestone: Milestone) -> tuple:
    return milestone.at, milestone.pk


def milestone_worded(said: Milestone) -> dict:
    return {
        "id": said.pk,
        "kind": said.kind,
        "at": _iso(said.at),
        "recorded_at": _iso(said.recorded_at),
        "source": said.source,
        "by": said.actor.name,
        "stands": said.stands,
        "corrects": said.corrects_id,
        "reason": said.reason,
        "withdrawn_at": _iso(said.withdrawn_at),
        "withdrawn_reason": said.withdrawn_reason,
    }
