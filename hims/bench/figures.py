"""A measured figure beside the reference that was measured in the same run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`, and `reference_value` of what `reference` names, in the same unit."""

    name: str
    value: float
    unit: str
    reference: str
    reference_value: float

    @property
    def ratio(self) -> float | None:
        """value / reference_value; None where there is nothing to divide by."""
        return self.value / self.reference_value if self.reference_value else None

    def row(self) -> dict[str, Any]:
        """The figure as the JSON of `bench --json` gives it."""
        ratio = self.ratio
        return {
            "name": self.name,
            "value": _short(self.value),
            "unit": self.unit,
            "reference": self.reference,
            "reference_value": _short(self.reference_value),
            "ratio": None if ratio is None else _short(ratio),
        }


def table(figures: Sequence[Figure]) -> str:
    """The figures as aligned text, one a line."""
    rows = [("figure", "value", "unit", "ratio", "reference", "")]
    for row in (figure.row() for figure in figures):
        ratio = "n/a" if row["ratio"] is None else f"{row['ratio']:g}"
        reference = f"{row['reference_value']:g}"
        rows.append(
            (row["name"], f"{row['value']:g}", row["unit"], ratio, reference, row["reference"])
        )
    wide = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for name, value, unit, ratio, reference, words in rows:
        lines.append(
            f"{name:<{wide[0]}}  {value:>{wide[1]}} {unit:<{wide[2]}}  {ratio:>{wide[3]}}"
            f"  {reference:>{wide[4]}}  {words}".rstrip()
        )
    return "\n".join(lines)


def middle(values: Iterable[float]) -> float:
    """The median of several runs: what else the machine did hits single runs."""
    return median(values)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * share // 1)  # rounded up
    return ordered[max(int(rank) - 1, 0)]


def _short(number: float) -> float:
    """Four significant digits: the rest is noise."""
    return float(f"{number:.4g}")
