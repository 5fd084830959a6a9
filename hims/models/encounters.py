"""Encounters, their milestones, and the bed spaces that patients were given."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .departments import Department
from .people import Actor, Patient
from .rooms import BedSpace, Capability


class Encounter(Public):
    """A patient's visit or stay (FHIR Encounter), from expected to left.

    `ticket` is what the wait sign shows. `needs` are capabilities that the room must have.
    """

    class Class(models.TextChoices):
        EMERGENCY = "EMER", _("emergency")
        INPATIENT = "IMP", _("inpatient")
        AMBULATORY = "AMB", _("outpatient")

    class Status(models.TextChoices):
        PLANNED = "planned", _("expected")
        ARRIVED = "arrived", _("arrived")
        TRIAGED = "triaged", _("triaged")
        IN_PROGRESS = "in-progress", _("in care")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    class Arrival(models.TextChoices):
        WALK_IN = "walk-in", _("walked in")
        AMBULANCE = "ambulance", _("ambulance")
        REFERRED = "referred", _("referred")
        TRANSFER = "transfer", _("transferred")
        BORN = "born", _("born here")

    class Disposition(models.TextChoices):
        HOME = "home", _("home")
        ADMIT = "admit", _("to be admitted")
        OBSERVE = "observe", _("to be observed")
        TRANSFER = "transfer", _("to another hospital")
        UNSEEN = "left-unseen", _("left before being seen")
        AGAINST_ADVICE = "against-advice", _("left against advice")
        DIED = "died", _("died")

    OPEN = (Status.ARRIVED, Status.TRIAGED, Status.IN_PROGRESS)

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="encounters")
    visit_class = models.CharField(max_length=4, choices=Class)
    status = models.CharField(max_length=11, choices=Status, default=Status.ARRIVED)
    arrival = models.CharField(max_length=9, choices=Arrival, default=Arrival.WALK_IN)
    expected_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ticket = models.CharField(max_length=8, blank=True)
    complaint = models.CharField(max_length=200, blank=True)
    acuity = models.PositiveSmallIntegerField(null=True, blank=True)
    needs = ArrayField(
        models.CharField(max_length=17, choices=Capability), default=list, blank=True
    )
    disposition = models.CharField(max_length=14, choices=Disposition, blank=True)
    attending = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="attending"
    )
    source_system = models.CharField(max_length=80, blank=True)
    visit_number = models.CharField(max_length=80, blank=True)
    source_at = models.DateTimeField(null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="encounter_acuity_is_esi",
                condition=Q(acuity=None) | Q(acuity__gte=1, acuity__lte=5),
            ),
            models.CheckConstraint(
                name="encounter_ends_after_it_began",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
            ),
            models.CheckConstraint(
                name="encounter_finished_has_an_end",
                condition=~Q(status="finished") | Q(ended_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["source_system", "visit_number"],
                name="encounter_visit_number",
                condition=~Q(visit_number=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["department", "started_at"],
                name="encounter_open",
                condition=Q(status__in=["planned", "arrived", "triaged", "in-progress"]),
            ),
            models.Index(fields=["department", "ended_at"], name="encounter_ended"),
        ]

    def __str__(self):
        return self.ticket or self.visit_number or str(self.uid)


class Milestone(Public):
    """Something happened in an encounter: what, when, when we were told, and by whom or what.

    Of each kind one row stands. A correction makes a newer row stand and keeps the older; what a
    tag said and then took back is withdrawn. `evidence` holds what the source gave.
    """

    class Kind(models.TextChoices):
        ARRIVAL = "arrival", _("arrived")
        TRIAGE_START = "triage_start", _("triage began")
        TRIAGE_END = "triage_end", _("triage ended")
        ROOM_ASSIGNED = "room_assigned", _("room given")
        IN_ROOM = "in_room", _("in a room")
        PROVIDER = "provider", _("seen by a doctor")
        RESULTS = "results", _("results are back")
        DISPOSITION = "disposition", _("decided where to")
        BED_REQUESTED = "bed_requested", _("bed asked for")
        BED_ASSIGNED = "bed_assigned", _("bed given")
        BED_READY = "bed_ready", _("bed ready")
        LEFT = "left", _("left")

    class Source(models.TextChoices):
        TAP = "tap", _("tap")
        TAG = "tag", _("tag")
        SCAN = "scan", _("scan")
        HL7 = "hl7", _("HL7 message")
        API = "api", _("other system")
        INFERRED = "inferred", _("inferred")

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="milestones")
    kind = models.CharField(max_length=13, choices=Kind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=8, choices=Source)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(default=dict, blank=True)
    stands = models.BooleanField(default=True)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    reason = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "kind"], name="milestone_stands_once", condition=Q(stands=True)
            ),
            models.CheckConstraint(
                name="milestone_withdrawn_does_not_stand",
                condition=Q(withdrawn_at=None) | Q(stands=False),
            ),
        ]

    def __str__(self):
        return f"{self.kind} of {self.encounter}"


class BedAssignment(Public):
    """A bed space held for a patient, or used by them (FHIR Encounter.location).

    Two patients are never in one space, nor one patient in two, at the same time: the database
    refuses it. `period` is half-open; a reservation ends with its lease. A patient who is away for
    imaging or theatre keeps the space.
    """

    class Status(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        ACTIVE = "active", _("in use")
        COMPLETED = "completed", _("left")
        CANCELLED = "cancelled", _("cancelled")

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="beds")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="beds")
    bed_space = models.ForeignKey(BedSpace, on_delete=models.PROTECT, related_name="assignments")
    status = models.CharField(max_length=9, choices=Status)
    period = DateTimeRangeField()
    away_since = models.DateTimeField(null=True, blank=True)
    away_to = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    assigned_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")

    history = Trail()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_patient_in_a_space",
                expressions=[
                    ("bed_space", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=~Q(status="cancelled"),
            ),
            ExclusionConstraint(
                name="one_space_for_a_patient",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=["active", "completed"]),
            ),
            models.CheckConstraint(
                name="away_while_in_use",
                condition=Q(away_since=None) | Q(status="active"),
            ),
        ]

    def __str__(self):
        return f"{self.bed_space} for {self.encounter}"
