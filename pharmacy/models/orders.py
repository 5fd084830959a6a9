"""What is prescribed, and what must be known of the patient: allergies and weight."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Patient, Public, Trail
from inventory.models import Product

from .formulary import Ingredient

AFTERWARDS = timedelta(hours=72)
"""How long the pharmacy may still look at a patient whose last order has ended."""


class MedicationOrder(Public):
    """A prescription (FHIR MedicationRequest) of a product, or of an ingredient.

    `dose` is in `dose_unit` ("mg", or the product's unit); `times_per_day` is empty where the
    timing is not regular. `quantity` base units are to be supplied for `supply_days` days.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        ON_HOLD = "on-hold", _("on hold")
        COMPLETED = "completed", _("completed")
        STOPPED = "stopped", _("stopped")
        CANCELLED = "cancelled", _("cancelled")

    class Priority(models.TextChoices):
        ROUTINE = "routine", _("routine")
        URGENT = "urgent", _("urgent")
        STAT = "stat", _("at once")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="orders")
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    ingredient = models.ForeignKey(
        Ingredient, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    dose = models.DecimalField(max_digits=14, decimal_places=5)
    dose_unit = models.CharField(max_length=20)
    route = models.CharField(max_length=30)
    timing = models.CharField(max_length=120)
    times_per_day = models.DecimalField(max_digits=6, decimal_places=3, null=True, blank=True)
    as_needed = models.BooleanField(default=False)
    indication = models.CharField(max_length=200, blank=True)
    quantity = models.PositiveBigIntegerField(null=True, blank=True)
    supply_days = models.PositiveSmallIntegerField(default=1)
    priority = models.CharField(max_length=8, choices=Priority, default=Priority.ROUTINE)
    promised_at = models.DateTimeField(null=True, blank=True)
    prescriber = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    note = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=40, blank=True)
    source_number = models.CharField(max_length=80, blank=True)
    emergency = models.BooleanField(default=False)
    entered_at = models.DateTimeField()

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="order_of_something",
                condition=Q(product__isnull=False) | Q(ingredient__isnull=False),
            ),
            models.CheckConstraint(name="order_dose_positive", condition=Q(dose__gt=0)),
            models.CheckConstraint(
                name="order_ends_after_start",
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
            models.UniqueConstraint(
                fields=["source", "source_number"],
                name="order_source_number_unique",
                condition=~Q(source_number=""),
            ),
            models.CheckConstraint(
                name="order_has_prescriber_unless_emergency",
                condition=Q(prescriber__isnull=False) | Q(emergency=True),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "status"], name="order_of_patient"),
        ]

    def __str__(self):
        return f"order {self.uid}"


class Allergy(Public):
    """An allergy or intolerance (FHIR AllergyIntolerance): to an ingredient, to a class of them,
    or in words that nothing can be checked against."""

    class Severity(models.TextChoices):
        MILD = "mild", _("mild")
        MODERATE = "moderate", _("moderate")
        SEVERE = "severe", _("severe")
        UNKNOWN = "unknown", _("not known")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        REFUTED = "refuted", _("refuted")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="allergies")
    ingredient = models.ForeignKey(
        Ingredient, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    allergy_class = models.CharField(max_length=80, blank=True)
    text = models.CharField(max_length=200, blank=True)
    reaction = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.UNKNOWN)
    status = models.CharField(max_length=8, choices=Status, default=Status.ACTIVE)
    recorded_at = models.DateTimeField()

    history = Trail()

    class Meta:
        verbose_name_plural = "allergies"
        constraints = [
            models.CheckConstraint(
                name="allergy_to_something",
                condition=Q(ingredient__isnull=False) | ~Q(allergy_class="") | ~Q(text=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="allergy_of_patient")]

    def __str__(self):
        return f"allergy {self.uid}"


class AllergyStatement(models.Model):
    """That somebody asked: a patient without rows may have none known, or was never asked."""

    patient = models.OneToOneField(
        Patient, on_delete=models.PROTECT, related_name="allergy_statement"
    )
    none_known = models.BooleanField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    history = Trail()

    def __str__(self):
        return f"allergies asked at {self.at:%Y-%m-%d}"


class Weight(Public):
    """A weight in kilograms (FHIR Observation, body weight), when it was measured."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="weights")
    kg = models.DecimalField(max_digits=6, decimal_places=3)
    measured_at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="weight_believable", condition=Q(kg__gt=0, kg__lt=700)),
        ]
        indexes = [models.Index(fields=["patient", "-measured_at"], name="weight_newest")]

    def __str__(self):
        return f"weight {self.uid}"
