"""Programs dispense, and see what was dispensed."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema

from hims.api.base import ApiDoor
from hims.errors import Finding, Invalid
from pharmacy.actions import dispensing
from pharmacy.queries.picked import MOST_LINES, Asked

from . import dispense_shapes as shapes
from . import reading


class Dispenses(ApiDoor):
    """Dispenses, newest first; and to dispense."""

    permissions = {"GET": "orders.view", "POST": "pharmacy.dispense"}

    @extend_schema(request=shapes.DispenseBody, responses={201: shapes.DispensedShape})
    def post(self, request):
        body = reading.body_of(request.data)
        return self.act(
            dispensing.dispense,
            word=worded,
            order=reading.uid(body, "order"),
            place=reading.text(body, "place", most=60),
            lines=lines_of(body),
            confirmation=reading.text(body, "confirmation", most=60, need=False),
            overrides=reading.overrides(body),
        )


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


def labels_of(uid) -> dict[str, str]:
    """The addresses of the label."""
    return {
        "pdf": reverse("api-dispense-label-pdf", args=[uid]),
        "zpl": reverse("api-dispense-label-zpl", args=[uid]),
    }
