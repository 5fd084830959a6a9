"""Programs ask what is believed of each bed space, and say what happened to one."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.action import look
from hims.actions import cleaning, rooms_by_people
from hims.models import BedSpace, Encounter, Patient
from hims.queries.rooms import Room, rooms_now, spaces

from .base import ApiDoor, valid


class RoomShape(serializers.Serializer):
    """`state` is what is believed now, `hindrance` why it is not ready (a code and what helps).
    `patient` only where the caller may know the patient, `encounter` and `ticket` only for those
    who follow the flow."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = serializers.CharField()
    department = serializers.CharField()
    zone = serializers.CharField()
    floor = serializers.CharField()
    kind = serializers.CharField()
    capabilities = serializers.ListField(child=serializers.CharField())
    active = serializers.BooleanField()
    state = serializers.ChoiceField(BedSpace.State.choices)
    since = serializers.DateTimeField()
    evidence_at = serializers.DateTimeField()
    reserved_until = serializers.DateTimeField(allow_null=True)
    cleaning = serializers.CharField(allow_blank=True)
    blocked_reason = serializers.CharField(allow_blank=True)
    hindrance = serializers.DictField(allow_null=True)
    encounter = serializers.UUIDField(allow_null=True)
    patient = serializers.UUIDField(allow_null=True)
    away_to = serializers.CharField(allow_blank=True)


class RoomsShape(serializers.Serializer):
    results = RoomShape(many=True)


class SpaceState(serializers.Serializer):
    id = serializers.UUIDField()
    code = serializers.CharField()
    state = serializers.ChoiceField(BedSpace.State.choices)


class ForVisit(serializers.Serializer):
    """`reason` passes a warning (what the patient needs is not there)."""

    encounter = serializers.UUIDField()
    reason = serializers.CharField(max_length=200, required=False)


class ReserveBody(ForVisit):
    minutes = serializers.IntegerField(min_value=1, max_value=24 * 60, required=False)


class OccupyBody(ForVisit):
    at = serializers.DateTimeField(required=False)


class BlockBody(serializers.Serializer):
    reason = serializers.CharField(max_length=200)


class MaybeReason(serializers.Serializer):
    reason = serializers.CharField(max_length=200, required=False)


class AwayBody(serializers.Serializer):
    to = serializers.CharField(max_length=120)


class SignBody(serializers.Serializer):
    at = serializers.DateTimeField(required=False)


class NotCleanBody(serializers.Serializer):
    isolation = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=200, required=False)


class StartBody(serializers.Serializer):
    at = serializers.DateTimeField(required=False)


class DoneBody(StartBody):
    ready = serializers.BooleanField(default=False)


class NothingAsked(serializers.Serializer):
    """The address says it all."""


class Rooms(ApiDoor):
    """Every open bed space with what is believed of it."""

    permissions = {"GET": "rooms.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("department", str, description="Code of a department."),
            OpenApiParameter("state", str, description="Only those in this state."),
            OpenApiParameter("closed", bool, description="Also those that are closed."),
        ],
        responses=RoomsShape,
    )
    def get(self, request):
        asked = request.query_params
        found = spaces(request.user, closed=asked.get("closed", "").lower() in {"1", "true"})
        if asked.get("department"):
            found = found.filter(department__code=asked["department"][:40])
        now = timezone.now()
        rooms = rooms_now(request.user, now, found)
        if asked.get("state"):
            rooms = [room for room in rooms if room.state == asked["state"]]
        if known := [Patient(uid=room.patient) for room in rooms if room.patient]:
            look(viewer=request.user, now=now, what="rooms.look", things=known)
        return Response({"results": [worded(room) for room in rooms]})


class _SpaceDoor(ApiDoor):
    """Something happens to one bed space."""

    body: type[serializers.Serializer] = NothingAsked

    def press(self, request, uid, action):
        space = the_one(request.user, BedSpace.objects.select_related("zone"), uid=uid)
        asked = dict(valid(self.body, request.data))
        if "encounter" in asked:
            visits = Encounter.objects.select_related("patient", "department")
            asked["encounter"] = the_one(request.user, visits, uid=asked["encounter"])
        return self.act(action, word=lambda done: _state(space), status=200, space=space, **asked)


def _door(name: str, permission: str, action, body=NothingAsked) -> type[ApiDoor]:
    """The door of one action on a bed space, told by its permission."""

    @extend_schema(operation_id=name, request=body, responses=SpaceState)
    def post(self, request, uid):
        return self.press(request, uid, action)

    return type(
        name,
        (_SpaceDoor,),
        {"__doc__": action.__doc__, "permissions": {"POST": permission}, "body": body}
        | {"post": post},
    )


DOORS = {
    "reserve": _door("reserve_space", "bed_space.reserve", rooms_by_people.reserve, ReserveBody),
    "release": _door("release_space", "bed_space.release", rooms_by_people.release),
    "occupy": _door("occupy_space", "bed_space.occupy", rooms_by_people.occupy, OccupyBody),
    "left": _door("left_space", "bed_space.left", rooms_by_people.left, MaybeReason),
    "sign": _door("sign_of_leaving", "bed_space.sign", rooms_by_people.seems_left, SignBody),
    "away": _door("patient_away", "bed_space.away", rooms_by_people.away, AwayBody),
    "back": _door("patient_back", "bed_space.back", rooms_by_people.back),
    "ready": _door("ready_space", "bed_space.ready", cleaning.call_ready),
    "block": _door("block_space", "bed_space.block", rooms_by_people.block, BlockBody),
    "unblock": _door("unblock_space", "bed_space.unblock", rooms_by_people.unblock),
    "undo": _door("undo_space", "bed_space.undo", rooms_by_people.take_back),
    "not-clean": _door(
        "request_cleaning", "cleaning.request", cleaning.request_cleaning, NotCleanBody
    ),
    "claim": _door("claim_cleaning", "cleaning.claim", cleaning.claim_cleaning),
    "start": _door("start_cleaning", "cleaning.start", cleaning.start_cleaning, StartBody),
    "done": _door("cleaning_done", "cleaning.done", cleaning.cleaning_done, DoneBody),
}
"""What the address ends in -> its door."""


def worded(room: Room) -> dict:
    """A bed space as JSON (CONTRACT, `GET /api/flow/rooms/`)."""
    row, hindrance = room.row, room.hindrance
    return {
        "id": str(row.uid),
        "code": row.code,
        "name": row.name,
        "department": row.department.code,
        "zone": row.zone.code,
        "floor": row.zone.floor.name,
        "kind": row.kind,
        "capabilities": row.capabilities,
        "active": row.active,
        "state": room.state.value,
        "since": room.since,
        "evidence_at": row.evidence_at,
        "reserved_until": row.reserved_until if room.state.value == "reserved" else None,
        "cleaning": row.cleaning,
        "blocked_reason": row.blocked_reason,
        "hindrance": hindrance and {"code": hindrance.code, "helps": hindrance.action},
        "encounter": room.visit,
        "patient": room.patient,
        "away_to": room.away_to,
    }


def _state(space: BedSpace) -> dict:
    space.refresh_from_db(fields=["state"])
    return {"id": str(space.uid), "code": space.code, "state": space.state}
