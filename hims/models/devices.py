"""Machines that knock: gateways, scanners, monitors, interfaces and enrolled phones."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from .base import Trail
from .people import Actor
from .places import Zone


class Device(models.Model):
    """The machine behind an actor of kind device: what it is, where it belongs, what it may."""

    class Kind(models.TextChoices):
        GATEWAY = "gateway", _("gateway")
        SCANNER = "scanner", _("scanner")
        MONITOR = "monitor", _("monitor")
        INTERFACE = "interface", _("interface")
        PHONE = "phone", _("phone")

    class Scope(models.TextChoices):
        READINGS = "readings", _("readings")
        SCANS = "scans", _("scans")
        OBSERVATIONS = "observations", _("observations")
        HL7 = "hl7", _("HL7 messages")
        EVENTS = "events", _("events")
        WAIT_SIGN = "wait_sign", _("wait sign")

    actor = models.OneToOneField(Actor, on_delete=models.PROTECT, related_name="device")
    kind = models.CharField(max_length=10, choices=Kind)
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope), default=list, blank=True)
    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT)
    last_seen_at = models.DateTimeField(null=True)

    history = Trail(excluded_fields=["last_seen_at"])

    def __str__(self):
        return self.actor.username
