"""What people say and scan of places: the evidence that needs no radio."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Floor, Public, Zone

from .bearers import Borne, exactly_one_bearer
from .positions import Position


class Scan(Public):
    """A code read by a person or a device, whatever it turned out to be."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("asset")
        PATIENT = "patient", _("patient")
        STAFF = "staff", _("staff")
        PRODUCT = "product", _("product")
        LOT = "lot", _("lot")
        ZONE = "zone", _("room")
        ORDER = "order", _("order")
        UNKNOWN = "unknown", _("unknown")

    code = models.TextField()
    scanner = models.CharField(max_length=120, blank=True)
    symbology = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    zone = models.ForeignKey(Zone, null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    subject = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["received_at"], name="scan_received")]

    def __str__(self):
        return f"scan {self.pk}"


class Sighting(Borne, Public):
    """Somebody saw a bearer in a zone, or looked there and did not.

    The believed columns keep what the locator said of a piece of equipment just before, so that
    its answers can be judged; the probability is aged, as it is shown. A level of "" means that it
    was not kept: of people never, and not of scans that came late.
    """

    class Source(models.TextChoices):
        SCAN = "scan", _("scan")
        PICK = "pick", _("room picked from the list")
        NOT_THERE = "not_there", _("not there")
        SURVEY = "survey", _("survey walk")

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="sightings")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source)
    was_first_answer = models.BooleanField(null=True)
    believed_zone = models.ForeignKey(Zone, null=True, on_delete=models.PROTECT, related_name="+")
    believed_floor = models.ForeignKey(Floor, null=True, on_delete=models.PROTECT, related_name="+")
    believed_level = models.CharField(max_length=8, choices=Position.Level, blank=True)
    believed_probability = models.FloatField(null=True)
    believed_source = models.CharField(max_length=8, choices=Position.Source, blank=True)

    class Meta:
        constraints = [
            exactly_one_bearer("sighting_one_bearer"),
            models.CheckConstraint(
                name="sighting_belief_is_whole",
                condition=Q(believed_level="", believed_probability=None)
                | Q(asset__isnull=False, believed_probability__gte=0, believed_probability__lte=1)
                & ~Q(believed_level=""),
            ),
        ]
        indexes = [
            models.Index(fields=["asset", "-at"], name="sighting_asset_at"),
            models.Index(
                fields=["received_at"],
                name="sighting_answers",
                condition=Q(was_first_answer__isnull=False),
            ),
        ]

    def __str__(self):
        return f"sighting {self.pk}"
