"""How appointments are asked for and told at the API."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet
from rest_framework import serializers

from hims.access.scopes import visible_to
from hims.errors import Finding, Invalid
from hims.models import Appointment, AppointmentSeries, Milestone, Zone
from hims.queries import appointments as queries
from hims.queries.slots import Slot

SOURCES = [Milestone.Source.TAP, Milestone.Source.SCAN]


class AppointmentBody(serializers.Serializer):
    """`patient` is an id or a whole record number; `service`, `practitioner` and `zone` are ids,
    or a code or number. Without `ends` it takes as long as the service."""

    patient = serializers.CharField(max_length=120)
    service = serializers.CharField(max_length=40)
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField(required=False)
    practitioner = serializers.CharField(max_length=60, required=False, allow_null=True)
    zone = serializers.CharField(max_length=60, required=False, allow_null=True)
    about = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SeriesBody(serializers.Serializer):
    """The same, `count` times, each `every` units later; `whole`: all or none."""

    patient = serializers.CharField(max_length=120)
    service = serializers.CharField(max_length=40)
    begins = serializers.DateTimeField()
    practitioner = serializers.CharField(max_length=60, required=False, allow_null=True)
    zone = serializers.CharField(max_length=60, required=False, allow_null=True)
    about = serializers.CharField(max_length=200, required=False, allow_blank=True)
    every = serializers.IntegerField(min_value=1, max_value=365, default=1)
    unit = serializers.ChoiceField(
        AppointmentSeries.Unit.choices, default=AppointmentSeries.Unit.WEEK
    )
    count = serializers.IntegerField(min_value=2, max_value=120)
    whole = serializers.BooleanField(default=True)


class SlotsAsked(serializers.Serializer):
    service = serializers.CharField(max_length=40)
    practitioner = serializers.CharField(max_length=60, required=False)
    zone = serializers.CharField(max_length=60, required=False)
    patient = serializers.CharField(max_length=120, required=False)

    def get_fields(self):
        days = {
            name: serializers.DateField(source=source, required=False)
            for name, source in (("from", "first"), ("to", "last"))
        }
        return super().get_fields() | days


class RescheduleBody(serializers.Serializer):
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField(required=False)
    practitioner = serializers.CharField(max_length=60, required=False, allow_null=True)
    zone = serializers.CharField(max_length=60, required=False, allow_null=True)


class CancelBody(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class CheckInBody(serializers.Serializer):
    source = serializers.ChoiceField([(one.value, one.value) for one in SOURCES], default="tap")


class AppointmentShape(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.CharField()
    patient = serializers.UUIDField(allow_null=True)
    service = serializers.CharField()
    department = serializers.CharField()
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    practitioner = serializers.UUIDField(allow_null=True)
    practitioner_name = serializers.CharField(allow_null=True)
    zone = serializers.CharField(allow_null=True)
    about = serializers.CharField(allow_null=True)
    encounter = serializers.UUIDField(allow_null=True)
    series = serializers.UUIDField(allow_null=True)
    rescheduled_from = serializers.UUIDField(allow_null=True)
    checked_in_at = serializers.DateTimeField(allow_null=True)
    began_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancelled_why = serializers.CharField(allow_blank=True)
    code = serializers.CharField()


class AppointmentPage(serializers.Serializer):
    results = AppointmentShape(many=True)
    next = serializers.URLField(allow_null=True)


class MissedShape(serializers.Serializer):
    begins = serializers.CharField()
    reason = serializers.CharField()


class SeriesShape(serializers.Serializer):
    id = serializers.UUIDField()
    booked = AppointmentShape(many=True)
    missed = MissedShape(many=True)


class SlotShape(serializers.Serializer):
    begins = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    practitioner = serializers.UUIDField(allow_null=True)
    practitioner_name = serializers.CharField(allow_null=True)
    zone = serializers.CharField(allow_null=True)


class SlotList(serializers.Serializer):
    results = SlotShape(many=True)


def appointment(one: Appointment, known: bool) -> dict:
    """One appointment; who it is for, and why they come, where that is `known` to the caller."""
    return {
        "id": str(one.uid),
        "status": one.status,
        "patient": str(one.patient.uid) if known else None,
        "service": one.service.code,
        "department": one.service.department.code,
        "begins": _iso(one.period.lower),
        "ends": _iso(one.period.upper),
        "practitioner": str(one.practitioner.uid) if one.practitioner else None,
        "practitioner_name": one.practitioner.name if one.practitioner else None,
        "zone": one.zone.code if one.zone else None,
        "about": one.reason if known else None,
        "encounter": str(one.encounter.uid) if one.encounter else None,
        "series": str(one.series.uid) if one.series else None,
        "rescheduled_from": str(one.rescheduled_from.uid) if one.rescheduled_from else None,
        "checked_in_at": _iso(one.checked_in_at),
        "began_at": _iso(one.began_at),
        "ended_at": _iso(one.ended_at),
        "cancelled_at": _iso(one.cancelled_at),
        "cancelled_why": one.cancelled_why,
        "code": queries.code_of(one),
    }


def slot(one: Slot) -> dict:
    return {
        "begins": _iso(one.begins),
        "ends": _iso(one.ends),
        "practitioner": str(one.practitioner.uid) if one.practitioner else None,
        "practitioner_name": one.practitioner.name if one.practitioner else None,
        "zone": one.zone.code if one.zone else None,
    }


def resolved(request, asked: dict) -> dict:
    """What was asked with the things that its words name. Invalid where there is no such thing, or
    the caller may not know of it."""
    viewer = request.user
    found: dict[str, Any] = dict(asked)
    if "patient" in asked:
        found["patient"] = queries.bookable(viewer, asked["patient"]) or _unknown("patient")
    if "service" in asked:
        known = _named(queries.services(viewer), asked["service"], "code")
        found["service"] = known or _unknown("service")
    if asked.get("practitioner"):
        people = queries.practitioners(viewer)
        found["practitioner"] = _named(people, asked["practitioner"], "number") or _unknown(
            "practitioner"
        )
    if asked.get("zone"):
        rooms = visible_to(viewer, Zone.objects.all())
        found["zone"] = _named(rooms, asked["zone"], "code") or _unknown("zone")
    return found


def filtered(request, found: QuerySet[Appointment]) -> QuerySet[Appointment]:
    """The appointments that the query string asks for."""
    asked = request.query_params
    for name, key in (("practitioner", "number"), ("zone", "code"), ("service", "code")):
        if text := asked.get(name, "")[:60]:
            by_id = Q(**{f"{name}__uid": _uid(text)}) if _uid(text) else Q(pk=None)
            found = found.filter(by_id | Q(**{f"{name}__{key}": text}))
    if text := asked.get("patient", "")[:120]:
        found = found.filter(patient=queries.bookable(request.user, text) or _unknown("patient"))
    if status := asked.get("status", ""):
        if status not in Appointment.Status.values:
            raise Invalid(Finding("bad_status", "There is no such status.", field="status"))
        found = found.filter(status=status)
    start, end = _moment(asked.get("from"), "from"), _moment(asked.get("to"), "to")
    if start and end and end <= start:
        raise Invalid(Finding("bad_period", "`to` lies before `from`.", field="to"))
    if start or end:
        found = found.filter(period__overlap=DateTimeTZRange(start, end))
    return found


def _named(known: QuerySet, text: str, key: str) -> Any:
    if uid := _uid(text):
        return known.filter(uid=uid).first()
    return known.filter(**{key: text}).first()


def _unknown(field: str) -> Any:
    raise Invalid(Finding(f"unknown_{field}", f"You know of no such {field}.", field=field))


def _uid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _moment(text: str | None, name: str) -> datetime | None:
    if not text:
        return None
    try:
        return serializers.DateTimeField().to_internal_value(text)
    except (serializers.ValidationError, OverflowError):
        raise Invalid(
            Finding("bad_time", f"{name} is a time in ISO 8601 with offset.", field=name)
        ) from None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
