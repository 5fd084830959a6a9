"""A report as CSV (RFC 4180, UTF-8): the file of its rows, whose SHA-256 is printed on the report,
and the rectangular table of its figures.

A text that a spreadsheet would take for a formula has an apostrophe before it; what is not known is
empty.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from hims.domain.figures import Number
from hims.queries.editions import AT_ONCE, Kept, Line

from .cells import Digest, guarded, texts
from .wording import target_text

HEADER = (
    *("by", "group", "figure", "title", "value", "unit"),
    *("n", "of", "unknown", "target", "breach"),
)


def rows(kept: Kept) -> Iterator[bytes]:
    """The file of rows, some thousands at a time: its SHA-256 is `kept.edition.sha256`."""
    digest = Digest(kept.report.columns)
    cells = kept.cells()
    while some := list(islice(cells, AT_ONCE)):
        digest.add(some)
        yield digest.take()
    yield digest.take()  # the header, where there are no rows


def figures(kept: Kept) -> bytes:
    """All figures, one a line: first of the whole report (`by` is empty), then of each group of the
    column `by`; the group that is not known has no name.

    value is in `unit`, with a point, or "n/a" where there is nothing to divide by; n and of are as
    counted from the rows, durations in seconds.
    """
    said = io.StringIO(newline="")
    writer = csv.writer(said, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(_told("", "", line) for line in kept.lines)
    by = kept.edition.grouping
    if by:
        (say,) = texts([kept.report.column(by)])
        for key, lines in kept.groups:
            writer.writerows(_told(by, say(key), line) for line in lines)
    return said.getvalue().encode()


def file_name(kept: Kept, ending: str) -> str:
    """What the file is saved as: `R20_2026-10-01_2026-10-31_rows.csv`, both days in the period."""
    edition = kept.edition
    code = re.sub(r"[^A-Za-z0-9]+", "-", edition.code)
    last = edition.until.fromordinal(edition.until.toordinal() - 1)
    return f"{code}_{edition.first}_{last}{ending}"


def _told(by: str, group: str, line: Line) -> Sequence[Any]:
    figure, told = line.figure, line.told
    value = _plain(told.value) or _("n/a")
    return (
        *(by, group, figure.name, guarded(str(figure.title)), value, guarded(str(figure.unit))),
        *(_plain(told.n), _plain(told.whole), told.unknown),
        *(guarded(target_text(figure, line.target)), _breach(line)),
    )


def _breach(line: Line) -> str:
    """Nothing where there is no target."""
    if line.target is None:
        return ""
    return "yes" if line.in_breach else "no"


def _plain(number: Number | None) -> str:
    return "" if number is None else format(number, "f" if isinstance(number, Decimal) else "d")
