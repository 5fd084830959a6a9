"""Patients get a record: found again by their numbers, or new with a record number of ours."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.encounters import begin_encounter
from hims.domain.record_numbers import record_number
from hims.errors import Finding, Refused
from hims.models import (
    Actor,
    CareRelationship,
    Department,
    Encounter,
    Patient,
    PatientIdentifier,
)

CARED_FOR = timedelta(hours=12)
CLASSES: dict[str, str] = {
    Department.Kind.EMERGENCY: Encounter.Class.EMERGENCY,
    Department.Kind.INPATIENT: Encounter.Class.INPATIENT,
}
OLDEST = 130  # years; a birth date before that is a slip of the finger
UNKNOWN_FAMILY = "Unknown"
GREEK = ("Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Theta", "Kappa", "Lambda", "Sigma")


@step
def take_patient(
    *,
    actor: Actor,
    now: datetime,
    identifiers: Sequence[tuple[str, str]] = (),
    mrn: str = "",
    family: str | None = None,
    given: str | None = None,
    birth_date: date | None = None,
    birth_estimated: bool | None = None,
    sex: str | None = None,
    identified: bool | None = None,
    mother: Patient | None = None,
    birth_order: int | None = None,
    died_at: datetime | None = None,
) -> Patient:
    """The patient known by `mrn` or by one of `identifiers` (system, value), else a new one.

    What is None stays as it is. A record that was merged answers with the one that goes on. A
    number of ours is given where `mrn` is empty. Raises Refused when the numbers are of two
    patients, or a birth date cannot be.
    """
    pairs = sorted({(system.strip(), value.strip()) for system, value in identifiers})
    pairs = [(system, value) for system, value in pairs if value]
    _alone_with([*(f"{system}|{value}" for system, value in pairs), *([mrn] if mrn else [])])
    patient = _known_by(pairs, mrn.strip())
    said = {
        "family": family,
        "given": given,
        "birth_date": birth_date,
        "birth_estimated": birth_estimated,
        "sex": sex,
        "identified": identified,
        "mother": mother,
        "birth_order": birth_order,
        "died_at": died_at,
    }
    said = {name: value for name, value in said.items() if value is not None}
    refuse_impossible_birth(birth_date, now)
    if patient is None:
        patient = Patient(mrn=mrn.strip() or new_number(), **{"family": UNKNOWN_FAMILY} | said)
        patient.save()
    else:
        change(patient, **said)
    known = set(patient.identifiers.values_list("system", "value"))
    for system, value in pairs:
        if (system, value) not in known:
            PatientIdentifier(patient=patient, system=system, value=value).save()
    touches(patient)
    return patient


@step
def change(patient: Patient, **said: Any) -> Patient:
    """Save what differs from what is kept."""
    differing = {name: value for name, value in said.items() if getattr(patient, name) != value}
    if differing:
        for name, value in differing.items():
            setattr(patient, name, value)
        patient.save(update_fields=list(differing))
    return patient


@step
def new_number() -> str:
    """A record number that nobody has."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT nextval('hims_record_number')")
            number = record_number(cursor.fetchone()[0])
            if not Patient.objects.filter(mrn=number).exists():
                return number


@action("patient.register")
def register_patient(
    *,
    actor: Actor,
    now: datetime,
    department: Department | None = None,
    complaint: str = "",
    **said: Any,
) -> Patient:
    """Somebody who says who they are. Takes what `take_patient` takes; `family` is needed.

    department: where they arrived just now, if they did. The record opens to whoever made it.
    """
    if not (said.get("family") or "").strip():
        raise Refused(Finding("no_name", _("Give the family name."), field="family"))
    _refuse_taken(said.get("mrn", ""), said.get("identifiers", ()))
    patient = take_patient(actor=actor, now=now, identified=True, **said)
    return _received(patient, department, complaint, actor, now)


@action("patient.register")
def register_unidentified(
    *,
    actor: Actor,
    now: datetime,
    sex: str = Patient.Sex.UNKNOWN,
    age: int | None = None,
    department: Department | None = None,
    complaint: str = "",
) -> Patient:
    """Somebody of whom nobody knows who it is; `age` is guessed, in years."""
    patient = take_unidentified(actor=actor, now=now, sex=sex, age=age)
    return _received(patient, department, complaint, actor, now)


@action("patient.register")
def register_newborn(
    *,
    actor: Actor,
    now: datetime,
    mother: Patient,
    born_at: datetime,
    sex: str = Patient.Sex.UNKNOWN,
    given: str = "",
) -> Patient:
    """A child of `mother`, born at `born_at`; of one day's children each is the next of a birth."""
    mother = Patient.objects.select_for_update().get(pk=mother.pk)
    if born_at > now:
        raise Refused(Finding("not_yet", _("This time is yet to come."), field="born_at"))
    day = timezone.localdate(born_at)
    twins = mother.newborns.filter(
        birth_date__gte=day - timedelta(days=1), birth_date__lte=day + timedelta(days=1)
    )
    order = 1 + max((twin.birth_order or 1 for twin in twins), default=0)
    child = take_patient(
        actor=actor,
        now=now,
        family=mother.family,
        given=given.strip() or f"Newborn {order}",
        birth_date=day,
        sex=sex,
        identified=True,
        mother=mother,
        birth_order=order,
    )
    return _received(child, None, "", actor, now)


@action("patient.register")
def expect_patient(
    *,
    actor: Actor,
    now: datetime,
    department: Department,
    expected_at: datetime,
    complaint: str,
    acuity: int | None = None,
    sex: str = Patient.Sex.UNKNOWN,
    age: int | None = None,
) -> Encounter:
    """Somebody whom an ambulance announced: a planned visit of a stand-in until it is known who."""
    if expected_at < now - timedelta(hours=1):
        raise Refused(Finding("over", _("This time is over."), field="expected_at"))
    return begin_encounter(
        patient=take_unidentified(actor=actor, now=now, sex=sex, age=age),
        department=department,
        visit_class=Encounter.Class.EMERGENCY,
        actor=actor,
        now=now,
        source="tap",
        arrival=Encounter.Arrival.AMBULANCE,
        expected_at=expected_at,
        complaint=complaint,
        acuity=acuity,
    )


@step
def take_unidentified(*, actor: Actor, now: datetime, sex: str, age: int | None) -> Patient:
    """A record with a stand-in name that cannot be taken for anybody's and that no other bears."""
    number = new_number()
    if age is not None and not 0 <= age <= OLDEST:
        raise Refused(Finding("bad_age", _("An age is from 0 to 130 years."), field="age"))
    word = GREEK[int(number[1:-1]) % len(GREEK)]
    return take_patient(
        actor=actor,
        now=now,
        mrn=number,
        family=UNKNOWN_FAMILY,
        given=f"{word} {number[-4:]}",
        sex=sex,
        identified=False,
        birth_date=None if age is None else date(timezone.localdate(now).year - age, 1, 1),
        birth_estimated=age is not None,
    )


@step
def _received(
    patient: Patient, department: Department | None, complaint: str, actor: Actor, now: datetime
) -> Patient:
    """Whoever made the record has the patient before them, and may have seen them arrive."""
    if actor.kind == Actor.Kind.PERSON:
        CareRelationship.objects.create(
            patient=patient,
            actor=actor,
            basis=CareRelationship.Basis.NUMBER,
            begun_at=now,
            ends_at=now + CARED_FOR,
        )
    if department is not None:
        begin_encounter(
            patient=patient,
            department=department,
            visit_class=CLASSES.get(department.kind, Encounter.Class.AMBULATORY),
            actor=actor,
            now=now,
            source="tap",
            at=now,
            complaint=complaint,
        )
    return patient


@action("patient.change")
def identify(
    *,
    actor: Actor,
    now: datetime,
    patient: Patient,
    family: str,
    given: str = "",
    birth_date: date | None = None,
    sex: str = Patient.Sex.UNKNOWN,
) -> Patient:
    """Now we know who it is. Also for what was written down wrongly."""
    patient = Patient.objects.select_for_update().get(pk=patient.pk)
    if not family.strip():
        raise Refused(Finding("no_name", _("Give the family name."), field="family"))
    refuse_impossible_birth(birth_date, now)
    touches(patient)
    return change(
        patient,
        family=family.strip(),
        given=given.strip(),
        birth_date=birth_date,
        birth_estimated=False,
        sex=sex,
        identified=True,
    )


def refuse_impossible_birth(birth_date: date | None, now: datetime) -> None:
    """Raises Refused for a day yet to come, or of longer ago than anybody lives."""
    today = timezone.localdate(now)
    if birth_date is None or (today.year - OLDEST <= birth_date.year and birth_date <= today):
        return
    raise Refused(Finding("bad_birth_date", _("Nobody was born on this day."), field="birth_date"))


def _alone_with(numbers: list[str]) -> None:
    """Two who register the same number at once come one after the other."""
    with connection.cursor() as cursor:
        for number in sorted(numbers):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 5))", [number])


def _known_by(pairs: Sequence[tuple[str, str]], mrn: str) -> Patient | None:
    found = {
        one.patient.merged_into_id or one.patient_id
        for system, value in pairs
        for one in PatientIdentifier.objects.filter(system=system, value=value).select_related(
            "patient"
        )
    }
    if mrn:
        found |= {
            into or key
            for key, into in Patient.objects.filter(mrn=mrn).values_list("pk", "merged_into")
        }
    if len(found) > 1:
        raise Refused(
            Finding("two_patients", _("These numbers are of two patients."), field="identifiers")
        )
    return Patient.objects.select_for_update().get(pk=found.pop()) if found else None


def _refuse_taken(mrn: str, identifiers: Sequence[tuple[str, str]]) -> None:
    taken = bool(mrn) and Patient.objects.filter(mrn=mrn.strip()).exists()
    for system, value in identifiers:
        taken |= PatientIdentifier.objects.filter(system=system, value=value).exists()
    if taken:
        raise Refused(Finding("number_taken", _("Another patient has this number."), field="mrn"))
