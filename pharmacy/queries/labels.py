"""What the label of a dispense says."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.access.scopes import the_one
from hims.models import Actor, Building
from hims.wire import own_codes
from inventory.domain.quantities import said
from inventory.models import Product
from pharmacy.domain.doses import in_product_units, plain
from pharmacy.domain.label import Label
from pharmacy.models import Dispense, MedicationOrder, Medicine

from .orders import parts_of

STORED: dict[str, str | Promise] = {
    Product.Storage.FRIDGE: gettext_lazy("Keep in a fridge, 2 to 8 °C."),
    Product.Storage.FREEZER: gettext_lazy("Keep frozen."),
    Product.Storage.FLAMMABLE: gettext_lazy("Flammable: keep away from fire."),
    Product.Storage.CYTOTOXIC: gettext_lazy("Cytotoxic: handle with gloves."),
}


def printable(viewer: Actor, uid) -> Dispense:
    """A dispense whose stock has left, with all that its label names, or NotFound."""
    dispenses = Dispense.objects.filter(movement__isnull=False).select_related(
        "order__patient", "order__product", "product", "substituted_for", "dispensed_by", "rest"
    )
    return the_one(viewer, dispenses.prefetch_related("lines__lot"), uid=uid)


def label_of(dispense: Dispense, *, copy: int, now: datetime) -> Label:
    """The label of a dispense from `printable`. copy: 1 for the first print."""
    order, product, patient = dispense.order, dispense.product, dispense.order.patient
    if product is None:
        raise ValueError("nothing has left for this dispense")
    lines = list(dispense.lines.all())
    given = sum(line.quantity for line in lines)
    medicine = (
        Medicine.objects.filter(product=product).prefetch_related("strengths__ingredient").first()
    )
    house = Building.objects.order_by("pk").first()
    return Label(
        code=own_codes.written("dispense", str(dispense.uid)),
        patient=", ".join(filter(None, [patient.family, patient.given])),
        patient_number=patient.mrn,
        born=_("born %(day)s") % {"day": _day(patient.birth_date)} if patient.birth_date else "",
        medicine=product.shown_name,
        quantity=said(given, product.unit, product.base_per_unit),
        directions=directions(order, product, medicine),
        cautions=tuple(
            filter(
                None,
                [medicine.label_text if medicine else "", str(STORED.get(product.storage, ""))],
            )
        ),
        lots=tuple(_lot(line.lot) for line in lines),
        marks=tuple(_marks(dispense, product, given)),
        supplied=_supplied(dispense),
        hospital=house.name if house else "",
        copy=copy,
    )


def directions(order: MedicationOrder, product: Product, medicine: Medicine | None) -> str:
    """How it is taken: "1 tablet (500 mg) oral, every 6 hours, as needed. For: pain"."""
    dose = f"{plain(Decimal(order.dose))} {order.dose_unit}"
    units = in_product_units(Decimal(order.dose), order.dose_unit, product.unit, parts_of(medicine))
    if units is not None and order.dose_unit != product.unit:
        dose = f"{plain(units)} {product.unit} ({dose})"
    words = ", ".join(
        filter(None, [f"{dose} {order.route}", order.timing, _("as needed") * order.as_needed])
    )
    return f"{words}. {_('For')}: {order.indication}" if order.indication else f"{words}."


def _marks(dispense: Dispense, product: Product, given: int) -> list[str]:
    marks = []
    if product.high_alert:
        marks.append(_("HIGH ALERT"))
    if product.controlled:
        marks.append(_("CONTROLLED"))
    if dispense.substituted_for:
        marks.append(_("instead of %(name)s") % {"name": dispense.substituted_for.shown_name})
    if given < dispense.wanted:
        words = {
            "given": said(given, product.unit, product.base_per_unit),
            "wanted": said(dispense.wanted, product.unit, product.base_per_unit),
        }
        marks.append(_("PART: %(given)s of %(wanted)s, the rest is owed") % words)
    if dispense.order.emergency and dispense.order.prescriber_id is None:
        marks.append(_("EMERGENCY SUPPLY"))
    return marks


def _supplied(dispense: Dispense) -> str:
    day = date_format(timezone.localdate(dispense.dispensed_at), "j M Y")
    name = dispense.dispensed_by.name if dispense.dispensed_by else "-"
    return _("Supplied %(day)s by %(name)s") % {"day": day, "name": name}


def _lot(lot) -> str:
    if lot.expiry is None:
        return _("Lot %(lot)s.") % {"lot": lot.number or "-"}
    words = {"lot": lot.number or "-", "day": _day(lot.expiry)}
    return _("Lot %(lot)s, use by %(day)s.") % words


def _day(day) -> str:
    return date_format(day, "j M Y")
