"""What programs do with a supply on its way: claim, verify, hold, pick, hand over, take back."""

from collections.abc import Callable
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.actions.confirmations import ask_confirmation
from hims.api.base import ApiDoor, paged
from hims.api.confirmations import came_from
from hims.errors import Finding, Invalid
from hims.models import Actor
from inventory.domain.quantities import NotAQuantity, base_units
from pharmacy.actions import emergency, handover, picking, returns, verification
from pharmacy.models import Clarification, Dispense
from pharmacy.queries import asking, worklist

from . import dispense_shapes as shapes
from . import dispenses, reading
from .named import patient_named
from .noting import act_and_note

LABEL, REASON, WORDS = 200, 300, 500


class Supply(ApiDoor):
    """A door about one dispense."""

    def supply(self, uid) -> Dispense:
        found = Dispense.objects.select_related("order__patient", "product")
        return the_one(cast(Actor, self.request.user), found, uid=uid)

    def done(self, action: Callable, uid, **asked: Any) -> Response:
        supply = self.supply(uid)
        return act_and_note(
            self, action, word=_state, status=200, about=supply.order, dispense=supply, **asked
        )


class Claim(Supply):
    """Take a supply for oneself; exactly one has it."""

    permissions = {"POST": "dispensing.claim"}

    @extend_schema(request=None, responses={200: dict})
    def post(self, request, uid):
        return self.done(picking.claim, uid)


class LetGo(Supply):
    """Leave a supply to others."""

    permissions = {"POST": "dispensing.claim"}

    @extend_schema(request=None, responses={200: dict})
    def post(self, request, uid):
        return self.done(picking.let_go, uid)


class Verify(Supply):
    """A pharmacist says that the order is right."""

    permissions = {"POST": "dispensing.verify"}

    @extend_schema(request=shapes.VerifyBody, responses={200: dict})
    def post(self, request, uid):
        body = reading.body_of(request.data or {})
        return self.done(verification.verify, uid, overrides=reading.overrides(body))


class Hold(Supply):
    """Ask the prescriber; the supply waits for the answer."""

    permissions = {"POST": "dispensing.hold"}

    @extend_schema(request=shapes.HoldBody, responses={201: shapes.ClarificationShape})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        question = reading.text(body, "question", most=WORDS)
        return self.act(
            verification.hold, word=asked_worded, dispense=self.supply(uid), question=question
        )


class Drop(Supply):
    """Supply it no more."""

    permissions = {"POST": "dispensing.verify"}

    @extend_schema(request=shapes.ReasonBody, responses={200: dict})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        return self.done(verification.drop, uid, reason=reading.text(body, "reason", most=REASON))


class Picks(Supply):
    """Scan a pack into the basket of a supply."""

    permissions = {"POST": "dispensing.pick"}

    @extend_schema(request=shapes.PickBody, responses={201: shapes.PickedShape})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        supply = self.supply(uid)
        return act_and_note(
            self,
            picking.pick,
            word=_picked,
            about=supply.order,
            dispense=supply,
            place=asking.place_called(reading.text(body, "place", most=60)),
            scan=reading.text(body, "scan", most=reading.LONGEST_CODE),
            quantity=reading.text(body, "quantity", most=40, need=False),
        )


class HandOver(Supply):
    """Hand it to the patient, whose wristband is scanned, or to a collector who is named."""

    permissions = {"POST": "dispensing.hand_over"}

    @extend_schema(request=shapes.HandOverBody, responses={200: dict})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        return self.done(
            handover.hand_over,
            uid,
            label=reading.text(body, "label", most=LABEL),
            wristband=reading.text(body, "wristband", most=LABEL, need=False),
            collector=reading.text(body, "collector", most=120, need=False),
        )


class Returns(Supply):
    """Take back what was supplied, into quarantine or to waste."""

    permissions = {"POST": "dispensing.return"}

    @extend_schema(request=shapes.DispenseReturnBody, responses={201: shapes.ReturnedShape})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        supply = self.supply(uid)
        return self.act(
            returns.take_back,
            word=lambda posted: {
                "movements": [str(one.uid) for one in posted],
                "status": Dispense.objects.values_list("status", flat=True).get(pk=supply.pk),
            },
            dispense=supply,
            lines=backs_of(body),
            reason=reading.text(body, "reason", most=REASON),
            confirmation=reading.text(body, "confirmation", most=60, need=False),
        )


class AskToWaste(Supply):
    """Ask a second person before what came back is wasted."""

    permissions = {"POST": "confirmation.ask"}

    @extend_schema(request=shapes.DispenseReturnBody, responses={201: shapes.AskShape})
    def post(self, request, uid):
        body = reading.body_of(request.data)
        wasted = [(one.lot, one.quantity) for one in backs_of(body) if one.to == returns.WASTE]
        question = asking.before_wasting(self.supply(uid), wasted)
        return self.act(ask_confirmation, word=_asked, asked_from=came_from(request), **question)


class Ask(ApiDoor):
    """Ask a second person before something is supplied: the body is that of the dispense."""

    permissions = {"POST": "confirmation.ask"}

    @extend_schema(request=shapes.DispenseBody, responses={201: shapes.AskShape})
    def post(self, request):
        body = reading.body_of(request.data)
        question = asking.before_supplying(
            viewer=request.user,
            now=timezone.now(),
            order=reading.uid(body, "order"),
            lines=dispenses.lines_of(body),
            place=asking.place_called(reading.text(body, "place", most=60)),
        )
        return self.act(ask_confirmation, word=_asked, asked_from=came_from(request), **question)


class EmergencySupplies(ApiDoor):
    """Supply at once; the order follows."""

    permissions = {"POST": "pharmacy.emergency"}

    @extend_schema(request=shapes.EmergencyBody, responses={201: shapes.DispensedShape})
    def post(self, request):
        body = reading.body_of(request.data)
        return act_and_note(
            self,
            emergency.supply_in_emergency,
            word=dispenses.worded,
            patient=patient_named(request, reading.text(body, "patient", most=120)),
            lines=dispenses.lines_of(body),
            place=reading.text(body, "place", most=60),
            dose=reading.text(body, "dose", most=40),
            dose_unit=reading.text(body, "unit", most=20),
            route=reading.text(body, "route", most=30),
            timing=reading.text(body, "timing", most=120, need=False) or "once",
            reason=reading.text(body, "reason", most=WORDS),
            confirmation=reading.text(body, "confirmation", most=60, need=False),
            overrides=reading.overrides(body),
        )


class Clarifications(ApiDoor):
    """What the pharmacy asked and nobody has answered yet."""

    permissions = {"GET": "orders.view"}

    @extend_schema(responses=shapes.ClarificationPage)
    def get(self, request):
        open_now = worklist.open_questions(viewer=request.user)
        return Response(paged(request, open_now, asked_worded))


class Answer(ApiDoor):
    """The prescriber answers; the supply waits to be verified again."""

    permissions = {"POST": "dispensing.answer"}

    @extend_schema(
        request=shapes.ClarificationAnswerBody, responses={200: shapes.ClarificationShape}
    )
    def post(self, request, uid):
        asked = the_one(
            request.user, Clarification.objects.select_related("dispense__order"), uid=uid
        )
        words = reading.text(reading.body_of(request.data), "answer", most=WORDS)
        return self.act(
            verification.answer, word=asked_worded, status=200, clarification=asked, answer=words
        )


def backs_of(body) -> list[returns.Back]:
    """The lines of what comes back."""
    return [
        _back(one, f"lines.{n}") for n, one in enumerate(reading.listed(body, "lines", most=100))
    ]


def _back(one, where: str) -> returns.Back:
    try:
        quantity = base_units(str(reading.quantity(one, where=where)))
    except NotAQuantity as wrong:
        raise Invalid(Finding("bad_quantity", str(wrong), field=f"{where}.quantity")) from None
    serials = one.get("serials") or []
    if not isinstance(serials, list) or not all(isinstance(s, str) for s in serials):
        raise Invalid(Finding("bad_list", "serials is a list of texts.", field=f"{where}.serials"))
    to = reading.text(one, "to", most=20, where=where, need=False) or returns.QUARANTINE
    if to not in (returns.QUARANTINE, returns.WASTE):
        raise Invalid(Finding("bad_to", "to is quarantine or waste.", field=f"{where}.to"))
    return returns.Back(reading.uid(one, "lot", where=where), quantity, to, tuple(serials[:100]))


def _state(one: Dispense) -> dict:
    until = one.claimed_until
    return {
        "id": str(one.uid),
        "status": one.status,
        "claimed_until": until.isoformat() if until else None,
    }


def asked_worded(one: Clarification) -> dict:
    return {
        "id": str(one.uid),
        "dispense": str(one.dispense.uid),
        "question": one.question,
        "asked_by": one.asked_by.name,
        "asked_at": one.asked_at.isoformat(),
        "answer": one.answer,
        "answered_by": one.answered_by.name if one.answered_by else None,
    }


def _picked(made: picking.Picked) -> dict:
    return {
        "lot": str(made.item.lot.uid),
        "lot_number": made.item.lot.number,
        "quantity": made.item.quantity,
        "notes": [note.as_dict() for note in made.notes],
    }


def _asked(asked) -> dict:
    return {"confirmation": str(asked.uid), "expires_at": asked.expires_at.isoformat()}
