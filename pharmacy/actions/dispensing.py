"""To dispense: what was picked leaves the shelf for a patient, wholly or not at all.

    made = dispense(actor=actor, now=now, order=order_uid, place="CP-COUNTER",
                    lines=[Asked(lot=lot_uid, quantity=20), Asked(scan="]d201…", quantity=10)])

The way is: read the codes, lock the order with its open dispense and the lots, ask the checks,
take the second person's yes, post to the ledger, keep what was given and what is owed. Each step
is one statement, so that a whole dispense stays within ten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, NotFound, Refused
from hims.models import Actor
from inventory.models import Product
from pharmacy.domain import supply
from pharmacy.domain.checks import at_dispensing
from pharmacy.domain.facts import Facts
from pharmacy.models import Dispense
from pharmacy.models.orders import AFTERWARDS
from pharmacy.queries import safety
from pharmacy.queries.picked import Asked, picked_lines, the_product

from . import dispensing_rows as rows
from .dispensing_steps import confirmed, moved, place_of, taken_from, together
from .firings import settle

PRESSING = ("stop", "warn")


@dataclass(frozen=True)
class Dispensed:
    """What became of it; quantities in base units of the product that was given.

    owed: the dispense that keeps what could not be given, if any. notes: findings that only
    inform.
    """

    uid: UUID
    movement: UUID
    status: str
    quantity: int
    owed: UUID | None = None
    owed_quantity: int = 0
    notes: tuple[Finding, ...] = ()


@action("pharmacy.dispense")
def dispense(
    *,
    actor: Actor,
    now: datetime,
    order: UUID,
    lines: Sequence[Asked],
    place: str,
    confirmation: str = "",
    overrides: Sequence[Mapping[str, Any]] = (),
) -> Dispensed:
    """Supply the open dispense of an order from `place` (its code or uid).

    Whoever may verify verifies it by dispensing; anybody else needs it verified. Less than is
    wanted leaves the rest owed in a dispense of its own. Raises NotFound for an order that is not
    there, and Refused with every reason and the ways out; then nothing is changed.
    """
    return supplied(
        actor=actor,
        now=now,
        order=order,
        lines=lines,
        place=place,
        confirmation=confirmation,
        overrides=overrides,
        may_verify=actor.may("dispensing.verify"),
    )


@step
def supplied(
    *,
    actor: Actor,
    now: datetime,
    order: UUID,
    lines: Sequence[Asked],
    place: str,
    confirmation: str,
    overrides: Sequence[Mapping[str, Any]],
    may_verify: bool,
) -> Dispensed:
    """The story of `dispense`, shared with the emergency supply."""
    picked = picked_lines(lines, now=now)
    product = the_product(picked)
    lots = [line.lot for line in picked]
    held = rows.locked(order, place, [lot.pk for lot in lots], since=now - AFTERWARDS, now=now)
    if held is None:
        raise NotFound("no such order")
    shelf = place_of(held, place)
    waiting = _waiting(held, actor, may_verify, now)
    touches(held.order, waiting)
    quantity = sum(line.quantity for line in picked)
    measure = supply.Measure(product.pk, product.unit, product.base_per_unit)
    wanted = supply.converted(waiting.wanted, held.ordered, measure)
    known = safety.facts(held.order, product, lots, now=now, quantity=quantity)
    found = [finding for line in picked for finding in line.doubts] + at_dispensing(known)
    found += _of_another(held, known, product)
    found += _of_quantity(wanted, quantity, measure)
    second = confirmed(
        confirmation, held.order, product, shelf, picked, found, actor=actor, now=now
    )
    settle(found, overrides, order=held.order, actor=actor, now=now)
    given_lines = taken_from(held, together(picked))
    posted = moved(given_lines, product, shelf, held.order, second, actor=actor, now=now)
    rest = max((wanted or quantity) - quantity, 0)
    given = rows.Given(
        dispense=waiting,
        product=product.pk,
        place=shelf.pk,
        movement=posted.id,
        confirmation=second.pk if second else None,
        status=Dispense.Status.CHECKED if second else Dispense.Status.PICKED,
        wanted=wanted or quantity,
        owed=rest,
        owed_product=product.pk,
        lines=given_lines,
    )
    owed, out_already = rows.written(given, actor=actor, now=now)
    if out_already:
        raise Refused(*(_out_already(product, serial) for serial in out_already))
    return Dispensed(
        waiting.uid,
        posted.uid,
        given.status,
        quantity,
        owed,
        rest,
        tuple(finding for finding in found if finding.severity not in PRESSING),
    )


def _waiting(held: rows.Held, actor: Actor, may_verify: bool, now: datetime) -> Dispense:
    """The open dispense, or Refused with why nothing may be supplied now."""
    standing = held.standing()
    found = supply.not_now(standing, actor=actor.pk, may_verify=may_verify, now=now)
    if found or held.dispense is None:
        raise Refused(*found)
    return held.dispense


def _of_another(held: rows.Held, known: Facts, product: Product) -> list[Finding]:
    """A stop when an order of an ingredient is to be supplied by another product than was
    verified, unless the two stand in for each other: the number that is wanted counts that one."""
    if held.order.product_id or held.ordered is None or held.ordered.product == product.pk:
        return []
    if known.drug and held.substitution_group == known.drug.substitution_group != "":
        return []
    text = _("Another product was verified for this supply, not %(name)s.")
    return [Finding("wrong_product", text % {"name": product.shown_name}, field="lines")]


def _of_quantity(wanted: int | None, quantity: int, measure: supply.Measure) -> list[Finding]:
    if wanted is not None:
        return supply.too_much(wanted, quantity, measure)
    text = _("What was ordered is not counted in %(unit)s, so this cannot stand in for it.")
    return [Finding("wrong_unit", text % {"unit": measure.unit}, field="lines")]


def _out_already(product: Product, serial: str) -> Finding:
    text = _("The pack of %(product)s with serial %(serial)s was dispensed already.")
    words = {"product": product.shown_name, "serial": serial}
    return Finding("serial_issued", text % words, field="lines")
