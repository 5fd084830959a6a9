"""A report on paper: the PDF that is printed, signed and kept."""

from datetime import datetime

from hims.queries.editions import Kept


def pdf(kept: Kept, *, paper: str = "A4", now: datetime) -> bytes:
    """The report as a PDF on "A4" or "Letter", with its signatures; the same bytes for the same
    edition, signatures, rules, paper and `now`. Raises ValueError for another paper."""
    raise NotImplementedError
