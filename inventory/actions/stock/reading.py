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

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from hims.errors import Finding, Invalid
from hims.models import Actor
from inventory.domain.quantities import NotAQuantity, base_units
from inventory.models import Lot, Pack, Product
from inventory.queries.scanned import Resolved, resolve_all

Asked = dict[str, Any]
MOST_LINES = 500
LONGEST_LOT = 40
SAID_BY_THE_LINE = {"no_lot", "unknown_lot"}
"""Notes of a code that the line itself may answer."""


@dataclass
class Line:
    """One line as far as it could be understood.

    quantity: base units, None where that is not known. lot: not saved yet where a new one is
    named, None where none is. stops: why it cannot be done as it stands; where: its name in them.
    """

    where: str
    product: Product | None = None
    packs: Sequence[Pack] = ()
    lot: Lot | None = None
    quantity: int | None = None
    serials: tuple[str, ...] = ()
    unscanned: str = ""
    version: int | None = None
    read: Resolved | None = None
    stops: list[Finding] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)


def read_lines(
    asked: Sequence[Asked],
    *,
    actor: Actor,
    now: datetime,
    new_lots: bool = False,
    none: bool = False,
) -> list[Line]:
    """The lines, each with what is wrong with it. Raises Invalid for what is no line.

    new_lots: a lot that was never received may be named. none: a quantity may be zero.
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
    return [
        _Reading(line, subject, f"lines.{number}", packs, new_lots, none).line()
        for number, (line, subject) in enumerate(zip(asked, known, strict=True))
    ]


def conflict(lot: Lot, said: date | None, where: str) -> Finding:
    """The date that was read is not the one that is stored."""
    text = _("Lot %(lot)s expires %(stored)s here, not %(said)s. Compare with what is printed.")
    words = {"lot": lot.number or "-", "stored": day_words(lot.expiry), "said": day_words(said)}
    return Finding("expiry_conflict", text % words, field=where)


def day_words(day: date | None) -> str:
    """A day as it is printed here."""
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
        self.asked, self.subject, self.where = line, subject, where
        self.packs, self.new_lots, self.none = packs, new_lots, none
        self.stops: list[Finding] = []
        self.notes: list[Finding] = []

    def line(self) -> Line:
        """What the line says, with its findings."""
        read, product = self.subject.read, self.subject.product
        if read:
            for found in read.reading:
                if found.code in SAID_BY_THE_LINE and not (self.new_lots and read.code.lot):
                    continue
                there = replace(found, field=f"{self.where}.scan")
                (self.stops if found.severity == "stop" else self.notes).append(there)
        told = Line(self.where, product, read=read, stops=self.stops, notes=self.notes)
        if product is None:
            if not self.stops:
                self._unknown()
            return told
        told.packs = self.packs.get(product.pk, ())
        told.quantity = self._quantity(product)
        told.lot = self._lot(product)
        told.serials = self._serials(told.quantity)
        told.unscanned = self._unscanned(product, told.quantity)
        told.version = self.asked.get("version")
        return told

    def _stop(self, code: str, text: str, part: str) -> None:
        self.stops.append(Finding(code, text, field=f"{self.where}.{part}"))

    def _unknown(self) -> None:
        if self.asked.get("lot"):
            self._stop("unknown_lot", _("This lot is not known."), "lot")
        else:
            text = _("%(code)s is not in the catalogue.") % {"code": self.asked.get("product")}
            self._stop("unknown_product", text, "product")

    def _quantity(self, product: Product) -> int | None:
        read, text = self.subject.read, self.asked.get("quantity")
        if text is None or str(text).strip() == "":
            if read and read.units:
                return read.units
            self._stop("no_quantity", _("Say how many."), "quantity")
            return None
        unit = (self.asked.get("unit") or "base").strip()
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
        why = (self.asked.get("unscanned") or "").strip()
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
        number = lot_number_of(self.asked, self.subject.read)
        typed = (self.asked.get("lot_number") or "").strip()
        lot = self.subject.lot
        if typed and typed != (lot.number if lot else number):
            text = _("The code says lot %(read)s, not %(typed)s.")
            words = {"read": (lot.number if lot else number) or "-", "typed": typed}
            self._stop("lot_conflict", text % words, "lot_number")
            return None
        expiry = self._expiry()
        if lot is not None:
            typed_day = self.asked.get("expiry")
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
        typed = self.asked.get("expiry")
        if read and typed and read != typed:
            text = _("The code says %(read)s, not %(typed)s.")
            words = {"read": day_words(read), "typed": day_words(typed)}
            self._stop("expiry_conflict", text % words, "expiry")
        return read or typed
