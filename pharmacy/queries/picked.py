"""What the lines of a dispense stand for: lots, named by their uid or by what was scanned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from hims.errors import Finding, Invalid, Refused
from hims.subjects import understood
from hims.wire import own_codes
from inventory.domain.quantities import NotAQuantity, base_units
from inventory.models import Lot, Product
from inventory.queries.scanned import Resolved, looked_up

MOST_LINES = 100


@dataclass(frozen=True)
class Asked:
    """One line: so much of a lot, which is named by its uid or by what was scanned.

    quantity: a number of base units, or a text that is a number of `unit`: "base", "unit" for the
    product's own, or that one by its name. scanned: whether somebody scanned it, where the lot is
    named by its uid.
    """

    quantity: int | str
    lot: UUID | None = None
    scan: str = ""
    unit: str = "base"
    serials: tuple[str, ...] = ()
    scanned: bool = False


@dataclass(frozen=True)
class Line:
    """A line whose lot is known; `doubts` are what the reading of its code left open."""

    lot: Lot
    quantity: int
    serials: tuple[str, ...] = ()
    scanned: bool = False
    doubts: tuple[Finding, ...] = ()


def picked_lines(lines: Sequence[Asked], *, now: datetime) -> list[Line]:
    """The lots of the lines, in one statement. Raises Invalid for what can be no line, Refused
    for a code that may not be acted upon or names no lot that was ever received."""
    if not 1 <= len(lines) <= MOST_LINES:
        text = _("A dispense has 1 to %(most)d lines.") % {"most": MOST_LINES}
        raise Invalid(Finding("bad_lines", text, field="lines"))
    codes = [
        understood(line.scan or own_codes.written("lot", str(line.lot)), now=now) for line in lines
    ]
    resolved = looked_up(codes, now=now)
    stops = [
        replace(finding, field=f"lines.{n}")
        for n, one in enumerate(resolved)
        for finding in _unusable(one)
    ]
    if stops:
        raise Refused(*stops)
    picked = [
        _line(n, line, one, one.lot)
        for n, (line, one) in enumerate(zip(lines, resolved, strict=True))
        if one.lot is not None
    ]
    _each_serial_once(picked)
    return picked


def the_product(picked: Sequence[Line]) -> Product:
    """The one product that all lines are of, else Refused."""
    products = {line.lot.product_id: line.lot.product for line in picked}
    if len(products) > 1:
        names = ", ".join(sorted(product.shown_name for product in products.values()))
        text = _("These are different products: %(names)s. Supply one at a time.")
        raise Refused(Finding("several_products", text % {"names": names}, field="lines"))
    return next(iter(products.values()))


def _line(n: int, asked: Asked, resolved: Resolved, lot: Lot) -> Line:
    quantity = _base_units(n, asked, lot.product)
    own = (resolved.code.serial,) if resolved.code.serial else ()
    return Line(
        lot,
        quantity,
        tuple(dict.fromkeys(asked.serials + own)),
        asked.scanned or bool(asked.scan),
        tuple(finding for finding in resolved.reading if finding.severity == "warn"),
    )


def _base_units(n: int, asked: Asked, product: Product) -> int:
    per = {"base": 1, "unit": product.base_per_unit, product.unit: product.base_per_unit}.get(
        asked.unit
    )
    if per is None:
        text = _("%(name)s is counted in %(unit)s.")
        words = text % {"name": product.shown_name, "unit": product.unit}
        raise Refused(Finding("wrong_unit", words, field=f"lines.{n}.unit"))
    try:
        return base_units(str(asked.quantity), per)
    except NotAQuantity as wrong:
        raise Invalid(Finding("bad_quantity", str(wrong), field=f"lines.{n}.quantity")) from None


def _unusable(resolved: Resolved) -> list[Finding]:
    """Why a code stands for no lot that could be given."""
    stops = [finding for finding in resolved.reading if finding.severity == "stop"]
    if stops or resolved.lot is not None:
        return stops
    notes = [one for one in resolved.reading if one.code in ("unknown_lot", "no_lot")]
    if notes:
        return [replace(one, severity="stop") for one in notes]
    return [Finding("unknown_lot", _("This lot is not known here."))]


def _each_serial_once(picked: Sequence[Line]) -> None:
    seen: set[tuple[int, str]] = set()
    for line in picked:
        for serial in line.serials:
            one = (line.lot.product_id, serial)
            if one in seen:
                text = _("The pack with serial %(serial)s is there twice.") % {"serial": serial}
                raise Refused(Finding("serial_repeated", text, field="lines"))
            seen.add(one)
