"""Orders to suppliers: suggested from reorder points, sent by a person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Trail

from .products import Product, Supplier


class PurchaseOrder(Public):
    class Status(models.TextChoices):
        SUGGESTED = "suggested", _("suggested")
        ORDERED = "ordered", _("ordered")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    supplier = models.ForeignKey(Supplier, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=9, choices=Status, default=Status.SUGGESTED)
    made_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    history = Trail()

    def __str__(self):
        return f"order {self.uid}"


class PurchaseLine(models.Model):
    order = models.ForeignKey(PurchaseOrder, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "product"], name="purchase_line_unique"),
            models.CheckConstraint(name="purchase_quantity_positive", condition=Q(quantity__gt=0)),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.product}"
