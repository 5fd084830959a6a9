"""Bed spaces: the places of a room that one patient each can have, and what happens to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .departments import Department
from .people import Actor
from .places import Zone


class Capability(models.TextChoices):
    """What a room can do for a patient, or a patient needs of it."""

    MONITOR = "monitor", _("monitor")
    ISOLATION = "isolation", _("isolation")
    NEGATIVE_PRESSURE = "negative_pressure", _("negative pressure")
    BARIATRIC = "bariatric", _("bariatric")
    RESUSCITATION = "resuscitation", _("resuscitation")


class Cleaning(models.TextChoices):
    """How a space is to be cleaned before the next patient."""

    STANDARD = "standard", _("standard clean")
    ISOLATION = "isolation", _("isolation clean")


class BedSpace(Public):
    """One place for one patient: a bed, a trolley, a chair. A shared bay has several.

    `state` and `since` are what we hold true now, `evidence_at` when something last spoke for it.
    `encounter` is who it is held for or used by. What a clean must be (`cleaning`) stays until a
    person has called it ready. A hallway space is opened when needed, and closed again.
    """

    class State(models.TextChoices):
        READY = "ready", _("ready")
        RESERVED = "reserved", _("reserved")
        OCCUPIED = "occupied", _("in use")
        VACATED = "vacated", _("left, not confirmed")
        DIRTY = "dirty", _("to be cleaned")
        CLEANING = "cleaning", _("being cleaned")
        BLOCKED = "blocked", _("blocked")
        UNKNOWN = "unknown", _("not known")

    class Kind(models.TextChoices):
        BED = "bed", _("bed")
        TROLLEY = "trolley", _("trolley")
        CHAIR = "chair", _("chair")
        HALLWAY = "hallway", _("hallway space")

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="bed_spaces")
    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="bed_spaces")
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.BED)
    capabilities = ArrayField(
        models.CharField(max_length=17, choices=Capability), default=list, blank=True
    )
    active = models.BooleanField(default=True)
    state = models.CharField(max_length=8, choices=State, default=State.UNKNOWN)
    since = models.DateTimeField()
    evidence_at = models.DateTimeField()
    encounter = models.ForeignKey(
        "hims.Encounter", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reserved_until = models.DateTimeField(null=True, blank=True)
    cleaning = models.CharField(max_length=9, choices=Cleaning, blank=True)
    blocked_reason = models.CharField(max_length=200, blank=True)

    history = Trail(excluded_fields=["evidence_at"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="bed_space_held_for_somebody",
                condition=~Q(state__in=["reserved", "occupied"]) | Q(encounter__isnull=False),
            ),
            models.CheckConstraint(
                name="bed_space_ready_is_empty_and_clean",
                condition=~Q(state="ready") | Q(encounter__isnull=True, cleaning=""),
            ),
            models.CheckConstraint(
                name="bed_space_blocked_says_why",
                condition=~Q(state="blocked") | ~Q(blocked_reason=""),
            ),
            models.CheckConstraint(
                name="bed_space_reservation_is_a_lease",
                condition=~Q(state="reserved") | Q(reserved_until__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["encounter"],
                name="bed_space_one_per_patient",
                condition=Q(state="occupied"),
            ),
        ]

    def __str__(self):
        return self.name


class BedSpaceEvent(Public):
    """What happened to a bed space, append-only. `before` is what an undo restores."""

    bed_space = models.ForeignKey(BedSpace, on_delete=models.PROTECT, related_name="events")
    event = models.CharField(max_length=24)
    from_state = models.CharField(max_length=8, choices=BedSpace.State)
    to_state = models.CharField(max_length=8, choices=BedSpace.State)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=8)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "hims.Encounter", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200, blank=True)
    before = models.JSONField(default=dict)
    undoes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by"
    )

    class Meta:
        indexes = [models.Index(fields=["bed_space", "-id"], name="bed_space_latest")]

    def __str__(self):
        return f"{self.bed_space}: {self.event}"


class LeavingSign(models.Model):
    """Something spoke for a patient having left a space: one sign asks, two of different kinds
    are believed. Two gateways are one sign."""

    class Kind(models.TextChoices):
        TAG = "tag", _("tag")
        TAP = "tap", _("tap")
        ADT = "adt", _("ADT message")
        DISPOSITION = "disposition", _("disposition")
        SCAN = "scan", _("scan")

    assignment = models.ForeignKey(
        "hims.BedAssignment", on_delete=models.PROTECT, related_name="leaving_signs"
    )
    kind = models.CharField(max_length=11, choices=Kind)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(default=dict, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.kind} at {self.at:%H:%M}"


class CleaningTask(Public):
    """A space waits to be cleaned, is claimed, is being cleaned (FHIR Task)."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("waiting")
        ACCEPTED = "accepted", _("claimed")
        IN_PROGRESS = "in-progress", _("being cleaned")
        COMPLETED = "completed", _("done")
        CANCELLED = "cancelled", _("cancelled")

    bed_space = models.ForeignKey(BedSpace, on_delete=models.PROTECT, related_name="cleanings")
    kind = models.CharField(max_length=9, choices=Cleaning, default=Cleaning.STANDARD)
    status = models.CharField(max_length=11, choices=Status, default=Status.REQUESTED)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    claimed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bed_space"],
                name="cleaning_one_open",
                condition=Q(status__in=["requested", "accepted", "in-progress"]),
            ),
            models.CheckConstraint(
                name="cleaning_claimed_by_somebody",
                condition=Q(status__in=["requested", "completed", "cancelled"])
                | Q(claimed_by__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.bed_space}: {self.status}"
