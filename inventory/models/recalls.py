"""Recalls of lots: what was called back, and what became of every unit."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Trail

from .products import Lot
from .stock_places import StockPlace


class Recall(Public):
    """Lots called back by a maker or an authority; `reference` is theirs."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CLOSED = "closed", _("closed")

    reference = models.CharField(max_length=120)
    reason = models.CharField(max_length=500)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    opened_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    ended_by = models.ForeignKey(Actor, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)

    history = Trail()

    def __str__(self):
        return self.reference


class RecalledLot(models.Model):
    """One lot of a recall, with the status it had before, so that the recall can be withdrawn."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="lots")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="recalls")
    status_before = models.CharField(max_length=11, choices=Lot.Status)
    units_found = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "lot"], name="recalled_lot_unique"),
        ]

    def __str__(self):
        return f"{self.lot} in {self.recall}"


class RecallTask(Public):
    """Fetch the recalled units of one lot from one place; done when they were counted in."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="tasks")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="+")
    expected = models.PositiveBigIntegerField()
    collected = models.PositiveBigIntegerField(null=True)
    done_by = models.ForeignKey(Actor, null=True, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recall", "lot", "place"], name="recall_task_unique"),
        ]

    def __str__(self):
        return f"{self.lot} from {self.place}"
