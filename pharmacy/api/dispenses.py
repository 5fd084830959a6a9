"""Programs dispense, and see what was dispensed."""

from collections.abc import Mapping
from typing import Any, cast

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.action import look
from hims.api.base import ApiDoor, paged
from hims.errors import Finding, Invalid
from pharmacy.actions import dispensing
from pharmacy.models import Dispense, MedicationOrder
from pharmacy.queries.picked import MOST_LINES, Asked
from pharmacy.queries.worklist import dispenses

from . import dispense_shapes as shapes
from . import reading
from .noting import act_and_note


class Dispenses(ApiDoor):
    """Dispenses, newest first; and to dispense."""

    permissions = {"GET": "orders.view", "POST": "pharmacy.dispense"}

    @extend_schema(
        parameters=[
            OpenApiParameter("status", str, description="Such as received, or picked."),
            OpenApiParameter("order", str, description="Id of an order."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=shapes.DispensePage,
    )
    def get(self, request):
        asked = request.query_params
        status = asked.get("status", "")
        if status and status not in Dispense.Status.values:
            raise Invalid(Finding("bad_status", "This status is not known.", field="status"))
        order = reading.uid(asked, "order") if asked.get("order") else None
        found = dispenses(viewer=request.user, status=status, order=order)
        page = paged(request, found, lambda one: one)
        rows = page["results"]
        _looked(request, [one.order.patient for one in rows])
        return Response(page | {"results": [shown(one) for one in rows]})

    @extend_schema(request=shapes.DispenseBody, responses={201: shapes.DispensedShape})
    def post(self, request):
        body = reading.body_of(request.data)
        order = reading.uid(body, "order")
        asked_for = SimpleLazyObject(lambda: MedicationOrder.objects.get(uid=order))
        return act_and_note(
            self,
            dispensing.dispense,
            word=worded,
            about=cast(MedicationOrder, asked_for),
            order=order,
            place=reading.text(body, "place", most=60),
            lines=lines_of(body),
            confirmation=reading.text(body, "confirmation", most=60, need=False),
            overrides=reading.overrides(body),
        )


class OneDispense(ApiDoor):
    """One dispense."""

    permissions = {"GET": "orders.view"}

    @extend_schema(operation_id="pharmacy_dispense", responses=shapes.DispenseShape)
    def get(self, request, uid):
        found = the_one(request.user, dispenses(viewer=request.user), uid=uid)
        _looked(request, [found.order.patient])
        return Response(shown(found))


def _looked(request, patients) -> None:
    """Each look at a patient is kept."""
    if patients:
        things = list(dict.fromkeys(patients))
        look(viewer=request.user, now=timezone.now(), what="dispense.look", things=things)


def lines_of(body: Mapping[str, Any]) -> list[Asked]:
    """The lines of a body: each names its lot in one way."""
    return [
        _line(one, f"lines.{n}")
        for n, one in enumerate(reading.listed(body, "lines", most=MOST_LINES))
    ]


def _line(one: Mapping[str, Any], where: str) -> Asked:
    if ("scan" in one) == ("lot" in one):
        words = "A line names what it takes in one way: scan or lot."
        raise Invalid(Finding("no_subject", words, field=where))
    return Asked(
        quantity=reading.quantity(one, where=where),
        lot=reading.uid(one, "lot", where=where) if "lot" in one else None,
        scan=reading.text(one, "scan", most=reading.LONGEST_CODE, where=where)
        if "scan" in one
        else "",
        unit=reading.text(one, "unit", most=40, where=where, need=False) or "base",
    )


def worded(made: dispensing.Dispensed) -> dict:
    """What was dispensed, as JSON (CONTRACT)."""
    return {
        "dispense": str(made.uid),
        "movement": str(made.movement),
        "label": labels_of(made.uid),
        "status": made.status,
        "quantity": made.quantity,
        "owed": str(made.owed) if made.owed else None,
        "owed_quantity": made.owed_quantity,
        "notes": [note.as_dict() for note in made.notes],
    }


def shown(one: Dispense) -> dict:
    """A dispense as JSON; quantities in base units of its product."""
    return {
        "id": str(one.uid),
        "status": one.status,
        "order": str(one.order.uid),
        "patient": str(one.order.patient.uid),
        "product": str(one.product.uid) if one.product else None,
        "product_name": one.product.shown_name if one.product else "",
        "wanted": one.wanted,
        "urgency": one.urgency,
        "promised_at": one.promised_at,
        "received_at": one.received_at,
        "place": one.place.code if one.place else None,
        "verified_by": one.verified_by.name if one.verified_by else None,
        "verified_at": one.verified_at,
        "claimed_by": one.claimed_by.name if one.claimed_by else None,
        "claimed_until": one.claimed_until,
        "dispensed_by": one.dispensed_by.name if one.dispensed_by else None,
        "dispensed_at": one.dispensed_at,
        "movement": str(one.movement.uid) if one.movement else None,
        "handed_over_at": one.handed_over_at,
        "handed_over_to": one.handed_over_to,
        "owed_from": str(one.owed_from.uid) if one.owed_from else None,
        "prints": one.prints,
        "labels": labels_of(one.uid) if one.movement else None,
        "lines": [
            {
                "lot": str(line.lot.uid),
                "lot_number": line.lot.number,
                "place": line.place.code,
                "quantity": line.quantity,
                "returned": line.returned,
                "serials": line.serials,
                "scanned": line.scanned,
            }
            for line in one.lines.all()
        ],
    }


def labels_of(uid) -> dict[str, str]:
    """The addresses of the label."""
    return {
        "pdf": reverse("api-dispense-label-pdf", args=[uid]),
        "zpl": reverse("api-dispense-label-zpl", args=[uid]),
    }
