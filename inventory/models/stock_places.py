"""Where stock lies: real places, and the four that stand for the world outside the shelves."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Public, Trail, Zone


class StockPlace(Public):
    """A place that the ledger knows.

    A virtual place has no level: what left for a patient, came from a supplier, was wasted or was
    found missing is on the other side of its movements, so that nothing appears or vanishes.
    """

    class Kind(models.TextChoices):
        STORE = "store", _("store")
        SHELF = "shelf", _("shelf")
        CABINET = "cabinet", _("cabinet")
        POCKET = "pocket", _("pocket")
        TROLLEY = "trolley", _("trolley")
        WARD = "ward", _("ward stock")
        QUARANTINE = "quarantine", _("quarantine")
        SUPPLIER = "supplier", _("supplier")
        PATIENT = "patient", _("patient")
        WASTE = "waste", _("waste")
        COUNT = "count", _("count difference")

    VIRTUAL = (Kind.SUPPLIER, Kind.PATIENT, Kind.WASTE, Kind.COUNT)

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    virtual = models.BooleanField(default=False)
    zone = models.ForeignKey(
        Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="stock_places"
    )
    within = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    active = models.BooleanField(default=True)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stock_place_virtual_by_kind",
                condition=Q(virtual=True, kind__in=["supplier", "patient", "waste", "count"])
                | Q(
                    virtual=False,
                    kind__in=[
                        *("store", "shelf", "cabinet", "pocket", "trolley", "ward", "quarantine")
                    ],
                ),
            ),
            models.UniqueConstraint(
                fields=["kind"], name="stock_place_one_of_each_virtual", condition=Q(virtual=True)
            ),
            # What the ledger's composite keys (place, virtual) refer to.
            models.UniqueConstraint(fields=["id", "virtual"], name="stock_place_id_virtual"),
        ]

    def __str__(self):
        return self.name


class Par(models.Model):
    """How much of a product a place should hold, in base units.

    Below `reorder_at` it is to be filled up to `par`.
    """

    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="pars")
    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="pars")
    reorder_at = models.PositiveBigIntegerField()
    par = models.PositiveBigIntegerField()

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["place", "product"], name="par_unique"),
            models.CheckConstraint(
                name="par_above_reorder", condition=Q(par__gt=models.F("reorder_at"))
            ),
        ]

    def __str__(self):
        return f"{self.product} at {self.place}"
