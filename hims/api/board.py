"""The board of a department for programs: the same rows as the page, as codes."""

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import visible_to
from hims.action import look
from hims.errors import NotFound
from hims.models import Department, Patient
from hims.queries.board import Board, Suggested, board
from hims.queries.board_rows import Space, Visit
from hims.queries.boards import first_department

from .base import ApiDoor

BOARD = inline_serializer(
    "Board",
    {
        "department": serializers.CharField(),
        "as_of": serializers.DateTimeField(),
        "patients": serializers.ListField(child=serializers.DictField()),
        "rooms": serializers.ListField(child=serializers.DictField()),
        "suggestion": serializers.DictField(allow_null=True),
    },
)


class FlowBoard(ApiDoor):
    """Who is here and which room is ready; names only of patients whom the caller may know."""

    permissions = {"GET": "flow.view"}

    @extend_schema(
        parameters=[OpenApiParameter("department", OpenApiTypes.STR, description="its code")],
        responses=BOARD,
    )
    def get(self, request):
        now = timezone.now()
        department = self._department(request, now)
        seen = board(viewer=request.user, department=department, now=now)
        known = [Patient(uid=one.patient_uid) for one in seen.visits if one.patient_uid]
        if known:
            look(viewer=request.user, now=now, what="board.look", things=known)
        return Response(as_json(seen))

    def _department(self, request, now) -> Department:
        asked = request.query_params.get("department", "")
        if not asked:
            found = first_department(request.user, now)
        else:
            known = visible_to(request.user, Department.objects.filter(active=True))
            found = known.filter(code=asked[:40]).first()
        if found is None:
            raise NotFound("no such department")
        return found


def as_json(seen: Board) -> dict:
    """The board as plain JSON, the worst first."""
    return {
        "department": seen.department.code,
        "as_of": seen.now.isoformat(),
        "patients": [_visit(one, seen) for one in seen.visits],
        "rooms": [_space(one, seen) for one in seen.rooms],
        "suggestion": seen.suggested and _suggestion(seen.suggested),
    }


def _visit(one: Visit, seen: Board) -> dict:
    return {
        "encounter": str(one.uid),
        "patient": one.patient_uid and str(one.patient_uid),
        "name": one.name or None,
        "ticket": one.ticket,
        "status": one.status,
        "acuity": one.acuity,
        "needs": sorted(one.needs),
        "bed": one.bed.code if one.bed else None,
        "away": bool(one.bed and one.bed.away_since),
        "held": one.held.code if one.held else None,
        "position": one.where
        and {
            "zone": one.where.name or None,
            "seen_at": one.where.seen_at.isoformat(),
            "probability": round(one.where.probability, 3),
            "source": one.where.source,
        },
        "waiting_for": one.step.waiting_for,
        "next": one.step.action or None,
        "owner": one.step.owner or None,
        "disposition": one.disposition or None,
        "boards": one.boards,
        "started_at": one.started_at and one.started_at.isoformat(),
        "expected_at": one.expected_at and one.expected_at.isoformat(),
        "milestones": {
            kind.value: {
                "at": said.at.isoformat(),
                "recorded_at": said.recorded_at.isoformat(),
                "source": said.source,
            }
            for kind, said in one.said.items()
        },
        "inferred": {guess.kind.value: guess.at.isoformat() for guess in one.missed},
        "waits": [_wait(wait, seen) for wait in one.waits],
    }


def _space(one: Space, seen: Board) -> dict:
    return {
        "bed_space": one.code,
        "id": str(one.uid),
        "name": one.name,
        "zone": one.zone_name,
        "state": one.state.value,
        "since": one.since.isoformat(),
        "evidence_at": one.evidence_at.isoformat(),
        "capabilities": sorted(one.offers),
        "why_not_ready": one.hindrance.code if one.hindrance else None,
        "next": (one.hindrance.action or None) if one.hindrance else None,
        "wanted_by": one.wanted,
        "waits": [_wait(wait, seen) for wait in one.waits],
    }


def _wait(wait, seen: Board) -> dict:
    return {
        "rule": wait.rule.code,
        "since": wait.since.isoformat(),
        "due_at": wait.due_at.isoformat(),
        "late": wait.due_at <= seen.now,
    }


def _suggestion(found: Suggested) -> dict:
    return {
        "encounter": str(found.visit.uid),
        "bed_space": found.space.code,
        "reasons": [{"code": one.code, "value": one.value} for one in found.reasons],
    }
