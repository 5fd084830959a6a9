"""The stock ledger: movements, their lines, and the level of each lot at each real place.

Double entry, proved by the database when a transaction commits (migration 0004): the lines of a
movement sum to zero per lot; each line continues the chain of its lot at its place; a level is
what its newest line says. Written by `inventory.actions.ledger` only, in SQL.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public

from .products import Lot
from .stock_places import StockPlace


class Movement(Public):
    """One thing that happened to stock. Never changed: a correction is a movement that reverses.

    `document` names what it was done for: a delivery note, an order, a recall.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")
        TRANSFER = "transfer", _("transfer")
        DISPENSE = "dispense", _("dispense")
        RETURN = "return", _("return")
        WASTE = "waste", _("waste")
        COUNT = "count", _("count")
        FOUND = "found", _("found stock")
        QUARANTINE = "quarantine", _("quarantine")
        RELEASE = "release", _("release")
        REVERSAL = "reversal", _("reversal")

    key = models.CharField(max_length=120, unique=True, null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.CharField(max_length=300, blank=True)
    document = models.CharField(max_length=120, blank=True)
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    witness = models.ForeignKey(Actor, null=True, on_delete=models.PROTECT, related_name="+")
    reverses = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="reversed_by"
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="movement_at"),
            models.Index(fields=["document"], name="movement_document"),
        ]
        constraints = [
            models.CheckConstraint(
                name="movement_witness_is_another",
                condition=Q(witness=None) | ~Q(witness=models.F("actor")),
            ),
            models.CheckConstraint(
                name="movement_reversal_names_the_first",
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses=None)),
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.uid}"


class MovementLine(models.Model):
    """`quantity` base units of a lot came to a place (or left it, when negative).

    At a real place `balance_after` and `seq` number the chain; virtual places have neither.
    """

    movement = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="lines")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="movement_lines")
    place = models.ForeignKey(
        StockPlace, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    virtual = models.BooleanField()
    quantity = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True)
    seq = models.BigIntegerField(null=True)
    serials = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "place", "seq"], name="line_seq_unique"),
            models.CheckConstraint(name="line_moves_something", condition=~Q(quantity=0)),
            models.CheckConstraint(
                name="line_balance_not_negative", condition=Q(balance_after__gte=0)
            ),
            models.CheckConstraint(
                name="line_chained_where_real",
                condition=Q(virtual=True, seq=None, balance_after=None)
                | Q(virtual=False, seq__gte=1, balance_after__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["place", "-id"], name="line_place_newest"),
        ]

    def __str__(self):
        return f"{self.quantity:+d} of {self.lot} at {self.place}"


class StockLevel(models.Model):
    """What a real place holds of a lot now, and how many lines made it so."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="levels", db_index=False)
    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="levels")
    virtual = models.BooleanField(default=False)
    quantity = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lot", "place"], name="level_unique"),
            models.CheckConstraint(name="level_not_negative", condition=Q(quantity__gte=0)),
            models.CheckConstraint(name="level_of_a_real_place", condition=Q(virtual=False)),
        ]

    def __str__(self):
        return f"{self.quantity} of {self.lot} at {self.place}"


class IssuedSerial(models.Model):
    """A pack with a serial number that left for a patient; free again once it came back."""

    product = models.ForeignKey("inventory.Product", on_delete=models.PROTECT, related_name="+")
    serial = models.CharField(max_length=20)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(Movement, on_delete=models.PROTECT, related_name="issued_serials")
    returned_by = models.ForeignKey(
        Movement, null=True, on_delete=models.PROTECT, related_name="returned_serials"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "serial"],
                name="serial_issued_once",
                condition=Q(returned_by=None),
            ),
        ]

    def __str__(self):
        return self.serial


class Count(Public):
    """Somebody counted a lot at a place, and what the ledger said at the version they had seen.

    The difference is booked against that version: stock may move while it is counted. A count of
    a pack that the ledger knew nothing of (`found`) is reviewed afterwards.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="counts")
    place = models.ForeignKey(StockPlace, on_delete=models.PROTECT, related_name="counts")
    counted = models.PositiveBigIntegerField()
    seen_version = models.PositiveBigIntegerField()
    seen_quantity = models.PositiveBigIntegerField()
    found = models.BooleanField(default=False)
    movement = models.OneToOneField(
        Movement, null=True, on_delete=models.PROTECT, related_name="count"
    )
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reviewed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["at"],
                name="count_to_review",
                condition=Q(reviewed_at=None, movement__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.counted} of {self.lot} at {self.place}"
