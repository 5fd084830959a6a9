"""Gateways: where they hang, and how they are."""

from django.db import models

from hims.models import Actor, Floor, Public, Trail, Zone


class Gateway(Public):
    """A receiver that hears tags. x, y and z are metres on its floor; all may be unknown."""

    address = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=120, blank=True)
    floor = models.ForeignKey(Floor, null=True, blank=True, on_delete=models.PROTECT)
    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT)
    x = models.FloatField(null=True, blank=True)
    y = models.FloatField(null=True, blank=True)
    z = models.FloatField(null=True, blank=True)
    device = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="gateways"
    )

    history = Trail()

    def __str__(self):
        return self.name or self.address


class GatewayHealth(models.Model):
    """How a gateway is doing; written by the engine's stream, so it stands beside the gateway.

    clock_offset_s: how far its clock is behind ours (positive) or ahead (negative), in seconds.
    load: as the gateway reports it, 0 to 1.
    """

    gateway = models.OneToOneField(
        Gateway, primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    last_heard_at = models.DateTimeField(null=True)
    readings = models.BigIntegerField(default=0)
    clock_offset_s = models.FloatField(null=True)
    clock_fault = models.BooleanField(default=False)
    load = models.FloatField(null=True)

    def __str__(self):
        return str(self.gateway)
