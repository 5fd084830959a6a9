"""The numbers of a report, counted from its rows in one pass.

A figure names columns; nothing else decides what is counted, so that whoever holds the rows can
count again. What is not known is its own number and in no numerator or denominator; a figure
without a denominator has no value ("n/a"), never zero.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

Row = Sequence[Any]
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
    tuple of columns.
    """

    def __init__(
        self,
        figures: Sequence[Figure],
        columns: Sequence[str],
        by: Iterable[str | tuple[str, ...]] = (),
    ):
        self._figures = list(figures)
        self._places = {name: place for place, name in enumerate(columns)}
        self._whole = self._counters()
        self._by: dict[str | tuple[str, ...], dict[Any, list[_Counter]]] = {one: {} for one in by}
        self._keys = [(one, self._key(one), found) for one, found in self._by.items()]
        self.rows = 0

    def add(self, row: Row) -> None:
        """Count one row. Flags are True, False or None; amounts int, Decimal or None."""
        self.rows += 1
        for counter in self._whole:
            counter.add(row)
        for _, places, groups in self._keys:
            key = row[places] if isinstance(places, int) else tuple(row[at] for at in places)
            counters = groups.get(key)
            if counters is None:
                counters = groups[key] = self._counters()
            for counter in counters:
                counter.add(row)

    def figures(self) -> dict[str, Told]:
        """All figures over all rows, by name."""
        return self._told(self._whole)

    def groups(self, by: str | tuple[str, ...]) -> dict[Any, dict[str, Told]]:
        """The same for each value of a column (None where it is not known), in no order."""
        return {key: self._told(counters) for key, counters in self._by[by].items()}

    def _told(self, counters: "list[_Counter]") -> dict[str, Told]:
        pairs = zip(self._figures, counters, strict=True)
        return {figure.name: counter.told(figure) for figure, counter in pairs}

    def _counters(self) -> "list[_Counter]":
        return [_COUNTERS[figure.kind](figure, self._places) for figure in self._figures]

    def _key(self, by: str | tuple[str, ...]) -> int | list[int]:
        if isinstance(by, str):
            return self._places[by]
        return [self._places[name] for name in by]


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

    def add(self, row: Row) -> None:
        if self.among >= 0 and not row[self.among]:
            return
        self._count(row)

    def _count(self, row: Row) -> None:
        raise NotImplementedError

    def told(self, figure: Figure) -> Told:
        raise NotImplementedError


class _Count(_Counter):
    __slots__ = ()

    def _count(self, row: Row) -> None:
        if self.of < 0:
            self.n += 1
        elif row[self.of] is None:
            self.unknown += 1
        elif row[self.of]:
            self.n += 1

    def told(self, figure: Figure) -> Told:
        return Told(Decimal(self.n), self.n, None, self.unknown)


class _Share(_Counter):
    __slots__ = ()

    def _count(self, row: Row) -> None:
        value = row[self.of]
        if value is None:
            self.unknown += 1
        else:
            self.whole += 1
            if value:
                self.n += 1

    def told(self, figure: Figure) -> Told:
        return Told(_part(self.n, self.whole, figure), self.n, self.whole, self.unknown)


class _Total(_Counter):
    """A sum of nothing but unknown amounts is not zero: it has no value."""

    __slots__ = ("known",)

    def __init__(self, figure: Figure, places: Mapping[str, int]):
        super().__init__(figure, places)
        self.known = False

    def _count(self, row: Row) -> None:
        value = row[self.of]
        if value is None:
            self.unknown += 1
        else:
            self.known = True
            self.n += value

    def told(self, figure: Figure) -> Told:
        if self.unknown and not self.known:
            return Told(None, 0, None, self.unknown)
        value = _rounded(Decimal(self.n) / figure.scale, figure.places)
        return Told(value, self.n, None, self.unknown)


class _Ratio(_Counter):
    __slots__ = ()

    def _count(self, row: Row) -> None:
        value, whole = row[self.of], row[self.whole_at]
        if value is None or whole is None:
            self.unknown += 1
        else:
            self.n += value
            self.whole += whole

    def told(self, figure: Figure) -> Told:
        return Told(_part(self.n, self.whole, figure), self.n, self.whole, self.unknown)


class _Ordered(_Counter):
    """Keeps whole numbers in eight bytes each: a million of them are no burden."""

    __slots__ = ("values",)

    def __init__(self, figure: Figure, places: Mapping[str, int]):
        super().__init__(figure, places)
        self.values = array("q")

    def _count(self, row: Row) -> None:
        value = row[self.of]
        if value is None:
            self.unknown += 1
        else:
            self.values.append(value)


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
