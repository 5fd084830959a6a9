"""What we believe now of each bearer's place, and how the engine that believes it is doing."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Floor, Patient, Staff, Zone
from inventory.models import Asset

from .bearers import exactly_one_bearer


class Position(models.Model):
    """The current belief, one row a bearer.

    A row is written when the belief changes, not when a tag is heard: `heard_at` is NULL while
    the bearer is being heard (then the age is the engine's own age), else when it last was.
    candidates: [[zone id, probability], …], likeliest first.
    """

    class Level(models.TextChoices):
        ZONE = "zone", _("room")
        AREA = "area", _("area")
        FLOOR = "floor", _("floor")
        UNKNOWN = "unknown", _("unknown")

    class Source(models.TextChoices):
        RADIO = "radio", _("radio")
        SIGHTING = "sighting", _("scan")

    asset = models.OneToOneField(
        Asset, null=True, on_delete=models.CASCADE, related_name="position"
    )
    patient = models.OneToOneField(
        Patient, null=True, on_delete=models.CASCADE, related_name="position"
    )
    staff = models.OneToOneField(
        Staff, null=True, on_delete=models.CASCADE, related_name="position"
    )
    zone = models.ForeignKey(Zone, null=True, on_delete=models.PROTECT, related_name="positions")
    floor = models.ForeignKey(Floor, null=True, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=8, choices=Level, default=Level.UNKNOWN)
    probability = models.FloatField(default=0)
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    candidates = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    source = models.CharField(max_length=8, choices=Source)
    since = models.DateTimeField()
    heard_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            exactly_one_bearer("position_one_bearer"),
            models.CheckConstraint(
                name="position_probability", condition=Q(probability__gte=0, probability__lte=1)
            ),
            models.CheckConstraint(
                name="position_zone_unless_wider",
                condition=Q(zone__isnull=False) | Q(level__in=["floor", "unknown"]),
            ),
        ]

    def __str__(self):
        return f"position {self.pk}"


class EngineStatus(models.Model):
    """One row: the engine's heartbeat and its counts since it started."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    accepted = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0)
    late = models.BigIntegerField(default=0)
    lag_s = models.FloatField(default=0)
    gaps = models.IntegerField(default=0)
    last_sighting_id = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "engine status"
        constraints = [models.CheckConstraint(name="one_engine", condition=Q(id=1))]

    def __str__(self):
        return f"engine, last beat {self.beat_at:%H:%M:%S}"
