"""What is kept in stock: products with their packs, and who delivers them."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from hims.models import Public, Trail


class Supplier(Public):
    """An organisation that delivers (FHIR Organization)."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)

    history = Trail()

    def __str__(self):
        return self.name


class Product(Public):
    """Something that is counted, whoever made it (FHIR Medication or InventoryItem).

    Stock is counted in base units, the smallest part that is ever dispensed. People speak of
    `unit` ("tablet", "ml"); `base_per_unit` of them make one: 2 where halves are given, 10 where
    0.1 ml is. `price` is what one unit costs, in the hospital's currency; empty: not known.
    """

    class Storage(models.TextChoices):
        ROOM = "room", _("room temperature")
        FRIDGE = "fridge", _("fridge, 2 to 8 °C")
        FREEZER = "freezer", _("freezer")
        FLAMMABLE = "flammable", _("flammables cupboard")
        CYTOTOXIC = "cytotoxic", _("cytotoxics cupboard")

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    tall_man = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=40)
    base_per_unit = models.PositiveIntegerField(default=1)
    storage = models.CharField(max_length=10, choices=Storage, default=Storage.ROOM)
    schedule = models.CharField(max_length=20, blank=True)
    high_alert = models.BooleanField(default=False)
    look_alike_group = models.CharField(max_length=60, blank=True)
    carries_expiry = models.BooleanField(default=True)
    scan_required = models.BooleanField(default=True)
    ndc = models.CharField(max_length=14, blank=True)
    dmd = models.CharField(max_length=18, blank=True)
    rxnorm = models.CharField(max_length=12, blank=True)
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    active = models.BooleanField(default=True)
    price = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="product_base_per_unit_positive", condition=Q(base_per_unit__gte=1)
            ),
            models.CheckConstraint(name="product_price_not_negative", condition=Q(price__gte=0)),
        ]
        indexes = [
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="product_name_trgm"),
            GinIndex(OpClass(Upper("code"), name="gin_trgm_ops"), name="product_code_trgm"),
            models.Index(fields=["look_alike_group"], name="product_look_alike"),
        ]

    def __str__(self):
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The name as ISMP would have it read: with tall-man letters where there are any."""
        return self.tall_man or self.name

    @property
    def controlled(self) -> bool:
        """Whether the law asks for a register and a second person."""
        return bool(self.schedule)


class Pack(models.Model):
    """A way in which a product comes: `units` base units under one GTIN."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="packs")
    name = models.CharField(max_length=80)
    units = models.PositiveIntegerField()
    gtin = models.CharField(
        max_length=14, unique=True, null=True, blank=True, validators=[RegexValidator(r"^\d{14}$")]
    )

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "name"], name="pack_name_unique"),
            models.CheckConstraint(name="pack_units_positive", condition=Q(units__gte=1)),
            models.CheckConstraint(
                name="pack_gtin_14_digits", condition=Q(gtin__regex=r"^\d{14}$")
            ),
        ]

    def __str__(self):
        return f"{self.product}, {self.name}"


class Lot(Public):
    """A batch of a product. Good until the end of the day that is printed on it.

    `number` is "" for a product that carries none. A status is what somebody said; that the day
    has passed counts whether or not the status says so yet.
    """

    class Status(models.TextChoices):
        RELEASED = "released", _("released")
        QUARANTINED = "quarantined", _("quarantined")
        RECALLED = "recalled", _("recalled")
        EXPIRED = "expired", _("expired")

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="lots")
    number = models.CharField(max_length=40, blank=True)
    expiry = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.RELEASED)
    supplier = models.ForeignKey(
        Supplier, null=True, blank=True, on_delete=models.PROTECT, related_name="lots"
    )

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="lot_number_unique"),
        ]
        indexes = [
            models.Index(fields=["number"], name="lot_number"),
            models.Index(fields=["expiry"], name="lot_expiry"),
            models.Index(
                fields=["status"], name="lot_not_released", condition=~Q(status="released")
            ),
            # What the clock looks through: not all that ever expired.
            models.Index(
                fields=["expiry"],
                name="lot_to_expire",
                condition=Q(status__in=["released", "quarantined"]),
            ),
        ]

    def __str__(self):
        return f"{self.product}, lot {self.number or '-'}"
