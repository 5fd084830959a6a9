"""The hospital itself: buildings, floors, zones and the doors between them."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail


class Building(Public):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)

    history = Trail()

    def __str__(self):
        return self.name


class Floor(Public):
    """A storey.

    Its plan picture, if any, is `plan_width` metres wide and starts at plan_x, plan_y.
    """

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="floors")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    level = models.SmallIntegerField(default=0)
    plan = models.ImageField(upload_to="plans/", null=True, blank=True)
    plan_x = models.FloatField(default=0)
    plan_y = models.FloatField(default=0)
    plan_width = models.FloatField(null=True, blank=True)

    history = Trail()

    class Meta:
        ordering = ["building__code", "level", "code"]
        constraints = [
            models.UniqueConstraint(fields=["building", "code"], name="floor_code_in_building"),
        ]

    def __str__(self):
        return self.name


class Zone(Public):
    """A room, bay, corridor or area on a floor; `polygon` is WKT in metres, or empty if undrawn."""

    class Kind(models.TextChoices):
        AREA = "area", _("area")
        BAY = "bay", _("bay")
        ROOM = "room", _("room")
        WARD = "ward", _("ward")
        THEATRE = "theatre", _("theatre")
        IMAGING = "imaging", _("imaging")
        PHARMACY = "pharmacy", _("pharmacy")
        STORE = "store", _("store")
        CORRIDOR = "corridor", _("corridor")
        LIFT = "lift", _("lift")
        STAIRS = "stairs", _("stairs")
        ENTRANCE = "entrance", _("entrance")
        OFFICE = "office", _("office")
        UTILITY = "utility", _("utility room")
        WAITING = "waiting", _("waiting room")
        TRIAGE = "triage", _("triage")

    floor = models.ForeignKey(Floor, on_delete=models.PROTECT, related_name="zones")
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ROOM)
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    area = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )
    polygon = models.TextField(blank=True)

    history = Trail()

    class Meta:
        indexes = [
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="zone_name_trgm"),
        ]
        constraints = [
            models.CheckConstraint(
                name="zone_not_its_own_area", condition=Q(area__isnull=True) | ~Q(area=F("id"))
            ),
        ]

    def __str__(self):
        return self.name


class Door(models.Model):
    """A way between two zones; lifts and stairs join floors. `seconds` is the walk through it."""

    class Kind(models.TextChoices):
        DOOR = "door", _("door")
        LIFT = "lift", _("lift")
        STAIRS = "stairs", _("stairs")

    a = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="doors_out")
    b = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="doors_in")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.DOOR)
    seconds = models.FloatField(null=True, blank=True)
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["a", "b", "kind"], name="one_door_of_a_kind"),
            models.CheckConstraint(name="door_joins_two_zones", condition=~Q(a=F("b"))),
        ]

    def __str__(self):
        return f"{self.a} – {self.b}"
