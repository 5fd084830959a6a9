"""To whom lots went: the dispenses that took from them, their orders and their patients."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from hims.access.scopes import visible_to
from hims.models import Actor, Patient
from inventory.models import Lot
from pharmacy.models import DispenseLine, MedicationOrder

MOST = 1000
"""Lines that are read at once; more of one lot are counted only."""


@dataclass
class Given:
    """What became of lots at the counter, as `viewer` may know it.

    lines: the newest first. hidden_patients and hidden_lines: those the viewer may not know of,
    counted. given and returned: base units of all of them together.
    """

    lines: list[DispenseLine] = field(default_factory=list)
    hidden_patients: int = 0
    hidden_lines: int = 0
    given: int = 0
    returned: int = 0

    @property
    def patients(self) -> list[Patient]:
        return list(dict.fromkeys(line.dispense.order.patient for line in self.lines))

    @property
    def orders(self) -> list[MedicationOrder]:
        return list(dict.fromkeys(line.dispense.order for line in self.lines))


def given_from(lots: Iterable[Lot], *, viewer: Actor) -> Given:
    """The dispenses from `lots`, newest first, at most MOST."""
    # Totals and the number of hidden ones come from all lines: they name nobody.
    everything = list(
        DispenseLine.objects.filter(lot__in=list(lots)).values_list(
            "pk", "dispense__order__patient_id", "quantity", "returned"
        )
    )
    keys = sorted((row[0] for row in everything), reverse=True)[:MOST]
    lines = visible_to(viewer, DispenseLine.objects.filter(pk__in=keys)).select_related(
        "lot__product",
        "place",
        "dispense__order__patient",
        "dispense__order__product",
        "dispense__order__ingredient",
        "dispense__product",
        "dispense__dispensed_by",
    )
    shown = list(lines.order_by("-pk"))
    known = {line.dispense.order.patient_id for line in shown}
    return Given(
        lines=shown,
        hidden_patients=len({row[1] for row in everything} - known),
        hidden_lines=len(everything) - len(shown),
        given=sum(row[2] for row in everything),
        returned=sum(row[3] for row in everything),
    )
