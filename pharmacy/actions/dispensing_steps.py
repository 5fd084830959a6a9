"""What a dispense asks of the ground and the first floor: the place, the second person's yes, and
the movement of the stock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.confirmations import use_confirmation
from hims.errors import Finding, Invalid
from hims.models import Actor, Confirmation
from inventory.actions.ledger import Entry, NotEnough, Posted, post
from inventory.actions.stock.places import stands
from inventory.models import Movement, Product, StockPlace
from pharmacy.models import MedicationOrder
from pharmacy.queries.picked import Line
from pharmacy.queries.second_person import ANSWERED, PURPOSE, needs_second_person, stands_for
from pharmacy.queries.ways_out import ways_out

from .dispensing_rows import GivenLine, Held


def place_of(held: Held, asked: str) -> StockPlace:
    """The place to take from; Invalid where there is none, Refused where nothing is taken from."""
    place = held.place
    if place is None:
        text = _("There is no place called %(place)s.") % {"place": asked[:40]}
        raise Invalid(Finding("unknown_place", text, field="place"))
    stands(place, quarantine=False)
    return place


@step
def confirmed(
    text: str,
    order: MedicationOrder,
    product: Product,
    place: StockPlace,
    picked: Sequence[Line],
    found: list[Finding],
    *,
    actor: Actor,
    now: datetime,
) -> Confirmation | None:
    """Take the second person's yes, if one came, for exactly this; it answers the findings that
    ask for one, which leave `found`. Without it, a product that needs one adds a stop."""
    if text:
        about = stands_for(order, product, place, picked)
        yes = use_confirmation(text, purpose=PURPOSE, about=about, actor=actor, now=now)
        found[:] = [finding for finding in found if finding.code not in ANSWERED]
        return yes
    if needs_second_person(product):
        why = _("a controlled drug") if product.controlled else _("a high-alert medicine")
        words = _("%(product)s is %(why)s: a second person must confirm it on their own device.")
        found[:] = [finding for finding in found if finding.code not in ANSWERED]
        found.append(
            Finding(
                "second_person",
                words % {"product": product.shown_name, "why": why},
                field="confirmation",
            )
        )
    return None


def together(picked: Sequence[Line]) -> list[GivenLine]:
    """The lines with one for each lot."""
    by_lot: dict[int, GivenLine] = {}
    for line in picked:
        so_far = by_lot.get(line.lot.pk, GivenLine(line.lot.pk, 0, scanned=True))
        by_lot[line.lot.pk] = GivenLine(
            line.lot.pk,
            so_far.quantity + line.quantity,
            serials=so_far.serials + line.serials,
            scanned=so_far.scanned and line.scanned,
        )
    return list(by_lot.values())


def taken_from(held: Held, lines: Sequence[GivenLine]) -> list[GivenLine]:
    """The lines with the places they come from: the place that was named, then its parts.

    What cannot be found is left to the place itself, where the ledger refuses it.
    """
    found = []
    for line in lines:
        left, serials = line.quantity, line.serials
        for lot, place, there in held.there:
            part = min(left, there)
            if lot == line.lot and part:
                found.append(replace(line, quantity=part, place=place, serials=serials))
                left, serials = left - part, ()
        if left:
            own = held.place.pk if held.place else 0
            found.append(replace(line, quantity=left, place=own, serials=serials))
    return _one_for_each_place(found)


def _one_for_each_place(lines: Sequence[GivenLine]) -> list[GivenLine]:
    merged: dict[tuple[int, int], GivenLine] = {}
    for line in lines:
        so_far = merged.get((line.lot, line.place))
        if so_far:
            line = replace(
                line,
                quantity=line.quantity + so_far.quantity,
                serials=so_far.serials + line.serials,
            )
        merged[line.lot, line.place] = line
    return list(merged.values())


@step
def moved(
    given: Sequence[GivenLine],
    product: Product,
    place: StockPlace,
    order: MedicationOrder,
    second: Confirmation | None,
    *,
    actor: Actor,
    now: datetime,
) -> Posted:
    """Move the stock to the patient; what is short is refused with the ways out."""
    entries = [
        entry
        for line in given
        for entry in (
            Entry(line.lot, line.place, -line.quantity),
            Entry(line.lot, StockPlace.Kind.PATIENT, line.quantity, line.serials),
        )
    ]
    try:
        return post(
            kind=Movement.Kind.DISPENSE,
            entries=entries,
            actor=actor,
            now=now,
            document=f"order {order.uid}",
            witness=second.given_by if second else None,
        )
    except NotEnough as short:
        wanted = sum(line.quantity for line in given)
        short.alternatives = ways_out(product, place, wanted, now=now, viewer=actor)
        raise
