"""What is to be seen in the demonstration's emergency department on every day: an isolation
patient, one who boards, visits that tags and messages told of, and how crowded it was.

Each is put on the agenda of the lived hours, and happens there through the real actions.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db.models import Exists, OuterRef

from hims.action import action
from hims.actions import encounters, rooms_by_people
from hims.actions.crowding import note_crowding
from hims.actions.movements import MOVED, patient_moved
from hims.actions.next_steps import bring_to_room
from hims.errors import Refused
from hims.feeds import hl7
from hims.models import Actor, BedSpace, Encounter, Patient, Timer, Zone
from hims.queries.actors import console
from tracking.models import TagAssignment

from . import messages
from .emergency import LIVED, Hours

READ_EACH = timedelta(minutes=15)
TAGGED = 2
TOLD_BY_MESSAGE = (150, 95, 55, 12)  # so many minutes ago
WORN = TagAssignment.objects.filter(patient=OuterRef("pk"), period__endswith__isnull=True)


def put_on_agenda(hours: Hours) -> None:
    """Everything of this module, at its times; the wearers of tags are kept for it."""
    begins, now = hours.now - LIVED, hours.now
    at = begins + READ_EACH
    while at <= now:
        hours.at(at, _read_crowding)
        at += READ_EACH
    worn = set(Patient.objects.filter(Exists(WORN)).values_list("pk", flat=True))
    wearers = [one for one in hours.strangers if one.pk in worn]
    hours.strangers = [one for one in hours.strangers if one.pk not in worn]
    for number, patient in enumerate(wearers[:TAGGED]):
        began = now - timedelta(minutes=48 + 25 * number)
        hours.at(began, partial(_come_with_a_tag, hours, patient))
    for number, minutes in enumerate(TOLD_BY_MESSAGE):
        began = now - timedelta(minutes=minutes)
        hours.at(began, partial(_come_by_message, hours, number))
    hours.at(now - timedelta(minutes=40), _say_an_unknown_ward)
    hours.at(now - timedelta(hours=4, minutes=30), partial(_board, hours))
    hours.at(now - timedelta(minutes=35), partial(_isolate, hours))


def _read_crowding(when: datetime) -> None:
    note_crowding(actor=console(), now=when)


# --- tags ------------------------------------------------------------------------------------


@action("demonstration.walk")
def walk(*, actor: Actor, now: datetime, patient: Patient, zone: Zone, left_at: datetime) -> None:
    """The patient's tag is in `zone` now, and left where it was at `left_at`: what the tracking
    floor would have said of a move that was never heard, because nobody was listening yet."""
    payload = {
        "patient": patient.pk,
        "zone": zone.pk,
        "at": now.isoformat(),
        "left_at": left_at.isoformat(),
    }
    patient_moved(Timer(kind=MOVED, due_at=now, subject="", payload=payload), now)


def _come_with_a_tag(hours: Hours, patient: Patient, when: datetime) -> None:
    visit = encounters.register_visit(
        actor=hours.nurses[0],
        now=when,
        patient=patient,
        department=hours.department,
        visit_class=Encounter.Class.EMERGENCY,
        arrival=Encounter.Arrival.WALK_IN,
        at=when,
        complaint="Abdominal pain",
    )
    triage = Zone.objects.filter(kind=Zone.Kind.TRIAGE, area=hours.department.area).first()
    if triage:
        into = when + timedelta(minutes=4)
        hours.at(
            into,
            lambda at: walk(actor=console(), now=at, patient=patient, zone=triage, left_at=when),
        )
    hours.at(when + timedelta(minutes=9), lambda at: _to_room_with_a_tag(hours, visit, at))


def _to_room_with_a_tag(hours: Hours, visit: Encounter, when: datetime) -> None:
    if visit.acuity is None:
        visit = encounters.triage(
            actor=hours.nurses[0], now=when, encounter=visit, acuity=3, needs=[]
        )
    space = _ready(hours)
    if space is None:
        hours.at(when + timedelta(minutes=4), lambda at: _to_room_with_a_tag(hours, visit, at))
        return
    rooms_by_people.reserve(actor=hours.nurses[0], now=when, space=space, encounter=visit)
    hours.at(
        when + timedelta(minutes=3),
        lambda at: walk(
            actor=console(),
            now=at,
            patient=visit.patient,
            zone=space.zone,
            left_at=at - timedelta(seconds=20),
        ),
    )
    hours.at(when + timedelta(minutes=17), lambda at: hours.see(visit, at))


def _ready(hours: Hours, *needs: str) -> BedSpace | None:
    """The plainest ready space of the department that is alone in its room."""
    ready = BedSpace.objects.filter(
        department=hours.department,
        active=True,
        state=BedSpace.State.READY,
        capabilities__contains=list(needs),
    ).exclude(kind=BedSpace.Kind.CHAIR)
    if "isolation" not in needs:
        ready = ready.exclude(capabilities__contains=["isolation"])
    return min(
        ready.select_related("zone").order_by("pk"),
        key=lambda space: len(space.capabilities),
        default=None,
    )


# --- messages --------------------------------------------------------------------------------

WHO = (
    ("Ustinova", "Saoirse", 1958, "F", "Cut hand"),
    ("Gallivan", "Otto", 1987, "M", "Headache"),
    ("Mbatha", "Imani", 2001, "F", "Back pain"),
    ("Rautio", "Joren", 1973, "M", "Sore throat"),
)


def _come_by_message(hours: Hours, number: int, when: datetime) -> None:
    family, given, born, sex, complaint = WHO[number]
    before = set(Encounter.objects.order_by("-pk").values_list("pk", flat=True)[:1])
    _send(when, number=f"{when:%y%m%d%H%M}0{number}", family=family, given=given, born=born,
          sex=sex, complaint=complaint)  # fmt: skip
    visit = Encounter.objects.exclude(pk__in=before).order_by("-pk").first()
    if visit is not None and visit.department_id == hours.department.pk:
        hours.after(when, 6, lambda at: hours.triage(visit, 4, [], at))


def _say_an_unknown_ward(when: datetime) -> None:
    """A message names a ward that nobody has mapped: it is taken, and listed."""
    _send(when, number=f"{when:%y%m%d%H%M}90", family="Okonjo", given="Leopold", born=1949,
          sex="M", complaint="Known to the ward", ward=messages.UNMAPPED_WARD)  # fmt: skip


def _send(when: datetime, **said) -> None:
    hl7.answer(messages.arrival(at=when, **said), clock=lambda: when)


# --- those who stay --------------------------------------------------------------------------


def _board(hours: Hours, when: datetime) -> None:
    """Somebody is to be admitted for hours, and no ward bed is given to them."""
    visit = encounters.register_visit(
        actor=hours.nurses[0],
        now=when,
        patient=hours.somebody(when),
        department=hours.department,
        visit_class=Encounter.Class.EMERGENCY,
        arrival=Encounter.Arrival.AMBULANCE,
        at=when,
        complaint="Pneumonia",
    )
    encounters.triage(
        actor=hours.nurses[0], now=when + timedelta(minutes=5), encounter=visit, acuity=2, needs=[]
    )
    hours.at(when + timedelta(minutes=8), lambda at: _bring(hours, visit, at))
    hours.at(when + timedelta(minutes=30), lambda at: hours.say(visit, "provider", at))
    hours.at(when + timedelta(minutes=100), lambda at: _admit(hours, visit, at))


def _admit(hours: Hours, visit: Encounter, when: datetime) -> None:
    encounters.set_disposition(
        actor=hours.physicians[0], now=when, encounter=visit, disposition="admit"
    )


def _bring(hours: Hours, visit: Encounter, when: datetime, *needs: str) -> None:
    space = _ready(hours, *needs)
    if space is None:
        hours.at(when + timedelta(minutes=3), lambda at: _bring(hours, visit, at, *needs))
        return
    bring_to_room(actor=hours.nurses[0], now=when, encounter=visit, space=space)


def _isolate(hours: Hours, when: datetime) -> None:
    """Somebody is in the isolation room, unless somebody is there anyway."""
    space = BedSpace.objects.filter(
        department=hours.department, active=True, capabilities__contains=["isolation"]
    ).first()
    if space is None or space.state != BedSpace.State.READY:
        return
    visit = encounters.register_visit(
        actor=hours.nurses[0],
        now=when,
        patient=hours.somebody(when),
        department=hours.department,
        visit_class=Encounter.Class.EMERGENCY,
        arrival=Encounter.Arrival.AMBULANCE,
        at=when,
        complaint="Vomiting and diarrhoea",
    )
    encounters.triage(
        actor=hours.nurses[0], now=when, encounter=visit, acuity=3, needs=["isolation"]
    )
    try:
        bring_to_room(actor=hours.nurses[0], now=when, encounter=visit, space=space)
    except Refused:
        return
    hours.at(when + timedelta(minutes=20), lambda at: hours.say(visit, "provider", at))
