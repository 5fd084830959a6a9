"""The numbers of a report, counted from its rows in one pass.

A figure names columns; nothing else decides what is counted, so that whoever holds the rows can
count again. What is not known is its own number and in no numerator or denominator; a figure
without a denominator has no value ("n/a"), never zero.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from itertools import compress
from operator import itemgetter
from typing import Any

Row = Sequence[Any]
Cells = tuple[Any, ...]
By = str | tuple[str, ...]
Number = int | Decimal


class Kind(StrEnum):
    COUNT = "count"
    SHARE = "share"
    TOTAL = "total"
    RATIO = "ratio"
    MEDIAN = "median"
    NINETIETH = "ninetieth"


@dataclass(frozen=True)
class Figure:
    """One number of a report.

    name: unique in its report, never changed once reports with it are signed. of, whole, among:
    columns (see the functions below). scale: what the raw number is divided by, so that seconds
    are told in minutes. better: "lower", "higher", or "" where neither is.
    """

    name: str
    title: Any
    kind: Kind
    of: str = ""
    whole: str = ""
    among: str = ""
    unit: str = ""
    scale: int = 1
    places: int = 0
    better: str = ""
    text: Any = ""


@dataclass(frozen=True)
class Told:
    """What a figure came to: `value` in its unit, rounded once and for all (None: n/a), counted
    from `n` (of `whole`, for shares and ratios); `unknown` rows could not be counted."""

    value: Decimal | None
    n: Number
    whole: Number | None
    unknown: int

    def as_json(self) -> dict[str, Any]:
        """Decimals as texts, so that nothing is rounded by who reads it."""
        return {
            "value": None if self.value is None else str(self.value),
            "n": _plain(self.n),
            "of": None if self.whole is None else _plain(self.whole),
            "unknown": self.unknown,
        }


def told(kept: Mapping[str, Any]) -> Told:
    """The reverse of `Told.as_json`."""
    value = None if kept["value"] is None else Decimal(kept["value"])
    whole = None if kept["of"] is None else _number(kept["of"])
    return Told(value, _number(kept["n"]), whole, kept["unknown"])


# --- what can be declared -------------------------------------------------------------------------


def count(name: str, title: Any, where: str = "", *, among: str = "", **more: Any) -> Figure:
    """How many rows; those whose flag `where` is true, if one is named (null: unknown)."""
    return Figure(name, title, Kind.COUNT, of=where, among=among, **more)


def share(name: str, title: Any, where: str, *, among: str = "", **more: Any) -> Figure:
    """Rows whose flag `where` is true, of those in which it is true or false, in percent."""
    more = {"unit": "%", "places": 1, **more}
    return Figure(name, title, Kind.SHARE, of=where, among=among, **more)


def total(name: str, title: Any, of: str, *, among: str = "", **more: Any) -> Figure:
    """The sum of the column `of` where it is known; no value where it is known nowhere."""
    return Figure(name, title, Kind.TOTAL, of=of, among=among, **more)


def ratio(name: str, title: Any, of: str, whole: str, *, among: str = "", **more: Any) -> Figure:
    """Sum of `of` over sum of `whole`, of rows where both are known; in percent unless `unit` says
    otherwise."""
    more = {"unit": "%", "places": 1, **more}
    return Figure(name, title, Kind.RATIO, of=of, whole=whole, among=among, **more)


def median(name: str, title: Any, of: str, *, among: str = "", **more: Any) -> Figure:
    """The middle of the known values of `of`; between two, their mean (percentile_cont(0.5))."""
    return Figure(name, title, Kind.MEDIAN, of=of, among=among, **more)


def ninetieth(name: str, title: Any, of: str, *, among: str = "", **more: Any) -> Figure:
    """The smallest value that nine in ten do not exceed (nearest rank; percentile_disc(0.9))."""
    return Figure(name, title, Kind.NINETIETH, of=of, among=among, **more)


# --- counting -------------------------------------------------------------------------------------


class Tally:
    """Counts figures over rows, in whole and by the values of some columns; rows come once.

    columns: the names of the columns, in the order of the cells of a row. by: each a column or a
    tuple of columns, with the names of the figures that are told apart by it.
    """

    def __init__(
        self,
        figures: Sequence[Figure],
        columns: Sequence[str],
        by: Mapping[By, Collection[str]] | None = None,
    ):
        self._figures = list(figures)
        self._places = {name: place for place, name in enumerate(columns)}
        self._whole = self._counters(self._figures)
        self._by = {one: self._split(one, names) for one, names in (by or {}).items()}
        self.rows = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Count some rows. Flags are True, False or None; amounts int, Decimal or None."""
        if not rows:
            return
        self.rows += len(rows)
        _count(self._whole, rows)
        for split in self._by.values():
            parts: dict[Any, list[Row]] = defaultdict(list)
            for key, row in zip(map(split.key, rows), rows, strict=True):
                parts[key].append(row)
            for key, part in parts.items():
                counters = split.groups.get(key)
                if counters is None:
                    counters = split.groups[key] = self._counters(split.figures)
                _count(counters, part)

    def figures(self) -> dict[str, Told]:
        """All figures over all rows, by name."""
        return _told(self._figures, self._whole)

    def groups(self, by: By) -> dict[Any, dict[str, Told]]:
        """The same for each value of a column (None where it is not known), in no order."""
        split = self._by[by]
        return {key: _told(split.figures, counters) for key, counters in split.groups.items()}

    def _split(self, by: By, names: Collection[str]) -> "_Split":
        places = [self._places[name] for name in ([by] if isinstance(by, str) else by)]
        return _Split(itemgetter(*places), [one for one in self._figures if one.name in names])

    def _counters(self, figures: Iterable[Figure]) -> "list[_Counter]":
        return [_COUNTERS[figure.kind](figure, self._places) for figure in figures]


@dataclass
class _Split:
    """What is told apart by one column, or several: the figures, and their counters by group."""

    key: Callable[[Row], Any]
    figures: list[Figure]
    groups: "dict[Any, list[_Counter]]" = field(default_factory=dict)


def _count(counters: "list[_Counter]", rows: Sequence[Row]) -> None:
    """Count rows, a column at a time: many times faster than a row at a time."""
    columns = list(zip(*rows, strict=True))
    for counter in counters:
        counter.add(columns)


def _told(figures: Sequence[Figure], counters: "Sequence[_Counter]") -> dict[str, Told]:
    pairs = zip(figures, counters, strict=True)
    return {figure.name: counter.told(figure) for figure, counter in pairs}


class _Counter:
    """What one figure has counted so far."""

    __slots__ = ("among", "n", "of", "unknown", "whole", "whole_at")

    def __init__(self, figure: Figure, places: Mapping[str, int]):
        self.of = places[figure.of] if figure.of else -1
        self.whole_at = places[figure.whole] if figure.whole else -1
        self.among = places[figure.among] if figure.among else -1
        self.n: Any = 0
        self.whole: Any = 0
        self.unknown = 0

    def add(self, columns: Sequence[Cells]) -> None:
        """Count the rows that these columns are of; there is at least one of both."""
        raise NotImplementedError

    def told(self, figure: Figure) -> Told:
        raise NotImplementedError

    def _cells(self, columns: Sequence[Cells], place: int) -> Cells:
        """The cells of a column, of the rows among which the figure counts."""
        if self.among < 0:
            return columns[place]
        return tuple(compress(columns[place], columns[self.among]))


class _Count(_Counter):
    __slots__ = ()

    def add(self, columns: Sequence[Cells]) -> None:
        cells = self._cells(columns, max(self.of, 0))
        if self.of < 0:
            self.n += len(cells)
        else:
            self.n += cells.count(True)
            self.unknown += cells.count(None)

    def told(self, figure: Figure) -> Told:
        return Told(Decimal(self.n), self.n, None, self.unknown)


class _Share(_Counter):
    __slots__ = ()

    def add(self, columns: Sequence[Cells]) -> None:
        cells = self._cells(columns, self.of)
        unknown = cells.count(None)
        self.unknown += unknown
        self.whole += len(cells) - unknown
        self.n += cells.count(True)

    def told(self, figure: Figure) -> Told:
        return Told(_part(self.n, self.whole, figure), self.n, self.whole, self.unknown)


class _Total(_Counter):
    """A sum of nothing but unknown amounts is not zero: it has no value."""

    __slots__ = ("known",)

    def __init__(self, figure: Figure, places: Mapping[str, int]):
        super().__init__(figure, places)
        self.known = 0

    def add(self, columns: Sequence[Cells]) -> None:
        cells = self._cells(columns, self.of)
        known = [cell for cell in cells if cell is not None]
        self.n += sum(known)
        self.known += len(known)
        self.unknown += len(cells) - len(known)

    def told(self, figure: Figure) -> Told:
        if self.unknown and not self.known:
            return Told(None, 0, None, self.unknown)
        value = _rounded(Decimal(self.n) / figure.scale, figure.places)
        return Told(value, self.n, None, self.unknown)


class _Ratio(_Counter):
    __slots__ = ()

    def add(self, columns: Sequence[Cells]) -> None:
        cells, wholes = self._cells(columns, self.of), self._cells(columns, self.whole_at)
        for cell, whole in zip(cells, wholes, strict=True):
            if cell is None or whole is None:
                self.unknown += 1
            else:
                self.n += cell
                self.whole += whole

    def told(self, figure: Figure) -> Told:
        return Told(_part(self.n, self.whole, figure), self.n, self.whole, self.unknown)


class _Ordered(_Counter):
    """Keeps whole numbers in eight bytes each: a million of them are no burden."""

    __slots__ = ("values",)

    def __init__(self, figure: Figure, places: Mapping[str, int]):
        super().__init__(figure, places)
        self.values = array("q")

    def add(self, columns: Sequence[Cells]) -> None:
        cells = self._cells(columns, self.of)
        self.values.extend(cell for cell in cells if cell is not None)
        self.unknown += cells.count(None)


class _Median(_Ordered):
    __slots__ = ()

    def told(self, figure: Figure) -> Told:
        found, number = sorted(self.values), len(self.values)
        if not number:
            return Told(None, 0, None, self.unknown)
        middle = Decimal(found[(number - 1) // 2] + found[number // 2]) / 2
        return Told(_rounded(middle / figure.scale, figure.places), number, None, self.unknown)


class _Ninetieth(_Ordered):
    __slots__ = ()

    def told(self, figure: Figure) -> Told:
        found, number = sorted(self.values), len(self.values)
        if not number:
            return Told(None, 0, None, self.unknown)
        value = Decimal(found[-(-number * 9 // 10) - 1])
        return Told(_rounded(value / figure.scale, figure.places), number, None, self.unknown)


_COUNTERS: dict[Kind, type[_Counter]] = {
    Kind.COUNT: _Count,
    Kind.SHARE: _Share,
    Kind.TOTAL: _Total,
    Kind.RATIO: _Ratio,
    Kind.MEDIAN: _Median,
    Kind.NINETIETH: _Ninetieth,
}


def _part(n: Number, whole: Number, figure: Figure) -> Decimal | None:
    if not whole:
        return None
    times = 100 if figure.unit == "%" else 1
    return _rounded(Decimal(n) * times / Decimal(whole) / figure.scale, figure.places)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def _plain(number: Number) -> int | str:
    return number if isinstance(number, int) else str(number)


def _number(kept: int | str) -> Number:
    return kept if isinstance(kept, int) else Decimal(kept)
