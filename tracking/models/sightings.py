"""What people say and scan of places: the evidence that needs no radio."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Zone

from .bearers import Borne, exactly_one_bearer


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
    """Somebody saw a bearer in a zone, or looked there and did not."""

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

    class Meta:
        constraints = [exactly_one_bearer("sighting_one_bearer")]
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
