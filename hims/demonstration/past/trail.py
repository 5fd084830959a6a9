"""The trail of those three months: who looked at whose record and did what, as the gate would have
written it."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from hims.models import Actor, AuditEntry, BreakGlass, Department, Encounter, Shift
from hims.queries.actors import console
from inventory.models import Movement

LOOKS = 2  # at each patient of a visit
STRANGE = 0.01  # looks by somebody who had nothing to do with the patient
GLASS = 9
AT_ONCE = 5_000
HALF_A_DAY = timedelta(hours=12)
DONE = {
    "receipt": "stock.receive",
    "dispense": "pharmacy.dispense",
    "waste": "stock.waste",
    "count": "stock.count",
}


def write(begins: datetime, ends: datetime) -> None:
    """Write entries in order of time, and some records that were opened in need."""
    chance = random.Random("three months of a trail")  # noqa: S311 - no secret
    people = list(Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True).order_by("pk"))
    clinical = [one for one in people if {"nurse", "charge_nurse", "physician"} & set(one.roles)]
    officer = next((one for one in people if "privacy_officer" in one.roles), None)
    shifts = _shifts(clinical, begins, ends)
    entries: list[AuditEntry] = []

    def say(at: datetime, actor: Actor, action: str, named: list[str], reason: str = "") -> None:
        entries.append(
            AuditEntry(
                at=at,
                actor=actor,
                action=action,
                objects_named=named,
                door="web",
                digest=chance.randbytes(32),
                reason=reason,
            )
        )

    visits = list(Encounter.objects.filter(ended_at__lt=ends).select_related("patient"))
    for visit in visits:
        if visit.started_at is None or visit.ended_at is None:
            continue
        named = [f"encounter:{visit.uid}", f"patient:{visit.patient.uid}"]
        for at, action in (
            (visit.started_at, "encounter.begin"),
            (visit.ended_at, "encounter.end"),
        ):
            say(at, chance.choice(_there(shifts, at) or clinical), action, named)
        for _look in range(LOOKS):
            at = visit.started_at + (visit.ended_at - visit.started_at) * chance.random()
            stranger = chance.random() < STRANGE
            who = chance.choice(people if stranger else _there(shifts, at) or clinical)
            say(at, who, "patients.view", [f"patient:{visit.patient.uid}"])
    for movement in Movement.objects.filter(at__lt=ends).select_related("actor"):
        named = [f"movement:{movement.uid}"]
        action = DONE.get(movement.kind, "stock.transfer")
        say(movement.at, movement.actor, action, named, movement.reason)
    for number, visit in enumerate(chance.sample(visits, min(GLASS, len(visits)))):
        later = timedelta(days=chance.uniform(1, 3))
        if visit.ended_at is None or visit.ended_at + later >= ends:
            continue
        at = visit.ended_at + later
        who = chance.choice(clinical)
        broken = BreakGlass.objects.create(
            patient=visit.patient,
            actor=who,
            reason="emergency",
            text="Called back to the ward, no time to ask",
            begun_at=at,
            ends_at=at + timedelta(hours=1),
            **({} if number % 3 == 0 else _reviewed(officer, at, chance)),
        )
        named = [f"patient:{visit.patient.uid}", f"breakglass:{broken.uid}"]
        say(at, who, "glass.break", named, broken.text)
    entries.sort(key=lambda entry: entry.at)
    AuditEntry.objects.bulk_create(entries, batch_size=AT_ONCE)


def _shifts(clinical: list[Actor], begins: datetime, ends: datetime) -> dict[datetime, list[Actor]]:
    """Who worked in the emergency department, by the time at which their twelve hours began: a
    third of them at a time."""
    department = Department.objects.get(code="ED")
    day = timezone.localtime(begins).replace(hour=7, minute=0, second=0, microsecond=0) - HALF_A_DAY
    rows: list[Shift] = []
    found: dict[datetime, list[Actor]] = {}
    number = 0
    while day < ends:
        found[day] = []
        for place, one in enumerate(clinical):
            if (place + number) % 3 == 0:
                found[day].append(one)
                rows.append(
                    Shift(
                        department=department,
                        actor=one,
                        begins_at=day,
                        ends_at=min(day + HALF_A_DAY, ends),
                        planned_by=console(),
                    )
                )
        day, number = day + HALF_A_DAY, number + 1
    Shift.objects.bulk_create(rows, batch_size=AT_ONCE)
    return found


def _there(shifts: dict[datetime, list[Actor]], at: datetime) -> list[Actor]:
    """Who was on shift at `at`."""
    first = next(iter(shifts))
    return shifts.get(first + (at - first) // HALF_A_DAY * HALF_A_DAY, [])


def _reviewed(officer: Actor | None, at: datetime, chance: random.Random) -> dict:
    if officer is None:
        return {}
    return {
        "reviewed_by": officer,
        "reviewed_at": at + timedelta(days=chance.uniform(0.5, 9)),
        "verdict": "justified",
    }
