"""Tags, who bears them, and what was heard that nobody knows."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Public, Trail

from .bearers import Borne, exactly_one_bearer
from .gateways import Gateway


class Tag(Public):
    """Something that makes its bearer findable; `address` as tracking.wire.addresses writes it."""

    class Technology(models.TextChoices):
        BLE = "ble", _("Bluetooth beacon")
        RFID = "rfid", _("RFID")
        UHF433 = "433", _("433 MHz")
        WIFI = "wifi", _("Wi-Fi")

    address = models.CharField(max_length=80, unique=True)
    technology = models.CharField(max_length=8, choices=Technology, default=Technology.BLE)
    model = models.CharField(max_length=80, blank=True)

    history = Trail()

    def __str__(self):
        return self.address


class TagHealth(models.Model):
    """What a tag says of itself; written by the engine's stream, so it stands beside the tag."""

    tag = models.OneToOneField(
        Tag, primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    battery_percent = models.SmallIntegerField(null=True)
    heard_at = models.DateTimeField(null=True)

    def __str__(self):
        return str(self.tag)


class TagAssignment(Borne):
    """A tag worn by a bearer for a period; a tag has one bearer at a time."""

    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="assignments")
    period = DateTimeRangeField()

    history = Trail()

    class Meta:
        constraints = [
            exactly_one_bearer("assignment_one_bearer"),
            ExclusionConstraint(
                name="tag_one_bearer_at_a_time",
                expressions=[
                    ("tag", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [
            models.Index(
                fields=["tag"], name="assignment_open", condition=Q(period__endswith__isnull=True)
            ),
        ]

    def __str__(self):
        return f"{self.tag} on {self.bearer}"


class UnknownTransmitter(models.Model):
    """A tag or gateway that was heard and is not registered: adopt it or leave it."""

    class Kind(models.TextChoices):
        TAG = "tag", _("tag")
        GATEWAY = "gateway", _("gateway")

    kind = models.CharField(max_length=8, choices=Kind)
    address = models.CharField(max_length=80)
    first_heard_at = models.DateTimeField()
    last_heard_at = models.DateTimeField(db_index=True)
    count = models.BigIntegerField(default=0)
    strongest_rssi = models.FloatField(null=True)
    strongest_gateway = models.ForeignKey(Gateway, null=True, on_delete=models.SET_NULL)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "address"], name="unknown_once"),
        ]

    def __str__(self):
        return self.address
