"""When the database says that a name, a code or a place is taken already."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from hims.errors import Finding, Refused

UNIQUE, EXCLUDED = "23505", "23P01"


@contextmanager
def refused_when_taken(finding: Finding) -> Iterator[None]:
    """Write inside; a unique or exclusion constraint that says no becomes Refused(finding).

    The database decides, so that two people who ask at the same moment cannot both be first.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) not in {UNIQUE, EXCLUDED}:
            raise
        raise Refused(finding) from error
