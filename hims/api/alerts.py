"""Alerts for programs: what is open, and what to do with one."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.actions import alerts as actions
from hims.errors import Finding, Invalid, Refused
from hims.models import Alert
from hims.queries import alerts as queries

from .base import ApiDoor, paged, valid

STATUSES = ("open", "raised", "acknowledged", "resolved")


class AlertShape(serializers.Serializer):
    id = serializers.UUIDField()
    rule = serializers.CharField()
    priority = serializers.ChoiceField(["high", "medium", "low"])
    status = serializers.ChoiceField(["pending", "raised", "acknowledged", "resolved"])
    title = serializers.CharField()
    url = serializers.CharField()
    department = serializers.CharField(allow_null=True)
    patient = serializers.UUIDField(
        allow_null=True, help_text="Null also where the caller may not know the patient."
    )
    owner = serializers.CharField(allow_null=True)
    owner_role = serializers.CharField()
    level = serializers.IntegerField(help_text="How often it climbed.")
    occurrences = serializers.IntegerField(help_text="Things it is about that are not over.")
    begun_at = serializers.DateTimeField()
    raised_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    snoozed_until = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    acted_on = serializers.BooleanField(allow_null=True)


class NothingBody(serializers.Serializer):
    """No more is said than by which address it came."""


class AssignBody(serializers.Serializer):
    to = serializers.UUIDField()


class SnoozeBody(serializers.Serializer):
    minutes = serializers.IntegerField(min_value=1, max_value=1440)
    reason = serializers.CharField(max_length=200)


class ResolveBody(serializers.Serializer):
    acted_on = serializers.BooleanField()
    resolution = serializers.CharField(max_length=200, required=False, default="")


class Alerts(ApiDoor):
    """The alerts that the caller may know of."""

    permissions = {"GET": "alerts.view"}

    @extend_schema(
        parameters=[OpenApiParameter("status", enum=STATUSES, default="open")],
        responses={200: AlertShape(many=True)},
    )
    def get(self, request):
        asked = request.query_params.get("status") or "open"
        if asked not in STATUSES:
            text = f"status is one of {', '.join(STATUSES)}."
            raise Invalid(Finding("unknown_status", text, field="status"))
        statuses = ["raised", "acknowledged"] if asked == "open" else [asked]
        found = visible_to(request.user, Alert.objects.filter(status__in=statuses))
        found = found.select_related("rule", "department", "owner", "patient")
        shown = paged(request, found, lambda row: row)
        known = queries.patients_known(request.user, shown["results"])
        things = queries.things_open(shown["results"])
        shown["results"] = [
            worded(row, known=known, things=things.get(row.pk, 0)) for row in shown["results"]
        ]
        return Response(shown)


class _OneAlert(ApiDoor):
    """One thing that can be done with an alert."""

    def done(self, request, uid, action, **asked):
        found = the_one(request.user, Alert.objects.all(), uid=uid)

        def word(row: Alert) -> dict:
            known = queries.patients_known(request.user, [row])
            return worded(row, known=known, things=queries.things_open([row]).get(row.pk, 0))

        return self.act(action, word=word, status=200, alert=found, **asked)


class Acknowledge(_OneAlert):
    """It is the caller's now, and climbs no further."""

    permissions = {"POST": "alert.acknowledge"}

    @extend_schema(request=NothingBody, responses={200: AlertShape})
    def post(self, request, uid):
        valid(NothingBody, request.data)
        return self.done(request, uid, actions.acknowledge_alert)


class Assign(_OneAlert):
    """Somebody else's, who is told."""

    permissions = {"POST": "alert.assign"}

    @extend_schema(request=AssignBody, responses={200: AlertShape})
    def post(self, request, uid):
        asked = valid(AssignBody, request.data)
        found = the_one(request.user, Alert.objects.select_related("department"), uid=uid)
        people = {one.uid: one for one in queries.may_take(found.department, timezone.now())}
        if asked["to"] not in people:
            raise Refused(Finding("not_on_shift", "They are not on shift.", field="to"))
        to = people[asked["to"]]
        return self.done(request, uid, actions.assign_alert, to=to)


class Snooze(_OneAlert):
    """Later, and why."""

    permissions = {"POST": "alert.snooze"}

    @extend_schema(request=SnoozeBody, responses={200: AlertShape})
    def post(self, request, uid):
        return self.done(request, uid, actions.snooze_alert, **valid(SnoozeBody, request.data))


class Resolve(_OneAlert):
    """Over, and whether it was worth the call."""

    permissions = {"POST": "alert.resolve"}

    @extend_schema(request=ResolveBody, responses={200: AlertShape})
    def post(self, request, uid):
        return self.done(request, uid, actions.resolve_alert, **valid(ResolveBody, request.data))


def worded(row: Alert, *, known: dict, things: int) -> dict:
    """An alert as JSON; its patient only where the caller may know them."""
    patient = known.get(row.patient_id)
    return {
        "id": str(row.uid),
        "rule": row.rule.code,
        "priority": row.priority,
        "status": row.status,
        "title": row.title,
        "url": row.url,
        "department": row.department.code if row.department else None,
        "patient": str(patient.uid) if patient else None,
        "owner": row.owner.name if row.owner else None,
        "owner_role": row.owner_role,
        "level": row.level,
        "occurrences": things,
        "begun_at": row.begun_at.isoformat(),
        "raised_at": _said(row.raised_at),
        "acknowledged_at": _said(row.acknowledged_at),
        "snoozed_until": _said(row.snoozed_until),
        "resolved_at": _said(row.resolved_at),
        "acted_on": row.acted_on,
    }


def _said(when) -> str | None:
    return when.isoformat() if when else None
