"""Lists of interacting pairs as CSV: `a,b,severity,text` below lines that say where it is from.

    # name: House list
    # citation: Drug and therapeutics committee, minutes of January
    # dated: 2026-01-31
    a,b,severity,text
    simvastatin,strong CYP3A4 inhibitors,stop,Muscle may be damaged.

a and b are names of ingredients or of classes; severity is stop or warn. UTF-8.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from pharmacy.domain.facts import Pair
from pharmacy.domain.names import folded

LONGEST_NAME, LONGEST_TEXT = 120, 500
EVERY = 10_000


@dataclass
class InteractionList:
    """What was read: where it is from, the pairs with names folded and in order, and the lines
    that could not be taken as (line, reason)."""

    name: str = ""
    citation: str = ""
    dated_on: date | None = None
    pairs: list[Pair] = field(default_factory=list)
    rejects: list[tuple[int, str]] = field(default_factory=list)


def read(
    lines: Iterable[str], *, progress: Callable[[int], None] = lambda n: None
) -> InteractionList:
    """Read a list; a bad line is rejected with its reason and spoils no other."""
    read_now = InteractionList()
    header: list[str] | None = None
    seen: dict[tuple[str, str], int] = {}
    for number, line in enumerate(lines, 1):
        if number % EVERY == 0:
            progress(number)
        if line.startswith("#"):
            _source_line(read_now, line)
            continue
        if not line.strip():
            continue
        try:
            cells = next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):
            read_now.rejects.append((number, "this is no line of CSV"))
            continue
        if header is None:
            header = [cell.strip().lower().lstrip("\ufeff") for cell in cells]
            if missing := {"a", "b", "severity"} - set(header):
                read_now.rejects.append((number, f"no column {', '.join(sorted(missing))}"))
                return read_now
            continue
        _pair_line(read_now, number, dict(zip(header, cells, strict=False)), seen)
    return read_now


def _source_line(into: InteractionList, line: str) -> None:
    word, colon, value = line.lstrip("# ").partition(":")
    if not colon:
        return
    if word.strip().lower() == "name":
        into.name = value.strip()[:LONGEST_NAME]
    elif word.strip().lower() == "citation":
        into.citation = value.strip()[:300]
    elif word.strip().lower() == "dated":
        try:
            into.dated_on = date.fromisoformat(value.strip())
        except ValueError:
            into.dated_on = None


def _pair_line(
    into: InteractionList, number: int, row: dict[str, str], seen: dict[tuple[str, str], int]
) -> None:
    names = sorted(folded(row.get(side, "")) for side in ("a", "b"))
    severity, text = row.get("severity", "").strip().lower(), row.get("text", "").strip()
    key = (names[0], names[1])
    if not all(names) or any(len(name) > LONGEST_NAME for name in names):
        into.rejects.append((number, "a and b are names of at most 120 letters"))
    elif severity not in ("stop", "warn"):
        into.rejects.append((number, f"severity is stop or warn, not {severity[:20]!r}"))
    elif len(text) > LONGEST_TEXT or "\0" in "".join((text, *names)):
        into.rejects.append((number, "the text is too long, or holds a NUL"))
    elif key in seen:
        into.rejects.append((number, f"the pair stands in line {seen[key]} already"))
    else:
        seen[key] = number
        into.pairs.append(Pair(*key, severity, text))
