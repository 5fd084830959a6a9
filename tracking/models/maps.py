"""What was learnt of the radio: labelled fingerprints, the maps made of them, rooms heard."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Zone

from .sightings import Sighting
from .tags import Tag


class Fingerprint(Public):
    """What one tag was heard by while a person said in which room it was.

    `gateways` and `rssi` (mean dBm) belong together. `held_out`: never taught, only used to judge;
    decided once, when the label is made. Nothing but `withdrawn_at` may change. `x`, `y` metres
    where the place in the room is known.
    """

    class Source(models.TextChoices):
        SCAN = "scan", _("scan")
        PICK = "pick", _("room picked from the list")
        SURVEY = "survey", _("survey walk")
        REFERENCE = "reference", _("reference tag")

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="fingerprints")
    x = models.FloatField(null=True)
    y = models.FloatField(null=True)
    at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source)
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")
    sighting = models.ForeignKey(
        Sighting, null=True, on_delete=models.PROTECT, related_name="fingerprints"
    )
    gateways = ArrayField(models.BigIntegerField())
    rssi = ArrayField(models.FloatField())
    held_out = models.BooleanField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sighting", "tag"], name="fingerprint_once"),
            models.CheckConstraint(
                name="fingerprint_reading_per_gateway",
                condition=Q(gateways__len=F("rssi__len")) & Q(gateways__len__gt=0),
            ),
        ]
        indexes = [models.Index(fields=["zone", "-id"], name="fingerprint_zone")]

    def __str__(self):
        return f"fingerprint {self.pk}"


class RadioMap(Public):
    """A radio map: which labels it learnt from, how it was judged, and what became of it.

    It learnt from the labels up to id `newest` that were not withdrawn at `proposed_at`, without
    those held out. `before` is the map it was judged against on the very same held-out labels;
    None for the map of geometry alone, which has no row and stands while no row is active.
    bins: [[labels, mean stated probability, share right], …] of ten equal bins. drift: [[gateway
    key, labels, median dB], …] of the newest labels against the map before.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("being judged")
        ACTIVE = "active", _("in use")
        KEPT = "kept", _("used before")
        REJECTED = "rejected", _("not taken")
        ROLLED_BACK = "rolled_back", _("taken back")

    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(null=True)
    newest = models.BigIntegerField()
    labels = models.IntegerField()
    held_out = models.IntegerField()
    accuracy = models.FloatField(null=True)
    calibration_error = models.FloatField(null=True)
    bins = models.JSONField(default=list)
    before = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    before_accuracy = models.FloatField(null=True)
    before_calibration_error = models.FloatField(null=True)
    before_bins = models.JSONField(default=list)
    drift = models.JSONField(default=list)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], name="one_active_map", condition=Q(state="active")
            ),
            models.UniqueConstraint(
                fields=["state"], name="one_proposed_map", condition=Q(state="proposed")
            ),
        ]

    def __str__(self):
        return f"map {self.pk}"


class Coverage(models.Model):
    """One row: how well the map in use should find each room, as it was last worked out.

    rooms: {zone key: [gateways that should hear a tag there, probability that it is named]}.
    `map` None: the map of geometry alone.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    made_at = models.DateTimeField()
    map = models.ForeignKey(RadioMap, null=True, on_delete=models.PROTECT, related_name="+")
    rooms = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [models.CheckConstraint(name="one_coverage", condition=Q(id=1))]

    def __str__(self):
        return f"coverage of {self.made_at:%Y-%m-%d %H:%M}"
