"""What a code can stand for. Each app hands down how its own things are found: by the text alone
(numbers of ours), or by what a code that was read says (GTIN and lot, GIAI, GSRN)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.errors import Finding
from hims.models import Actor
from hims.wire.codes import Code
from hims.wire.codes import read as read_code

Finder = Callable[[str], Model | None]


@dataclass(frozen=True)
class Found:
    """A code that was understood: its kind, the thing it stands for, and what does not agree with
    what we know of it (a lot whose expiry is another). by_code: what the code says led to it, not
    the text as it stands."""

    kind: str
    thing: Model
    findings: tuple[Finding, ...] = ()
    by_code: bool = False


Reader = Callable[[Code], Found | None]


@dataclass(frozen=True)
class Source:
    """How one kind of code is looked up, and how its thing is shown to `viewer` (None: hidden).

    said_as: the kind that `POST /api/scans/` answers, where it has no word for `kind` itself.
    """

    kind: str
    find: Finder
    show: Callable[[Actor, Model], dict | None]
    said_as: str = ""


_sources: dict[str, Source] = {}
_readers: dict[str, Reader] = {}


def register(source: Source) -> None:
    """Hand down how codes of `source.kind` are found; the order of handing down is the order in
    which a bare text without our prefix is tried."""
    _sources[source.kind] = source


def register_reader(kind: str, find: Reader) -> None:
    """Hand down how a thing is found by what a code says: `find(code)` gets a code without stops
    and returns Found or None. A Source tells how things of Found.kind are shown. `kind` names the
    reader; they are asked in the order of handing down, so hand down the lot before the product."""
    _readers[kind] = find


def understood(text: str, *, now: datetime | None = None, symbology: str = "") -> Code:
    """What a scanned or typed text says, on this day and with this hospital's scanners."""
    return read_code(
        text,
        today=timezone.localdate(now),
        symbology=symbology,
        separator=settings.HIMS_SCAN_SEPARATOR,
    )


def find(text: str, code: Code | None = None) -> Found | None:
    """What a scanned or typed text stands for, or None.

    One of our own prefixed codes is looked up as what it says it is. A code with a stop stands for
    nothing. Digits alone are first tried as numbers of ours, a manufacturer's code as what it says.
    """
    code = code or understood(text)
    if code.format == "own":
        kind, value = code.elements[0] if code.elements else ("", "")
        source = _sources.get(kind)
        thing = source.find(value) if source else None
        return Found(kind, thing) if thing else None
    if code.format in {"none", "gtin"} and not code.marked:
        return _by_text(code.text) or _by_code(code)
    return _by_code(code) or _by_text(code.text)


def _by_text(text: str) -> Found | None:
    text = text.strip()
    for source in _sources.values():
        if text and (thing := source.find(text)):
            return Found(source.kind, thing)
    return None


def _by_code(code: Code) -> Found | None:
    if not code.ok or code.format == "none":
        return None
    for read in _readers.values():
        if found := read(code):
            return replace(found, by_code=True)
    return None


def why_unknown(code: Code) -> str:
    """Why nothing was found for `code`, in a sentence."""
    if code.reason:
        return code.reason
    if code.gtins or code.hibc or code.pzn or code.contained:
        return _("This product is not in the catalogue.")
    if code.giai or code.grai:
        return _("No equipment here has this number.")
    if code.gsrn:
        return _("Nobody here has this number.")
    if code.gln:
        return _("No place here has this location number.")
    if code.sscc:
        return _("No delivery with this number is known here.")
    return _("Nothing here is known by this code.")


def said_kind(found: Found) -> str:
    """The word that the API has for what was found."""
    return _sources[found.kind].said_as or found.kind


def shown(viewer: Actor, found: Found) -> dict | None:
    """The thing as `viewer` may see it, or None."""
    return _sources[found.kind].show(viewer, found.thing)
