"""A code as it was understood: what kind of text it is, what it says, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from hims.errors import Finding

GS, RS, EOT = "\x1d", "\x1e", "\x04"
FORMATS = ("gs1", "hibc", "ppn", "gtin", "own", "none")


@dataclass(frozen=True)
class Code:
    """What one barcode, photo or typed text says.

    format: one of FORMATS; "none" is a text that is none of these. written: how it was written
    down, for people who set up scanners. elements: (identifier, value) in the order read, exactly
    as read: GS1 application identifiers, or the data identifiers of HIBC and PPN. Everything else
    is None where the code does not say it. gtin is padded to 14 digits; expiry is a whole day, the
    last of the month where the code leaves the day open.

    A code with a stop among its findings must not be acted upon; its elements then only show what
    was read.
    """

    text: str
    format: str = "none"
    written: str = ""
    marked: bool = False
    elements: tuple[tuple[str, str], ...] = ()
    gtin: str | None = None
    lot: str | None = None
    expiry: date | None = None
    serial: str | None = None
    produced: date | None = None
    best_before: date | None = None
    count: int | None = None
    sscc: str | None = None
    contained: str | None = None
    gln: str | None = None
    extension: str | None = None
    grai: str | None = None
    giai: str | None = None
    gsrn: str | None = None
    gsrn_of: str | None = None
    hibc: str | None = None
    pzn: str | None = None
    also: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing forbids acting upon it."""
        return all(finding.severity != "stop" for finding in self.findings)

    @property
    def reason(self) -> str | None:
        """Why it must not be acted upon, in a sentence; None when it may be."""
        return next((found.text for found in self.findings if found.severity == "stop"), None)

    @property
    def gtins(self) -> tuple[str, ...]:
        """Every article number of 14 digits that this code may stand for, the likeliest first: a
        German PPN also as its NTIN, a text of eight digits also as the UPC-E it may be."""
        return tuple(dict.fromkeys(([self.gtin] if self.gtin else []) + list(self.also)))

    def first(self, identifier: str) -> str | None:
        """The first value of an identifier, or None."""
        return next((value for name, value in self.elements if name == identifier), None)

    def but(self, *found: Finding, **changed: Any) -> "Code":
        """This code with more findings, and fields changed."""
        return replace(self, findings=self.findings + found, **changed)


def stop(code: str, text: str) -> Finding:
    """A reason not to act upon a code."""
    return Finding(code, text, "stop", "code")


def warn(code: str, text: str) -> Finding:
    """A doubt about a code."""
    return Finding(code, text, "warn", "code")


def joined(elements: Iterable[tuple[str, str]]) -> str:
    """Elements as people read them: (01)06141411234567(17)280200."""
    return "".join(f"({identifier}){value}" for identifier, value in elements)
