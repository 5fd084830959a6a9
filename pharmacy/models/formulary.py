"""What the products of the formulary are as medicines: ingredients, strengths, routes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hims.models import Public, Trail
from inventory.models import Product


class Ingredient(Public):
    """An active substance. `classes` are the names of the groups that an allergy, an interaction
    or a duplicate may mean: "penicillins", "NSAIDs"."""

    name = models.CharField(max_length=120, unique=True)
    classes = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    rxnorm = models.CharField(max_length=12, blank=True)

    history = Trail()

    def __str__(self):
        return self.name


class Medicine(Public):
    """A product as a medicine (FHIR Medication). Products of one `substitution_group` may stand
    in for each other by the formulary's rule."""

    product = models.OneToOneField(Product, on_delete=models.PROTECT, related_name="medicine")
    form = models.CharField(max_length=60)
    routes = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    substitution_group = models.CharField(max_length=80, blank=True, db_index=True)
    label_text = models.CharField(max_length=300, blank=True)
    on_formulary = models.BooleanField(default=True)

    history = Trail()

    def __str__(self):
        return str(self.product)


class Strength(models.Model):
    """`amount` `unit` ("mg", "microgram", "IU") of an ingredient in one unit of the product."""

    medicine = models.ForeignKey(Medicine, on_delete=models.PROTECT, related_name="strengths")
    ingredient = models.ForeignKey(Ingredient, on_delete=models.PROTECT, related_name="strengths")
    amount = models.DecimalField(max_digits=14, decimal_places=5)
    unit = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["medicine", "ingredient"], name="strength_ingredient_unique"
            ),
            models.CheckConstraint(name="strength_positive", condition=Q(amount__gt=0)),
        ]

    def __str__(self):
        return f"{self.ingredient} {self.amount.normalize():f} {self.unit}"
