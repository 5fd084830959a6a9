"""What was asked, line by line, and what it means: a lot, a number of base units, serial numbers.

A line is a dictionary with one of
    scan                            what a scanner read (symbology beside it, if known)
    lot                             the uid of a lot
    product, lot_number, expiry     the code of a product, and what is printed on the pack
and with
    quantity, unit      a text; without a unit base units, else "base", the product's unit or the
                        name of one of its packs. A scan without a quantity is one pack
    lot_number, expiry  beside a scan: what its code does not say
    unscanned           why a pack that must be scanned was not
    version             of a count: the version of the level that its counter saw
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hims.action import step
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor
from inventory.domain.fefo import unusable
from inventory.domain.quantities import NotAQuantity, base_units
from inventory.models import Lot, Pack, Product
from inventory.queries.scanned import NOTE, Resolved, resolve_all

Asked = dict[str, Any]
MOST_LINES = 500
LONGEST_LOT = 40
SAID_BY_THE_LINE = {"no_lot", "unknown_lot"}
"""Notes of a code that the line itself may answer."""


@dataclass(frozen=True)
class Moved:
    """One line, understood. `quantity` is in base units; `lot` is not saved yet where a new one is
    received; `field` names the line in findings."""

    product: Product
    lot: Lot
    quantity: int
    field: str
    serials: tuple[str, ...] = ()
    unscanned: str = ""
    version: int | None = None


@dataclass
class Understood:
    """The lines of one request, and what is worth knowing although it stops nothing."""

    lines: list[Moved] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)

    @property
    def unscanned(self) -> str:
        """Why packs were not scanned, for the movement's reason."""
        why = dict.fromkeys(one.unscanned for one in self.lines if one.unscanned)
        return "; ".join(why)


def understood(
    asked: Sequence[Asked],
    *,
    actor: Actor,
    now: datetime,
    new_lots: bool = False,
    none: bool = False,
) -> Understood:
    """The lines as they are meant. Raises Invalid for what is no line, Refused with all that is
    wrong with the lines.

    new_lots: a lot that was never received may be named; `record_new` then keeps it. none: a
    quantity may be zero.
    """
    if not asked:
        raise Invalid(Finding("no_lines", _("Scan at least one pack."), field="lines"))
    if len(asked) > MOST_LINES:
        text = _("More than %(most)d lines are too many at once.")
        raise Invalid(Finding("too_many_lines", text % {"most": MOST_LINES}, field="lines"))
    known = _looked_up(asked, actor, now)
    packs: dict[int, list[Pack]] = {}
    products = {one.product.pk for one in known if one.product}
    for pack in Pack.objects.filter(product__in=products).order_by("units", "pk"):
        packs.setdefault(pack.product_id, []).append(pack)
    result, wrong = Understood(), []
    for number, (line, subject) in enumerate(zip(asked, known, strict=True)):
        reading = _Reading(line, subject, f"lines.{number}", packs, new_lots, none)
        moved = reading.moved()
        wrong += reading.stops
        result.notes += reading.notes
        if moved:
            result.lines.append(moved)
    if wrong:
        raise Refused(*wrong)
    return result


@step
def record_new(lines: Sequence[Moved], supplier: Any = None) -> list[Moved]:
    """The lines with their new lots saved. Raises Refused when somebody saved the same lot at the
    same moment with another expiry date."""
    kept: dict[tuple[int, str], Lot] = {}
    result = []
    for one in lines:
        if one.lot.pk is None:
            key = (one.product.pk, one.lot.number)
            if key not in kept:
                kept[key], _fresh = Lot.objects.get_or_create(
                    product=one.product,
                    number=one.lot.number,
                    defaults={"expiry": one.lot.expiry, "supplier": supplier},
                )
            if kept[key].expiry != one.lot.expiry:
                raise Refused(conflict(kept[key], one.lot.expiry, f"{one.field}.expiry"))
            one = replace(one, lot=kept[key])
        result.append(one)
    return result


def conflict(lot: Lot, said: date | None, where: str) -> Finding:
    """The date that was read is not the one that is stored."""
    text = _("Lot %(lot)s expires %(stored)s here, not %(said)s. Compare with what is printed.")
    words = {"lot": lot.number or "-", "stored": _day(lot.expiry), "said": _day(said)}
    return Finding("expiry_conflict", text % words, field=where)


def state_of(one: Moved, now: datetime, **more: str) -> Finding | None:
    """Why what the line names may not be used: recalled, quarantined or expired; None if it may."""
    state = unusable(one.lot.status, one.lot.expiry, timezone.localdate(now))
    text = {
        "recalled": _("Lot %(lot)s of %(name)s is recalled."),
        "quarantined": _("Lot %(lot)s of %(name)s is in quarantine."),
        "expired": _("Lot %(lot)s of %(name)s expired on %(day)s."),
    }.get(state)
    if text is None:
        return None
    words = {
        "lot": one.lot.number or "-",
        "name": one.product.shown_name,
        "day": _day(one.lot.expiry),
    }
    return Finding(state, text % words, field=one.field, **more)


def _day(day: date | None) -> str:
    return date_format(day, "j M Y") if day else _("without a date")


# --- what the lines name ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Subject:
    """What a line names, as far as it is known."""

    product: Product | None = None
    lot: Lot | None = None
    read: Resolved | None = None


def _looked_up(asked: Sequence[Asked], actor: Actor, now: datetime) -> list[_Subject]:
    """What each line names, in one statement for each way of naming."""
    for number, line in enumerate(asked):
        named = [key for key in ("scan", "lot", "product") if line.get(key)]
        if len(named) != 1:
            text = _("A line names what it is about in one way: scan, lot or product.")
            raise Invalid(Finding("no_subject", text, field=f"lines.{number}"))
    scans = list(dict.fromkeys(line["scan"] for line in asked if line.get("scan")))
    read = dict(zip(scans, resolve_all(scans, viewer=actor, now=now), strict=True)) if scans else {}
    uids = {uid for line in asked if (uid := _uid(line.get("lot")))}
    lots = Lot.objects.filter(uid__in=uids).select_related("product") if uids else ()
    by_uid = {str(lot.uid): lot for lot in lots}
    codes = {line["product"] for line in asked if line.get("product")}
    products = Product.objects.filter(code__in=codes) if codes else ()
    by_code = {product.code: product for product in products}
    found = []
    for line in asked:
        if line.get("scan"):
            one = read[line["scan"]]
            found.append(_Subject(one.product, one.lot, one))
        elif line.get("lot"):
            lot = by_uid.get(_uid(line["lot"]) or "")
            found.append(_Subject(lot.product if lot else None, lot))
        else:
            found.append(_Subject(by_code.get(line["product"])))
    return _with_typed_lots(asked, found)


def _with_typed_lots(asked: Sequence[Asked], found: list[_Subject]) -> list[_Subject]:
    """The lots that are named by the number on the pack, beside a product or a scan."""
    missing = [
        (one.product.pk, number)
        for line, one in zip(asked, found, strict=True)
        if one.product and one.lot is None and (number := lot_number_of(line, one.read)) is not None
    ]
    if not missing:
        return found
    lots = Lot.objects.filter(
        product__in={product for product, _number in missing},
        number__in={number for _product, number in missing},
    )
    by_number = {(lot.product_id, lot.number): lot for lot in lots}
    result = []
    for line, one in zip(asked, found, strict=True):
        if one.product and one.lot is None:
            lot = by_number.get((one.product.pk, lot_number_of(line, one.read)))
            if lot:
                lot.product = one.product
            one = replace(one, lot=lot)
        result.append(one)
    return result


def lot_number_of(line: Asked, read: Resolved | None) -> str:
    """The number of the lot, as the code says it or as it was typed; "" where there is none."""
    scanned = read.code.lot if read else None
    return scanned or (line.get("lot_number") or "").strip()


def _uid(text: Any) -> str | None:
    try:
        return str(UUID(str(text)))
    except ValueError:
        return None


# --- one line -----------------------------------------------------------------------------------


class _Reading:
    """Reads one line; `stops` and `notes` fill with what is found."""

    def __init__(
        self,
        line: Asked,
        subject: _Subject,
        where: str,
        packs: dict[int, list[Pack]],
        new_lots: bool,
        none: bool,
    ):
        self.line, self.subject, self.where = line, subject, where
        self.packs, self.new_lots, self.none = packs, new_lots, none
        self.stops: list[Finding] = []
        self.notes: list[Finding] = []

    def moved(self) -> Moved | None:
        read, product = self.subject.read, self.subject.product
        if read:
            for found in read.reading:
                if found.code in SAID_BY_THE_LINE and not (self.new_lots and read.code.lot):
                    continue
                there = replace(found, field=f"{self.where}.scan")
                (self.stops if found.severity == "stop" else self.notes).append(there)
        if product is None:
            if not self.stops:
                self._unknown()
            return None
        quantity = self._quantity(product)
        lot = self._lot(product)
        serials = self._serials(quantity)
        unscanned = self._unscanned(product, quantity)
        if self.stops or lot is None or quantity is None:
            return None
        version = self.line.get("version")
        return Moved(product, lot, quantity, self.where, serials, unscanned, version)

    def _stop(self, code: str, text: str, part: str) -> None:
        self.stops.append(Finding(code, text, field=f"{self.where}.{part}"))

    def _unknown(self) -> None:
        if self.line.get("lot"):
            self._stop("unknown_lot", _("This lot is not known."), "lot")
        else:
            text = _("%(code)s is not in the catalogue.") % {"code": self.line.get("product")}
            self._stop("unknown_product", text, "product")

    def _quantity(self, product: Product) -> int | None:
        read, text = self.subject.read, self.line.get("quantity")
        if text is None or str(text).strip() == "":
            if read and read.units:
                return read.units
            self._stop("no_quantity", _("Say how many."), "quantity")
            return None
        unit = (self.line.get("unit") or "base").strip()
        per = self._base_units_of(product, unit)
        if per is None:
            return None
        try:
            return base_units(str(text), per, none=self.none)
        except NotAQuantity as wrong:
            self._stop("bad_quantity", str(wrong), "quantity")
            return None

    def _base_units_of(self, product: Product, unit: str) -> int | None:
        """How many base units one `unit` is; None, and a finding, for a unit that is not its."""
        names = {"base": 1, product.unit.casefold(): product.base_per_unit}
        for pack in self.packs.get(product.pk, ()):
            names.setdefault(pack.name.casefold(), pack.units)
        if (per := names.get(unit.casefold())) is None:
            text = _("%(name)s is not counted in %(unit)s, but in: %(units)s.")
            words = {
                "name": product.shown_name,
                "unit": repr(unit[:40]),
                "units": ", ".join(names),
            }
            self._stop("wrong_unit", text % words, "unit")
        return per

    def _serials(self, quantity: int | None) -> tuple[str, ...]:
        read = self.subject.read
        if not read or not read.code.serial:
            return ()
        if quantity is not None and read.pack and quantity > read.pack.units:
            text = _("A pack with a serial number is there once: at most %(most)d base units.")
            self._stop("one_pack", text % {"most": read.pack.units}, "quantity")
        return (read.code.serial,)

    def _unscanned(self, product: Product, quantity: int | None) -> str:
        why = (self.line.get("unscanned") or "").strip()
        if self.subject.read and self.subject.read.code.format != "none":
            return ""
        if product.scan_required and quantity and not why:
            text = _("%(name)s is scanned. Where its code cannot be read, say why.")
            found = Finding(
                "not_scanned",
                text % {"name": product.shown_name},
                severity="warn",
                field=f"{self.where}.unscanned",
            )
            self.stops.append(found)
        return why[:120]

    def _lot(self, product: Product) -> Lot | None:
        number = lot_number_of(self.line, self.subject.read)
        typed = (self.line.get("lot_number") or "").strip()
        lot = self.subject.lot
        if typed and typed != (lot.number if lot else number):
            text = _("The code says lot %(read)s, not %(typed)s.")
            words = {"read": (lot.number if lot else number) or "-", "typed": typed}
            self._stop("lot_conflict", text % words, "lot_number")
            return None
        expiry = self._expiry()
        if lot is not None:
            typed_day = self.line.get("expiry")
            if typed_day and typed_day != lot.expiry:
                self.stops.append(conflict(lot, typed_day, f"{self.where}.expiry"))
            return lot
        if not number and product.carries_expiry:
            self._stop("no_lot", _("Say which lot: it is printed on the pack."), "lot_number")
            return None
        if not self.new_lots:
            text = _("Lot %(lot)s of %(name)s was never received here.")
            words = {"lot": number or "-", "name": product.shown_name}
            self._stop("unknown_lot", text % words, "lot_number")
            return None
        if expiry is None and product.carries_expiry:
            text = _("Say when lot %(lot)s expires: it is printed on the pack.")
            self._stop("no_expiry", text % {"lot": number}, "expiry")
            return None
        if len(number) > LONGEST_LOT:
            self._stop("bad_lot", _("The number of the lot is too long."), "lot_number")
            return None
        return Lot(product=product, number=number, expiry=expiry)

    def _expiry(self) -> date | None:
        read = self.subject.read.code.expiry if self.subject.read else None
        typed = self.line.get("expiry")
        if read and typed and read != typed:
            text = _("The code says %(read)s, not %(typed)s.")
            words = {"read": _day(read), "typed": _day(typed)}
            self._stop("expiry_conflict", text % words, "expiry")
        return read or typed


def noted(found: Finding) -> Finding:
    """A finding that informs, where the way that was taken makes it harmless."""
    return replace(found, severity=NOTE)
