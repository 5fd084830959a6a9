"""The pharmacy's counter in the demonstration: patients who were asked and weighed, orders, and a
queue in every state, made through the actions that people use."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from hims.actions.confirmations import ask_confirmation, give_confirmation
from hims.models import Actor, Patient
from hims.wire import own_codes
from inventory.domain.fefo import in_order
from inventory.models import Lot, Product, StockPlace
from inventory.queries.stock import on_hand
from pharmacy.actions.allergies import record_allergy, record_weight, state_none_known
from pharmacy.actions.dispensing import dispense
from pharmacy.actions.handover import hand_over
from pharmacy.actions.knowledge import load_interactions, set_limit
from pharmacy.actions.orders import enter_order
from pharmacy.actions.verification import hold, verify
from pharmacy.models import AllergyStatement, Dispense, DoseLimit, Ingredient, MedicationOrder
from pharmacy.queries.picked import Asked, picked_lines
from pharmacy.queries.second_person import PURPOSE, needs_second_person, stands_for, to_read
from pharmacy.wire import interactions

from .prescribed import (
    ALLERGY_LATER,
    CHECKED,
    HANDED,
    HELD,
    LIMITS,
    NOT_FOR_USE,
    ORDERS,
    PATIENTS,
    PICKED,
    RECEIVED,
    Told,
    Wanted,
)

COUNTER = "DISP"
ASKED_BEFORE = timedelta(days=5)


@dataclass(frozen=True)
class _People:
    """Who works at the counter, and who prescribes."""

    physician: Actor
    pharmacist: Actor
    technician: Actor
    second: Actor
    nurse: Actor


SOURCE = "demonstration"
PAIRS = Path(settings.BASE_DIR) / "fixtures" / "knowledge" / "onc_high_priority.csv"


def opened() -> bool:
    """Whether the limits, which come last, were ever there."""
    return _limited() >= {limit["ingredient"] for limit in LIMITS}


def _limited() -> set[str]:
    """Ingredients that once had a limit for this demonstration: what was withdrawn stays so."""
    rows = DoseLimit.history.filter(source=NOT_FOR_USE)
    return set(rows.values_list("ingredient__name", flat=True))


def open_counter(*, operator: Actor, now: datetime) -> None:
    """Have the patients' records, the orders and the queue; what is there already, when this was
    broken off before, stays as it is."""
    people = _people()
    patients = Patient.objects.in_bulk([told.mrn for told in PATIENTS], field_name="mrn")
    ingredients = {one.name: one for one in Ingredient.objects.all()}
    asked = set(AllergyStatement.objects.values_list("patient__mrn", flat=True))
    for told in (told for told in PATIENTS if told.mrn not in asked):
        _record(told, patients[told.mrn], ingredients, people, now)
    products = Product.objects.in_bulk([one.product for one in ORDERS], field_name="code")
    place = StockPlace.objects.get(code=COUNTER)
    known = set(
        MedicationOrder.objects.filter(source=SOURCE).values_list("source_number", flat=True)
    )
    for number, wanted in sorted(enumerate(ORDERS, 1), key=lambda one: -one[1].minutes):
        if str(number) in known:
            continue
        then = now - timedelta(minutes=wanted.minutes)
        order = _entered(
            wanted, str(number), patients[wanted.mrn], products[wanted.product], people, then
        )
        _brought(order, wanted, place, people, then)
    later = dict(ALLERGY_LATER)
    patient = patients[later.pop("mrn")]
    if not patient.allergies.exists():
        record_allergy(
            actor=people.nurse, now=now - timedelta(minutes=15), patient=patient, **later
        )
    limited = _limited()
    _load_pairs(operator, now)
    for row in (row for row in LIMITS if row["ingredient"] not in limited):
        limit: dict[str, Any] = {**row, "ingredient": ingredients[row["ingredient"]]}
        set_limit(actor=operator, now=now - timedelta(minutes=10), source=NOT_FOR_USE, **limit)


def _load_pairs(operator: Actor, now: datetime) -> None:
    """The list of interacting pairs that comes with the project."""
    with PAIRS.open(encoding="utf-8", newline="") as lines:
        found = interactions.read(lines)
    if found.dated_on is None or found.rejects:
        raise ValueError(f"{PAIRS.name} cannot be read: {found.rejects}")
    load_interactions(
        actor=operator,
        now=now,
        name=found.name,
        citation=found.citation,
        dated_on=found.dated_on,
        pairs=found.pairs,
        reason="demonstration",
    )


def _people() -> _People:
    names = ("physician", "pharmacist", "pharmacy-technician", "bronwen.llewellyn-pugh", "nurse")
    found = Actor.objects.in_bulk(names, field_name="username")
    return _People(*(found[name] for name in names))


def _record(
    told: Told,
    patient: Patient,
    ingredients: dict[str, Ingredient],
    people: _People,
    now: datetime,
) -> None:
    then = now - ASKED_BEFORE
    for allergy in told.allergies:
        asked: dict[str, Any] = dict(allergy)
        if name := asked.pop("ingredient", ""):
            asked["ingredient"] = ingredients[name]
        record_allergy(actor=people.nurse, now=then, patient=patient, **asked)
    if not told.allergies:
        state_none_known(actor=people.nurse, now=then, patient=patient)
    record_weight(
        actor=people.nurse,
        now=then,
        patient=patient,
        kg=told.kg,
        measured_at=then - timedelta(days=told.weighed),
    )


def _entered(
    wanted: Wanted,
    number: str,
    patient: Patient,
    product: Product,
    people: _People,
    then: datetime,
) -> MedicationOrder:
    quantity = wanted.quantity * product.base_per_unit if wanted.quantity else None
    return enter_order(
        actor=people.physician,
        now=then,
        patient=patient,
        product=product,
        dose=wanted.dose,
        dose_unit=wanted.unit,
        route=wanted.route,
        timing=wanted.timing,
        as_needed=wanted.as_needed,
        indication=wanted.indication,
        quantity=quantity,
        supply_days=wanted.days,
        priority=wanted.priority,
        source=SOURCE,
        source_number=number,
        overrides=[
            {"finding": rule, "reason": "not_applicable", "text": wanted.because}
            for rule in wanted.passes
        ],
    )


def _brought(
    order: MedicationOrder,
    wanted: Wanted,
    place: StockPlace,
    people: _People,
    then: datetime,
) -> None:
    """Bring the supply of an order to the state that is wanted of it."""
    if wanted.state == RECEIVED:
        return
    supply = Dispense.objects.get(order=order)
    soon = then + timedelta(minutes=3)
    if wanted.state == HELD:
        hold(actor=people.pharmacist, now=soon, dispense=supply, question=wanted.question)
        return
    verify(actor=people.pharmacist, now=soon, dispense=supply)
    if wanted.state in (PICKED, CHECKED, HANDED):
        _supplied(order, supply, place, people, then + timedelta(minutes=8))
    if wanted.state == HANDED:
        hand_over(
            actor=people.technician,
            now=then + timedelta(minutes=20),
            dispense=supply,
            label=own_codes.written("dispense", str(supply.uid)),
            wristband=own_codes.written("patient", order.patient.mrn),
        )


def _supplied(
    order: MedicationOrder,
    supply: Dispense,
    place: StockPlace,
    people: _People,
    at: datetime,
) -> None:
    """Pick what expires first, with a second person's yes where the rule asks for one."""
    product, today = supply.product, timezone.localdate(at)
    if product is None:
        raise ValueError("orders of the demonstration are of products")
    lines = _first_to_go(product, place, supply.wanted, today, order.supply_days)
    yes = ""
    if needs_second_person(product):
        picked = picked_lines(lines, now=at)
        asked = ask_confirmation(
            actor=people.technician,
            now=at,
            purpose=PURPOSE,
            shown=to_read(order, product, place, picked),
            about=stands_for(order, product, place, picked),
            asked_from="counter",
        )
        give_confirmation(
            actor=people.second, now=at, confirmation=asked, given_from="second person's phone"
        )
        yes = str(asked.uid)
    dispense(
        actor=people.technician,
        now=at,
        order=order.uid,
        lines=lines,
        place=place.code,
        confirmation=yes,
    )


def _first_to_go(
    product: Product, place: StockPlace, wanted: int, today: date, days: int
) -> list[Asked]:
    places = [place, *StockPlace.objects.filter(within=place)]
    lines, missing = [], wanted
    uids = dict(Lot.objects.filter(product=product).values_list("pk", "uid"))
    for one in in_order(on_hand(product, places), today, days):
        part = min(one.quantity, missing)
        if part:
            lines.append(Asked(lot=uids[one.lot], quantity=part, scanned=True))
            missing -= part
    return lines
