"""What the checks know, each row with its source: interactions, dose limits, and their dates."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hims.models import Actor, Public, Trail

from .formulary import Ingredient


class KnowledgeSource(Public):
    """A list that was loaded: who made it, of which day it is, how much it holds (`rows`)."""

    class Kind(models.TextChoices):
        INTERACTIONS = "interactions", _("interactions")
        DOSES = "doses", _("dose limits")
        FORMULARY = "formulary", _("formulary")

    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(max_length=120, unique=True)
    citation = models.CharField(max_length=300)
    dated_on = models.DateField()
    loaded_at = models.DateTimeField()
    rows = models.PositiveIntegerField(default=0)

    history = Trail()

    def __str__(self):
        return self.name


class Interaction(models.Model):
    """Two names that should not meet: each an ingredient's or a class's. `a` <= `b`, lower case."""

    class Severity(models.TextChoices):
        STOP = "stop", _("stop")
        WARN = "warn", _("warn")

    source = models.ForeignKey(
        KnowledgeSource, on_delete=models.PROTECT, related_name="interactions"
    )
    a = models.CharField(max_length=120, db_index=True)
    b = models.CharField(max_length=120, db_index=True)
    severity = models.CharField(max_length=4, choices=Severity)
    text = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "a", "b"], name="interaction_unique"),
            models.CheckConstraint(name="interaction_in_order", condition=Q(a__lte=F("b"))),
        ]

    def __str__(self):
        return f"{self.a} and {self.b}"


class DoseLimit(Public):
    """What the hospital allows of an ingredient, by route and age, in `unit` ("mg").

    Per kilogram where `per_kg`; `absolute_max` then caps a single dose whatever the weight. Empty
    means: not limited here.
    """

    ingredient = models.ForeignKey(Ingredient, on_delete=models.PROTECT, related_name="limits")
    route = models.CharField(max_length=30, blank=True)
    age_from_days = models.PositiveIntegerField(default=0)
    age_to_days = models.PositiveIntegerField(null=True, blank=True)
    unit = models.CharField(max_length=20)
    per_kg = models.BooleanField(default=False)
    single_min = models.DecimalField(max_digits=14, decimal_places=5, null=True, blank=True)
    single_max = models.DecimalField(max_digits=14, decimal_places=5, null=True, blank=True)
    daily_max = models.DecimalField(max_digits=14, decimal_places=5, null=True, blank=True)
    absolute_max = models.DecimalField(max_digits=14, decimal_places=5, null=True, blank=True)
    source = models.CharField(max_length=200)
    reviewed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_on = models.DateField()

    history = Trail()

    def __str__(self):
        return f"{self.ingredient}, {self.route or 'any route'}"


class RuleFiring(models.Model):
    """A check spoke: which rule, how, and whether somebody passed it and why. Never changed.

    `fingerprint` stands for what exactly it said, without keeping words about a patient.
    """

    class Outcome(models.TextChoices):
        SHOWN = "shown", _("shown")
        OVERRIDDEN = "overridden", _("overridden")
        STOPPED = "stopped", _("stopped")

    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=4)
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    reason_text = models.CharField(max_length=300, blank=True)
    fingerprint = models.CharField(max_length=16, blank=True)
    order = models.ForeignKey(
        "pharmacy.MedicationOrder", null=True, on_delete=models.PROTECT, related_name="firings"
    )
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["rule", "at"], name="firing_of_rule")]

    def __str__(self):
        return f"{self.rule} {self.outcome}"
