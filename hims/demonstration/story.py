"""One thing to try in the demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Story:
    """title; how to go about it; what is seen; the codes to scan or paste, each with what it is;
    the address of the page where it begins."""

    title: str
    how: str
    sees: str
    codes: Sequence[tuple[str, str]] = ()
    page: str = ""
