"""A ward's top-up: what was counted on its shelves, what is picked for it, what was delivered."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Trail

from .products import Lot, Product
from .stock_places import StockPlace


class TopUp(Public):
    """One round for one place, filled from another."""

    class Status(models.TextChoices):
        COUNTING = "counting", _("counting")
        PICKING = "picking", _("picking")
        DELIVERING = "delivering", _("on its way")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="top_ups")
    source = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="+")
    carrier = models.ForeignKey(StockPlace, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.COUNTING)
    begun_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["place"],
                name="top_up_one_open",
                condition=Q(status__in=["counting", "picking", "delivering"]),
            ),
        ]

    def __str__(self):
        return f"top-up of {self.place}"


class TopUpLine(models.Model):
    """One product of a round: what the shelf held, what is wanted, picked and delivered."""

    top_up = models.ForeignKey(TopUp, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    counted = models.PositiveBigIntegerField(null=True)
    wanted = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["top_up", "product"], name="top_up_line_unique"),
        ]

    def __str__(self):
        return f"{self.product} in {self.top_up}"


class TopUpPick(models.Model):
    """So much of a lot was picked for a line, and delivered or not yet."""

    line = models.ForeignKey(TopUpLine, on_delete=models.PROTECT, related_name="picks")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    picked = models.PositiveBigIntegerField()
    delivered = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line", "lot"], name="top_up_pick_unique"),
            models.CheckConstraint(
                name="top_up_delivers_what_was_picked",
                condition=Q(delivered__lte=models.F("picked")),
            ),
        ]

    def __str__(self):
        return f"{self.picked} of {self.lot}"
