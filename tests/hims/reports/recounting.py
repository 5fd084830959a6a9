"""What tests of reports share: the numbers of an edition in short, counting again by SQL, and
examples that leave nothing behind."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings

from hims.domain.figures import Told
from hims.queries.editions import Kept, Only

few_examples = settings(
    max_examples=int(os.environ.get("HIMS_EXAMPLES", "8")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def numbers(kept: Kept) -> dict[str, Told]:
    """The figures of the whole report by name."""
    return {line.figure.name: line.told for line in kept.lines}


def part(told: Told) -> tuple[Any, Any, int]:
    """A share as it was counted: n, of how many, and of how many it is not known."""
    return told.n, told.whole, told.unknown


def rounded(value: Any, places: int = 0, scale: int = 1) -> Decimal | None:
    """A number of the database as a figure tells it."""
    if value is None:
        return None
    exact = Decimal(str(value)) / scale
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def counted_again(sql: str, **asked: Any) -> dict[str, Any]:
    """The one row of another statement, by the names of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def cells_of(kept: Kept, **where: Any) -> list[dict[str, Any]]:
    """The rows as kept, by the names of the columns, in order; `where`: cells they must have."""
    only = [Only(name, value) for name, value in where.items()]
    names = kept.report.names
    return [dict(zip(names, row.cells, strict=True)) for row in kept.rows(only=only)]


@contextmanager
def undone() -> Iterator[None]:
    """Each example begins with the same house."""
    with suppress(_Undone), transaction.atomic():
        yield
        raise _Undone


class _Undone(Exception):
    pass
