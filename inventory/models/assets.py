"""Equipment that is looked for: what it is, whether it is free, and who has spoken for it."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Trail, Zone


class AssetKind(Public):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)

    history = Trail()

    def __str__(self):
        return self.name


class Asset(Public):
    """A piece of equipment (FHIR Device). Its state is what somebody last said, else not known."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("not known")
        FREE = "free", _("free")
        IN_USE = "in_use", _("in use")
        DIRTY = "dirty", _("dirty")
        BROKEN = "broken", _("broken")

    number = models.CharField(max_length=60, unique=True)
    kind = models.ForeignKey(AssetKind, on_delete=models.PROTECT, related_name="assets")
    name = models.CharField(max_length=160)
    serial = models.CharField(max_length=80, blank=True)
    home = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=8, choices=State, default=State.UNKNOWN)
    state_at = models.DateTimeField(null=True, blank=True)
    state_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    service_due_on = models.DateField(null=True, blank=True)

    history = Trail()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "state"], name="asset_kind_state"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="asset_name_trgm"),
            GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name="asset_number_trgm"),
            GinIndex(OpClass(Upper("serial"), name="gin_trgm_ops"), name="asset_serial_trgm"),
        ]

    def __str__(self):
        return self.name


class Reservation(Public):
    """An asset spoken for, for a while. Two people cannot hold it at the same moment."""

    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="reservations")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    period = DateTimeRangeField()

    history = Trail()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="reservation_no_overlap",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self):
        return f"{self.asset} for {self.actor}"
