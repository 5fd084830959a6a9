"""Programs book appointments and say what became of them (CONTRACT: /api/flow/appointments/)."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.action import look
from hims.actions import booking
from hims.models import Appointment
from hims.queries import appointments as queries
from hims.queries.slots import free_slots

from . import appointment_words as words
from .base import PAGE_MOST, ApiDoor, paged, valid, whole_number


class Appointments(ApiDoor):
    """Appointments, newest first; and to book one. An overlap is 409 and names the other."""

    permissions = {"GET": "appointments.view", "POST": "appointment.book"}

    @extend_schema(
        operation_id="flow_appointments_list",
        parameters=[
            *(OpenApiParameter(name, str) for name in ("from", "to", "patient", "service")),
            *(OpenApiParameter(name, str) for name in ("practitioner", "zone", "status")),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=words.AppointmentPage,
    )
    def get(self, request):
        found = words.filtered(request, queries.appointments(request.user))
        page = paged(request, found, lambda one: one)
        page["results"] = _worded(request, page["results"])
        return Response(page)

    @extend_schema(request=words.AppointmentBody, responses={201: words.AppointmentShape})
    def post(self, request):
        asked = words.resolved(request, valid(words.AppointmentBody, request.data))
        return self.act(booking.book_appointment, word=_one(request), **asked)


class Slots(ApiDoor):
    """Free times of a service, the earliest first."""

    permissions = {"GET": "appointments.view"}

    @extend_schema(
        operation_id="flow_appointment_slots",
        parameters=[
            OpenApiParameter("service", str, required=True, description="Code or id."),
            OpenApiParameter("from", str, description="First day, YYYY-MM-DD."),
            OpenApiParameter("to", str, description="Last day."),
            *(OpenApiParameter(name, str) for name in ("practitioner", "zone", "patient")),
            OpenApiParameter("limit", int),
        ],
        responses=words.SlotList,
    )
    def get(self, request):
        asked = words.resolved(request, valid(words.SlotsAsked, request.query_params.dict()))
        found = free_slots(
            request.user,
            asked.pop("service"),
            now=timezone.now(),
            most=whole_number(request.query_params.get("limit"), 24, 1, PAGE_MOST, "limit"),
            **asked,
        )
        return Response({"results": [words.slot(one) for one in found]})


class SeriesDoor(ApiDoor):
    """To book the same time of day again and again: all of them, or those that fit."""

    permissions = {"POST": "appointment.book"}

    @extend_schema(request=words.SeriesBody, responses={201: words.SeriesShape})
    def post(self, request):
        asked = words.resolved(request, valid(words.SeriesBody, request.data))

        def word(made: booking.Series) -> dict:
            return {
                "id": str(made.series.uid),
                "booked": _worded(request, list(made.booked)),
                "missed": [
                    {"begins": f"{wall:%Y-%m-%dT%H:%M}", "reason": why} for wall, why in made.missed
                ],
            }

        return self.act(booking.book_series, word=word, **asked)


class OneAppointment(ApiDoor):
    """One appointment."""

    permissions = {"GET": "appointments.view"}

    @extend_schema(responses=words.AppointmentShape)
    def get(self, request, uid):
        return Response(_one(request)(_found(request, uid)))


class CheckIn(ApiDoor):
    """The patient came; `source` says whether a code was scanned."""

    permissions = {"POST": "appointment.check_in"}

    @extend_schema(request=words.CheckInBody, responses=words.AppointmentShape)
    def post(self, request, uid):
        found = _found(request, uid)
        asked = valid(words.CheckInBody, request.data)
        word = _one(request)
        return self.act(booking.check_in_patient, word=word, status=200, appointment=found, **asked)


class Change(ApiDoor):
    """To say what becomes of an appointment: the last part of the address."""

    permissions = {"POST": "appointment.change"}
    said = staticmethod(booking.begin_appointment)

    @extend_schema(request=None, responses=words.AppointmentShape)
    def post(self, request, uid):
        found = _found(request, uid)
        return self.act(self.said, word=_one(request), status=200, appointment=found)


class Begin(Change):
    """The patient is called in."""


class End(Change):
    """It is over."""

    said = staticmethod(booking.end_appointment)


class NoShow(Change):
    """The patient did not come."""

    said = staticmethod(booking.say_no_show)


class Cancel(ApiDoor):
    """It will not take place, and why."""

    permissions = {"POST": "appointment.change"}

    @extend_schema(request=words.CancelBody, responses=words.AppointmentShape)
    def post(self, request, uid):
        found = _found(request, uid)
        asked = valid(words.CancelBody, request.data)
        word = _one(request)
        return self.act(
            booking.cancel_appointment, word=word, status=200, appointment=found, **asked
        )


class Reschedule(ApiDoor):
    """The same visit at another time: a new appointment, which names the old one."""

    permissions = {"POST": "appointment.change"}

    @extend_schema(request=words.RescheduleBody, responses={201: words.AppointmentShape})
    def post(self, request, uid):
        found = _found(request, uid)
        asked = words.resolved(request, valid(words.RescheduleBody, request.data))
        return self.act(
            booking.reschedule_appointment, word=_one(request), appointment=found, **asked
        )


def _found(request, uid) -> Appointment:
    return the_one(request.user, queries.appointments(request.user), uid=uid)


def _one(request):
    """How one appointment is worded for the caller."""
    return lambda one: _worded(request, [one])[0]


def _worded(request, found: list[Appointment]) -> list[dict]:
    """Who it is only where the caller may know; each such look is kept."""
    known = queries.known_patients(request.user, {one.patient_id for one in found})
    seen = {one.patient_id: one.patient for one in found if one.patient_id in known}
    if seen:
        look(
            viewer=request.user,
            now=timezone.now(),
            what="appointment.look",
            things=list(seen.values()),
        )
    return [words.appointment(one, one.patient_id in known) for one in found]
