"""Schedules, appointments, their series, and who waits for one."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .departments import Department
from .encounters import Encounter
from .people import Actor, Patient, Staff
from .places import Zone


class AppointmentService(Public):
    """What can be booked (FHIR HealthcareService), and how long it takes."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="services")
    minutes = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(name="service_takes_time", condition=Q(minutes__gt=0)),
        ]

    def __str__(self):
        return self.name


class Schedule(Public):
    """When somebody, or a room, can be booked for a service: a weekday's hours in hospital time
    (FHIR Schedule). Its slots are worked out, not stored."""

    service = models.ForeignKey(
        AppointmentService, on_delete=models.PROTECT, related_name="schedules"
    )
    practitioner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules"
    )
    zone = models.ForeignKey(
        Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="schedules"
    )
    weekday = models.PositiveSmallIntegerField()
    begins = models.TimeField()
    ends = models.TimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(name="schedule_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="schedule_ends_after_it_begins", condition=Q(ends__gt=F("begins"))
            ),
            models.CheckConstraint(
                name="schedule_of_somebody_or_some_room",
                condition=Q(practitioner__isnull=False) | Q(zone__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.service} {self.begins:%H:%M}"


class ScheduleClosure(Public):
    """A time in which a person or a room cannot be booked: leave, a day off, repairs."""

    practitioner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="closures"
    )
    zone = models.ForeignKey(
        Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="closures"
    )
    period = DateTimeRangeField()
    reason = models.CharField(max_length=200)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="closure_of_somebody_or_some_room",
                condition=Q(practitioner__isnull=False) | Q(zone__isnull=False),
            ),
        ]

    def __str__(self):
        return self.reason


class AppointmentSeries(Public):
    """Recurring appointments: every so many days or weeks, so many times."""

    class Unit(models.TextChoices):
        DAY = "d", _("days")
        WEEK = "wk", _("weeks")
        MONTH = "mo", _("months")

    every = models.PositiveSmallIntegerField(default=1)
    unit = models.CharField(max_length=2, choices=Unit, default=Unit.WEEK)
    count = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    def __str__(self):
        return f"{self.count} times, every {self.every} {self.unit}"


class Appointment(Public):
    """A patient, a service, a time, a person and a room (FHIR Appointment).

    While it is booked, arrived or in progress nobody else can have the person, the room or the
    patient at that time: the database refuses it. `period` is half-open.
    """

    class Status(models.TextChoices):
        BOOKED = "booked", _("booked")
        ARRIVED = "arrived", _("arrived")
        FULFILLED = "fulfilled", _("took place")
        NO_SHOW = "noshow", _("did not come")
        CANCELLED = "cancelled", _("cancelled")

    HOLDS = ("booked", "arrived", "fulfilled")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    service = models.ForeignKey(
        AppointmentService, on_delete=models.PROTECT, related_name="appointments"
    )
    practitioner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    zone = models.ForeignKey(
        Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="appointments"
    )
    period = DateTimeRangeField()
    status = models.CharField(max_length=9, choices=Status, default=Status.BOOKED)
    reason = models.CharField(max_length=200, blank=True)
    series = models.ForeignKey(
        AppointmentSeries,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="appointments",
    )
    encounter = models.OneToOneField(
        Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="appointment"
    )
    rescheduled_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="rescheduled_to"
    )
    checked_in_at = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_why = models.CharField(max_length=200, blank=True)
    source_system = models.CharField(max_length=80, blank=True)
    source_number = models.CharField(max_length=80, blank=True)
    booked_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()

    history = Trail()

    class Meta:
        constraints = [
            *(
                ExclusionConstraint(
                    name=f"appointment_one_a_{what}",
                    expressions=[
                        (what, RangeOperators.EQUAL),
                        ("period", RangeOperators.OVERLAPS),
                    ],
                    condition=Q(status__in=["booked", "arrived", "fulfilled"]),
                )
                for what in ("practitioner", "zone", "patient")
            ),
            models.CheckConstraint(
                name="appointment_with_somebody_or_somewhere",
                condition=Q(practitioner__isnull=False) | Q(zone__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["source_system", "source_number"],
                name="appointment_source_number",
                condition=~Q(source_number=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["booked_at"], name="appointment_booked", condition=Q(status="booked")
            ),
            GistIndex(fields=["period"], name="appointment_when"),
        ]

    def __str__(self):
        return f"{self.service} {self.period.lower:%Y-%m-%d %H:%M}"


class WaitingListEntry(Public):
    """A patient who would take an earlier time, or waits for a first one.

    What was offered last, and when, is kept; it is held for nobody until it is booked.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        OFFERED = "offered", _("offered")
        BOOKED = "booked", _("booked")
        WITHDRAWN = "withdrawn", _("withdrawn")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="waiting_for")
    service = models.ForeignKey(
        AppointmentService, on_delete=models.PROTECT, related_name="waiting_list"
    )
    practitioner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    urgency = models.PositiveSmallIntegerField(default=2)
    earliest = models.DateField()
    latest = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.WAITING)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(null=True, blank=True)
    offered_begins_at = models.DateTimeField(null=True, blank=True)
    offered_practitioner = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    offered_zone = models.ForeignKey(
        Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    appointment = models.ForeignKey(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = Trail()

    class Meta:
        verbose_name_plural = "waiting list entries"
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "service"],
                name="waiting_once",
                condition=Q(status__in=["waiting", "offered"]),
            ),
        ]

    def __str__(self):
        return f"{self.patient} for {self.service}"
