"""What was scanned on a working page and is not posted yet: rows that live in the form itself, so
that a lost connection or a reload of the server costs nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hims.errors import Finding
from hims.models import Actor
from inventory.actions.stock.reading import Line, lot_number_of, read_lines
from inventory.domain.fefo import in_order, unusable
from inventory.models import Lot, Pack, Product, StockLevel, StockPlace
from inventory.queries.stock import on_hand

FIELDS = (
    *("codes", "product", "lot", "lot_number", "expiry"),
    *("quantity", "unit", "unscanned", "version"),
)
MOST_ROWS = 200

ASKED_BY = {"no_lot": "lot_number", "no_expiry": "expiry", "not_scanned": "unscanned"}
"""Findings that a person answers by typing, and into which field."""

WHY_UNSCANNED = (
    gettext_lazy("label torn or dirty"),
    gettext_lazy("no code on the pack"),
    gettext_lazy("scanner does not read it"),
)


@dataclass
class Row:
    """One row: packs of one lot. Texts as they were typed; the rest as it was understood.

    codes: what was scanned; several where each pack carries its own serial number.
    """

    codes: list[str] = field(default_factory=list)
    product: str = ""
    lot: str = ""
    lot_number: str = ""
    expiry: str = ""
    quantity: str = ""
    unit: str = ""
    unscanned: str = ""
    version: str = ""
    lines: list[Line] = field(default_factory=list)
    level: StockLevel | None = None
    state: str = ""
    lots_here: list[str] = field(default_factory=list)

    @property
    def line(self) -> Line:
        return self.lines[0]

    @property
    def known(self) -> Product | None:
        return self.line.product

    @property
    def known_lot(self) -> Lot | None:
        """The lot, also where it stands only on the pack and is not known here yet."""
        return self.line.lot

    @property
    def codes_text(self) -> str:
        return json.dumps(self.codes)

    @property
    def stops(self) -> list[Finding]:
        return [stop for line in self.lines for stop in line.stops]

    @property
    def notes(self) -> list[Finding]:
        """What is worth knowing; that a lot is new stands beside its number."""
        found = [note for line in self.lines for note in line.notes]
        return [note for note in found if note.code != "unknown_lot"]

    @property
    def asks(self) -> set[str]:
        """What is to be typed because no code says it: lot_number, expiry, unscanned."""
        asked = {ASKED_BY[stop.code] for stop in self.stops if stop.code in ASKED_BY}
        return asked | {name for name in ASKED_BY.values() if getattr(self, name)}

    @property
    def several(self) -> bool:
        """Whether each of its packs was scanned by its own number, so that none is typed."""
        return len(self.codes) > 1

    @property
    def units(self) -> list[str]:
        """In what it may be counted: its packs, and its own unit."""
        if self.known is None:
            return []
        names = [pack.name for pack in reversed(self.line.packs)]
        return names if self.known.unit in names else [*names, self.known.unit]

    @property
    def total(self) -> int | None:
        """Base units in the whole row, as far as that is known."""
        parts = [line.quantity for line in self.lines]
        return None if None in parts else sum(parts)

    def asked(self) -> list[dict[str, Any]]:
        """The row as lines of an action."""
        rest: dict[str, Any] = {"lot_number": self.lot_number, "expiry": _day(self.expiry)}
        rest["version"] = int(self.version) if self.version.isdecimal() else None
        if self.several:
            return [{"scan": code} | rest for code in self.codes]
        rest |= {"quantity": self.quantity, "unit": self.unit, "unscanned": self.unscanned}
        if self.codes:
            return [{"scan": self.codes[0]} | rest]
        return [{"lot": self.lot, "product": "" if self.lot else self.product} | rest]

    def one_more(self, code: str, pack: Pack | None, serial: str | None) -> Finding | None:
        """Another pack of the same lot was scanned."""
        if serial:
            if code in self.codes:
                text = _("The pack with serial number %(serial)s is here already.")
                return Finding("serial_twice", text % {"serial": serial})
            self.codes.append(code)
            return None
        try:
            number = Decimal(self.quantity.replace(",", ".") or 0)
        except InvalidOperation:
            return Finding("bad_quantity", _("Put the number right before you scan on."))
        per = next((one.units for one in self.line.packs if one.name == self.unit), None)
        if per is None and self.known:
            per = 1 if self.unit == "base" else self.known.base_per_unit
        step = Decimal(pack.units) / per if pack and per else Decimal(1)
        self.quantity = f"{(number + step).normalize():f}"
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def rows_of(sent: QueryDict) -> list[Row]:
    """The rows that a form sent back."""
    columns = [sent.getlist(name)[:MOST_ROWS] for name in FIELDS]
    if len({len(column) for column in columns}) != 1:
        return []
    rows = []
    for values in zip(*columns, strict=True):
        given = dict(zip(FIELDS, (value[:4000] for value in values), strict=True))
        rows.append(Row(codes=_codes(given.pop("codes")), **given))
    return [row for row in rows if row.codes or row.product or row.lot]


def _codes(text: str) -> list[str]:
    try:
        codes = json.loads(text)
    except ValueError:
        return []
    return [str(code) for code in codes][:MOST_ROWS] if isinstance(codes, list) else []


def read_rows(
    rows: Sequence[Row],
    *,
    viewer: Actor,
    now: datetime,
    here: StockPlace | None = None,
    new_lots: bool = False,
    none: bool = False,
) -> None:
    """Have every row understood, in one go, with what lies of its lot `here`, whether it may be
    used, and which lots there are to choose from where nothing says which."""
    asked = [(row, line) for row in rows for line in row.asked()]
    if not asked:
        return
    read = read_lines(
        [line for _row, line in asked], actor=viewer, now=now, new_lots=new_lots, none=none
    )
    for row in rows:
        row.lines = []
    for (row, _line), line in zip(asked, read, strict=True):
        row.lines.append(line)
    lots = [row.known_lot.pk for row in rows if row.known_lot and row.known_lot.pk]
    if here and lots:
        levels = StockLevel.objects.filter(place=here, lot__in=lots)
        by_lot = {level.lot_id: level for level in levels}
        for row in rows:
            row.level = by_lot.get(row.known_lot.pk) if row.known_lot else None
    today = timezone.localdate(now)
    for row in rows:
        if lot := row.known_lot:
            row.state = unusable(lot.status, lot.expiry, today)
        elif here and row.known and "lot_number" in row.asks:
            stock = on_hand(row.known, [here])
            row.lots_here = [one.number for one in in_order(stock, today)]


def same_lot(rows: Sequence[Row], line: Line) -> Row | None:
    """The row that another pack of the line's lot belongs to."""
    number = lot_number_of({}, line.read)
    for row in rows:
        if row.known != line.product or not row.codes:
            continue
        own = row.known_lot.number if row.known_lot else row.lot_number
        if own == (line.lot.number if line.lot else number):
            return row
    return None
