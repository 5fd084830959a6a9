"""Dispensing: one supply for an order on its way from received to handed over."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Confirmation, Public
from inventory.models import Lot, Movement, Product, StockPlace

from .orders import MedicationOrder


class Dispense(Public):
    """One supply for an order (FHIR MedicationDispense).

    `wanted` base units of `product` are to be given; what could not be is owed by the next
    dispense, which names this one. The stock leaves when it is dispensed (`movement`).
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("received")
        HELD = "held", _("held")
        VERIFIED = "verified", _("verified")
        PICKED = "picked", _("picked")
        CHECKED = "checked", _("checked")
        HANDED_OVER = "handed-over", _("handed over")
        RETURNED = "returned", _("returned")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (Status.RECEIVED, Status.HELD, Status.VERIFIED, Status.PICKED, Status.CHECKED)

    order = models.ForeignKey(MedicationOrder, on_delete=models.PROTECT, related_name="dispenses")
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    substituted_for = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    wanted = models.PositiveBigIntegerField()
    place = models.ForeignKey(
        StockPlace, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=11, choices=Status, default=Status.RECEIVED)
    urgency = models.PositiveSmallIntegerField(default=2)
    promised_at = models.DateTimeField()
    received_at = models.DateTimeField()
    verified_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    dispensed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dispensed_at = models.DateTimeField(null=True, blank=True)
    movement = models.OneToOneField(
        Movement, null=True, blank=True, on_delete=models.PROTECT, related_name="dispense"
    )
    confirmation = models.OneToOneField(
        Confirmation, null=True, blank=True, on_delete=models.PROTECT, related_name="dispense"
    )
    handed_over_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    handed_over_at = models.DateTimeField(null=True, blank=True)
    handed_over_to = models.CharField(max_length=120, blank=True)
    owed_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="rest"
    )
    prints = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="dispense_wants_something", condition=Q(wanted__gt=0)),
            models.CheckConstraint(
                name="dispense_moved_when_picked",
                condition=Q(movement=None, status__in=["received", "held", "verified", "cancelled"])
                | Q(
                    movement__isnull=False,
                    status__in=["picked", "checked", "handed-over", "returned"],
                ),
            ),
            models.UniqueConstraint(
                fields=["order"],
                name="dispense_one_open_of_an_order",
                condition=Q(status__in=["received", "held", "verified"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["urgency", "promised_at", "id"],
                name="dispense_queue",
                condition=Q(status__in=["received", "held", "verified", "picked", "checked"]),
            ),
        ]

    def __str__(self):
        return f"dispense {self.uid}"


class DispenseLine(models.Model):
    """So much of a lot in a dispense, and what was scanned of it."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="dispense_lines")
    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    returned = models.PositiveBigIntegerField(default=0)
    serials = ArrayField(models.CharField(max_length=20), default=list)
    scanned = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispense", "lot", "place"], name="dispense_line_unique"
            ),
            models.CheckConstraint(name="dispense_line_positive", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="dispense_line_returns_what_was_given",
                condition=Q(returned__lte=models.F("quantity")),
            ),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.lot}"


class BasketItem(models.Model):
    """What was scanned for a dispense and not yet dispensed: kept, so that a counter that lost
    its connection or its person finds it again."""

    dispense = models.ForeignKey(Dispense, on_delete=models.CASCADE, related_name="basket")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveBigIntegerField()
    serials = ArrayField(models.CharField(max_length=20), default=list)
    scanned = models.BooleanField(default=False)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispense", "lot"], name="basket_lot_unique"),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.lot}"


class Clarification(Public):
    """A question of the pharmacy to the prescriber; the dispense is held until it is answered."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="clarifications")
    question = models.CharField(max_length=500)
    asked_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at"], name="clarification_open", condition=Q(answered_at=None)
            ),
        ]

    def __str__(self):
        return self.question
