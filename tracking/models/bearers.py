"""A bearer is what carries a tag: an asset, a patient or a staff member; exactly one of them."""

from django.db import models
from django.db.models import F, Func, IntegerField
from django.db.models.lookups import Exact

from hims.models import Patient, Staff
from inventory.models import Asset

BEARERS = ("asset", "patient", "staff")


def exactly_one_bearer(name: str) -> models.CheckConstraint:
    """The constraint that a row names one bearer, no more and no fewer."""
    named = Func(
        *(F(bearer) for bearer in BEARERS), function="num_nonnulls", output_field=IntegerField()
    )
    return models.CheckConstraint(name=name, condition=Exact(named, 1))


class Borne(models.Model):
    """Three columns, one bearer."""

    asset = models.ForeignKey(
        Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    staff = models.ForeignKey(
        Staff, null=True, blank=True, on_delete=models.PROTECT, related_name="%(class)ss"
    )

    class Meta:
        abstract = True

    @property
    def bearer(self) -> Asset | Patient | Staff:
        return self.asset or self.patient or self.staff

    @property
    def bearer_kind(self) -> str:
        return "asset" if self.asset_id else "patient" if self.patient_id else "staff"
