"""What was supplied comes back: into quarantine until a pharmacist releases it, or to waste; per
line, and never more than was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.confirmations import use_confirmation
from hims.errors import Finding, Refused
from hims.models import Actor, Confirmation
from inventory.actions.ledger import Entry, Posted, post
from inventory.actions.stock.places import quarantine_place
from inventory.domain.quantities import said
from inventory.models import IssuedSerial, Movement, StockPlace
from pharmacy.models import Dispense, DispenseLine
from pharmacy.queries.second_person import WASTED, wasted_of

from .ended_supplies import came_back
from .verification import held_still, tell

S = Dispense.Status
QUARANTINE, WASTE = "quarantine", "waste"


@dataclass(frozen=True)
class Back:
    """`quantity` base units of the lot with this uid come back, to QUARANTINE or to WASTE.

    serials: of those packs that carry one.
    """

    lot: UUID
    quantity: int
    to: str = QUARANTINE
    serials: tuple[str, ...] = ()


@action("dispensing.return")
def take_back(
    *,
    actor: Actor,
    now: datetime,
    dispense: Dispense,
    lines: Sequence[Back],
    reason: str,
    confirmation: str = "",
) -> list[Posted]:
    """Take back what was supplied; one movement for what is kept, one for what is wasted.

    A controlled drug is wasted before a second person only. Raises Refused for more of a lot than
    was given and has not come back yet.
    """
    found = held_still(dispense)
    if found.movement_id is None or found.product is None:
        raise Refused(Finding("nothing_given", _("Nothing of this was supplied yet.")))
    because = " ".join(reason.split())[:300]
    if len(because) < 3:
        raise Refused(Finding("no_reason", _("Say why it comes back."), field="reason"))
    if not lines or any(line.to not in (QUARANTINE, WASTE) for line in lines):
        text = _("Say what comes back, and whether to quarantine or to waste.")
        raise Refused(Finding("bad_lines", text, field="lines"))
    wasted = [line for line in lines if line.to == WASTE]
    witness = None
    if wasted and (confirmation or found.product.controlled):
        witness = _witness(confirmation, found, wasted, actor, now)
    posted = []
    for kind, to in ((Movement.Kind.RETURN, QUARANTINE), (Movement.Kind.WASTE, WASTE)):
        back = [line for line in lines if line.to == to]
        if not back:
            continue
        parts = [part for line in back for part in _of_what_was_given(found, line)]
        made = post(
            kind=kind,
            entries=[entry for part in parts for entry in _entries(part, to)],
            actor=actor,
            now=now,
            reason=because,
            document=f"dispense {found.uid}",
            witness=witness.given_by if witness and to == WASTE else None,
        )
        _serials_back(parts, made)
        posted.append(made)
    if not found.lines.filter(returned__lt=F("quantity")).exists():
        found.status = S.RETURNED
        found.save(update_fields=["status"])
        came_back(found, actor=actor, now=now)
    touches(found.order, found)
    tell([found])
    return posted


@dataclass(frozen=True)
class _Part:
    """So much of one line of the dispense comes back."""

    line: DispenseLine
    quantity: int
    serials: tuple[str, ...]


@step
def _of_what_was_given(dispense: Dispense, back: Back) -> list[_Part]:
    """Count what comes back on the lines it was given by. Refused for more than was given."""
    given = list(
        dispense.lines.select_related("lot__product", "place__within__within")
        .filter(lot__uid=back.lot)
        .order_by("pk")
    )
    out = sum(line.quantity - line.returned for line in given)
    if not given or not 0 < back.quantity <= out:
        raise Refused(_too_many(dispense, back, given, out))
    carried = {serial for line in given for serial in line.serials}
    serials = back.serials or tuple(sorted(carried) if back.quantity == out else ())
    if carried and not serials:
        text = _("Scan the packs that come back: they carry serial numbers.")
        raise Refused(Finding("serial_needed", text, field="lines"))
    if strange := set(serials) - carried:
        text = _("The pack with serial number %(serial)s was not supplied with this.")
        raise Refused(Finding("serial_unknown", text % {"serial": min(strange)}, field="lines"))
    parts, left = [], back.quantity
    for line in given:
        quantity = min(left, line.quantity - line.returned)
        if quantity:
            line.returned += quantity
            line.save(update_fields=["returned"])
            own = tuple(serial for serial in serials if serial in line.serials)
            parts.append(_Part(line, quantity, own))
            left -= quantity
    return parts


def _too_many(dispense: Dispense, back: Back, given: Sequence[DispenseLine], out: int) -> Finding:
    if not given:
        return Finding("not_given", _("This lot was not supplied with this."), field="lines")
    product = given[0].lot.product
    text = _("%(there)s of lot %(lot)s are with the patient; %(back)s cannot come back.")
    words = {
        "there": said(out, product.unit, product.base_per_unit),
        "lot": given[0].lot.number or "-",
        "back": said(back.quantity, product.unit, product.base_per_unit),
    }
    return Finding("more_than_given", text % words, field="lines")


@step
def _entries(part: _Part, to: str) -> list[Entry]:
    """From the patient into the quarantine of where it came from, or to waste."""
    target: int | StockPlace.Kind = StockPlace.Kind.WASTE
    if to == QUARANTINE:
        target = quarantine_place(part.line.place).pk
    lot = part.line.lot_id
    return [
        Entry(lot, StockPlace.Kind.PATIENT, -part.quantity, part.serials),
        Entry(lot, target, part.quantity),
    ]


@step
def _serials_back(parts: Sequence[_Part], posted: Posted) -> None:
    for part in parts:
        IssuedSerial.objects.filter(
            product=part.line.lot.product_id, serial__in=part.serials, returned_by=None
        ).update(returned_by=posted.id)


@step
def _witness(
    confirmation: str, dispense: Dispense, wasted: Sequence[Back], actor: Actor, now: datetime
) -> Confirmation:
    """The second person who saw it wasted."""
    if not confirmation:
        text = _("A second person must see this wasted: it is controlled.")
        raise Refused(Finding("witness_needed", text, field="confirmation"))
    about = wasted_of(dispense, [(line.lot, line.quantity) for line in wasted])
    return use_confirmation(confirmation, purpose=WASTED, about=about, actor=actor, now=now)
