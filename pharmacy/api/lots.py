"""The trace of a lot: every place, movement, order and patient that it touched."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.action import look
from hims.api.base import ApiDoor, paged
from inventory.models import Lot
from inventory.queries import trace
from pharmacy.queries.trace import Given, given_from


class TraceShape(serializers.Serializer):
    lot = serializers.DictField()
    places = serializers.ListField(child=serializers.DictField())
    movements = serializers.ListField(child=serializers.DictField())
    next = serializers.CharField(allow_null=True)
    orders = serializers.ListField(child=serializers.DictField())
    patients = serializers.ListField(child=serializers.DictField())
    hidden_patients = serializers.IntegerField()


class LotTrace(ApiDoor):
    """Where a lot was and is, and to whom it went; patients only as one may know of them, the
    others counted. Movements are paged, the newest first."""

    permissions = {"GET": "stock.view"}

    @extend_schema(
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=TraceShape,
    )
    def get(self, request, uid):
        viewer = request.user
        lot = the_one(viewer, Lot.objects.select_related("product"), uid=uid)
        movements = paged(request, trace.movements_of(lot, viewer=viewer), _movement)
        given = given_from([lot], viewer=viewer)
        if given.patients:
            look(viewer=viewer, now=timezone.now(), what="lot.trace", things=[lot, *given.patients])
        return Response(
            {
                "lot": {
                    "id": str(lot.uid),
                    "number": lot.number,
                    "expiry": lot.expiry.isoformat() if lot.expiry else None,
                    "status": lot.status,
                    "product": {
                        "id": str(lot.product.uid),
                        "code": lot.product.code,
                        "name": lot.product.shown_name,
                    },
                },
                "places": [_place(place) for place in trace.places_of(lot, viewer=viewer)],
                "movements": movements["results"],
                "next": movements["next"],
                "orders": _orders(given),
                "patients": _patients(given),
                "hidden_patients": given.hidden_patients,
            }
        )


def _place(place: trace.Touched) -> dict:
    return {
        "code": place.code,
        "name": place.name,
        "kind": place.kind,
        "virtual": place.virtual,
        "came": place.came,
        "went": place.went,
        "now": place.now,
    }


def _movement(movement: Any) -> dict:
    return {
        "id": str(movement.uid),
        "kind": movement.kind,
        "at": movement.at.isoformat(),
        "by": movement.actor.name,
        "witness": movement.witness.name if movement.witness else None,
        "reason": movement.reason,
        "document": movement.document,
        "reverses": str(movement.reverses.uid) if movement.reverses else None,
        "lines": [
            {
                "place": line.place.code,
                "quantity": line.quantity,
                "balance_after": line.balance_after,
            }
            for line in movement.lot_lines
        ],
    }


def _orders(given: Given) -> list[dict]:
    return [
        {
            "id": str(order.uid),
            "patient": str(order.patient.uid),
            "status": order.status,
            "quantity": sum(
                line.quantity - line.returned
                for line in given.lines
                if line.dispense.order_id == order.pk
            ),
            "dispenses": [
                str(line.dispense.uid) for line in given.lines if line.dispense.order_id == order.pk
            ],
        }
        for order in given.orders
    ]


def _patients(given: Given) -> list[dict]:
    return [
        {
            "id": str(patient.uid),
            "mrn": patient.mrn,
            "family": patient.family,
            "given": patient.given,
        }
        for patient in given.patients
    ]
