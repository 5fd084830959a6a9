"""Programs enter, change and end medication orders (CONTRACT)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.action import look
from hims.api.base import ApiDoor, paged, valid
from hims.errors import Finding, Invalid
from pharmacy.actions import orders as actions
from pharmacy.domain.checks import at_ordering
from pharmacy.domain.doses import plain
from pharmacy.models import MedicationOrder
from pharmacy.queries.orders import orders_of
from pharmacy.queries.safety import facts

from . import order_shapes as shapes
from .named import ingredient_named, patient_named, prescriber_named, product_named
from .noting import act_and_note

SAME = {"unit": "dose_unit", "start": "starts_at", "end": "ends_at"}

TO_STATUS = {
    MedicationOrder.Status.ON_HOLD: actions.hold_order,
    MedicationOrder.Status.ACTIVE: actions.resume_order,
    MedicationOrder.Status.STOPPED: actions.stop_order,
    MedicationOrder.Status.CANCELLED: actions.cancel_order,
    MedicationOrder.Status.COMPLETED: actions.complete_order,
}


class Orders(ApiDoor):
    """Medication orders of the caller's patients; and to enter one."""

    permissions = {"GET": "orders.view", "POST": "order.enter"}

    @extend_schema(
        operation_id="pharmacy_orders_list",
        parameters=[
            OpenApiParameter("patient", str, description="Id, wristband code or record number."),
            OpenApiParameter("status", str, enum=MedicationOrder.Status.values),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=shapes.OrderPage,
    )
    def get(self, request):
        asked = request.query_params
        status = asked.get("status", "")
        if status and status not in MedicationOrder.Status.values:
            raise Invalid(Finding("bad_status", "This status is not known.", field="status"))
        patient = patient_named(request, asked["patient"][:120]) if asked.get("patient") else None
        page = paged(
            request, orders_of(request.user, patient=patient, status=status), lambda one: one
        )
        rows, page["results"] = page["results"], [worded(one) for one in page["results"]]
        seen = [patient] if patient else list(dict.fromkeys(order.patient for order in rows))
        if seen:
            look(viewer=request.user, now=timezone.now(), what="order.look", things=seen)
        return Response(page)

    @extend_schema(request=shapes.OrderBody, responses={201: shapes.OrderWithFindings})
    def post(self, request):
        asked = _as_asked(request, valid(shapes.OrderBody, request.data))
        asked["patient"] = patient_named(request, asked["patient"])
        for name, find in (("product", product_named), ("ingredient", ingredient_named)):
            if name in asked:
                asked[name] = find(request, asked[name])
        return act_and_note(self, actions.enter_order, word=with_findings, **asked)


class OneOrder(ApiDoor):
    """One order with what the checks say of it now; and to change, hold, resume or end it."""

    permissions = {"GET": "orders.view", "PATCH": "order.change"}

    @extend_schema(responses=shapes.OrderWithFindings)
    def get(self, request, uid):
        order = the_one(request.user, orders_of(request.user), uid=uid)
        look(viewer=request.user, now=timezone.now(), what="order.look", things=[order.patient])
        return Response(with_findings(order))

    @extend_schema(request=shapes.OrderChange, responses=shapes.OrderWithFindings)
    def patch(self, request, uid):
        order = the_one(request.user, orders_of(request.user), uid=uid)
        asked = _as_asked(request, valid(shapes.OrderChange, request.data))
        status, reason = asked.pop("status", None), asked.pop("reason", "")
        overrides = asked.pop("overrides", [])
        if not status and not asked:
            raise Invalid(Finding("nothing", "Say what to change.", field="status"))
        if not status or (asked and status == order.status):
            return act_and_note(
                self,
                actions.change_order,
                word=with_findings,
                status=200,
                about=order,
                order=order,
                reason=reason,
                overrides=overrides,
                **asked,
            )
        if asked:
            words = "Change an order, or give it a new status; not both at once."
            raise Invalid(Finding("two_things", words, field="status"))
        more = {"overrides": overrides} if status == MedicationOrder.Status.ACTIVE else {}
        return act_and_note(
            self,
            TO_STATUS[status],
            word=with_findings,
            status=200,
            about=order,
            order=order,
            reason=reason,
            **more,
        )


def _as_asked(request, given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, by the names that the actions know."""
    asked = {SAME.get(name, name): value for name, value in given.items()}
    if "prescriber" in asked:
        asked["prescriber"] = prescriber_named(request, asked["prescriber"])
    return asked


def worded(order: MedicationOrder) -> dict:
    """An order as JSON."""
    product, ingredient, prescriber = order.product, order.ingredient, order.prescriber
    supplies = getattr(order, "supplies", None)
    if supplies is None:
        supplies = order.dispenses.order_by("pk")
    return {
        "id": str(order.uid),
        "patient": {"id": str(order.patient.uid), "number": order.patient.mrn},
        "product": product and {"id": str(product.uid), "name": product.shown_name},
        "ingredient": ingredient and {"id": str(ingredient.uid), "name": ingredient.name},
        "dose": plain(order.dose),
        "unit": order.dose_unit,
        "route": order.route,
        "timing": order.timing,
        "times_per_day": None if order.times_per_day is None else plain(order.times_per_day),
        "as_needed": order.as_needed,
        "indication": order.indication,
        "quantity": order.quantity,
        "supply_days": order.supply_days,
        "priority": order.priority,
        "prescriber": prescriber and {"id": str(prescriber.uid), "name": prescriber.name},
        "start": order.starts_at.isoformat(),
        "end": order.ends_at.isoformat() if order.ends_at else None,
        "status": order.status,
        "note": order.note,
        "emergency": order.emergency,
        "source": order.source,
        "source_number": order.source_number,
        "entered_at": order.entered_at.isoformat(),
        "dispenses": [
            {"id": str(one.uid), "status": one.status, "wanted": one.wanted} for one in supplies
        ],
    }


def with_findings(order: MedicationOrder) -> dict:
    """An order with what the checks say of it now."""
    found = at_ordering(facts(order, order.product, now=timezone.now()))
    return worded(order) | {"findings": [finding.as_dict() for finding in found]}
