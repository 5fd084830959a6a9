"""From a photo to barcodes that may be acted upon, and those that may not.

Two libraries read each photo (`hims.barcodes`). A wrong read with a right check digit is real, and
two libraries may agree on it, so nothing they say of a plain article number is believed unless the
article is known here; and where they contradict each other, nobody is believed.
"""

import base64
import ctypes.util
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from hims.errors import Busy
from hims.health import Check, register_check
from hims.subjects import understood
from hims.wire.codes import GS1_SYMBOLOGIES, Code

MOST_BYTES = 10 * 2**20
PATIENCE_S = 12.0
AT_ONCE = 2  # photos read at the same time by one web process; the others wait
ROOT = Path(__file__).resolve().parent.parent

# Linear symbols without, or with only one, check digit: what they say must be known here.
WEAK = {"EAN-13", "EAN-8", "UPC-A", "UPC-E", "ITF", "ITF-14", "EAN13", "EAN8", "I25"}
LINEAR = WEAK | {"Code 128", "CODE128"}
QR = {"QR Code", "QRCODE"}

_turns = threading.BoundedSemaphore(AT_ONCE)


class NotAPicture(Exception):
    """The bytes cannot be read. code: large, pixels, unreadable, or slow."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Barcode:
    """One barcode of a photo.

    text: as a scanner would send it, separators included; typed: the same with the symbology
    identifier before it where it is a GS1 symbol, for a scan field. confirmed: it may be acted
    upon; if not, reason says why and people decide.
    """

    symbology: str
    raw: bytes
    text: str
    typed: str
    code: Code
    confirmed: bool
    reason: str | None = None


def read_picture(data: bytes, *, known: Callable[[Code], bool]) -> list[Barcode]:
    """The barcodes of a photo, none if it has none.

    known: whether what a code says stands for something here. Raises NotAPicture, and Busy when
    too many photos are being read.
    """
    if len(data) > MOST_BYTES:
        raise NotAPicture("large")
    if not _turns.acquire(timeout=PATIENCE_S):
        raise Busy(_("Other photos are being read. Try again."), retry_after=2)
    try:
        reads = _reads(data)
    finally:
        _turns.release()
    return judged(reads, known=known)


def judged(reads: list[dict[str, Any]], *, known: Callable[[Code], bool]) -> list[Barcode]:
    """What the two readers saw, as barcodes that may be acted upon and those that may not."""
    return [_judged(read, disputed, known) for read, disputed in _settled(reads)]


def _reads(data: bytes) -> list[dict[str, Any]]:
    """What the readers saw, each read once for each reader."""
    try:
        said = subprocess.run(
            [sys.executable, "-m", "hims.barcodes"],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # zbar warns about every other picture
            cwd=ROOT,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotAPicture("slow") from None
    try:
        told = json.loads(said.stdout)
    except ValueError:  # it died of the picture
        raise NotAPicture("unreadable") from None
    if "no_picture" in told:
        raise NotAPicture(told["no_picture"])
    return told["reads"]


def _settled(reads: list[dict[str, Any]]) -> list[tuple[dict[str, Any], bool]]:
    """Each content once, in the words of the first who read it, and whether it is disputed: each
    of the two readers saw a symbol of that family that the other did not see."""
    seen: dict[str, list[dict[str, Any]]] = {}
    for read in reads:
        seen.setdefault(_content(read), []).append(read)
    alone = {
        (_family(same[0]), by) for same in seen.values() if len(_by(same)) == 1 for by in _by(same)
    }
    settled = []
    for same in seen.values():
        family = _family(same[0])
        quarrel = family and {(family, "zxing"), (family, "zbar")} <= alone
        settled.append((same[0], bool(quarrel) and len(_by(same)) == 1))
    return settled


def _by(reads: list[dict[str, Any]]) -> set[str]:
    return {read["by"] for read in reads}


def _family(read: dict[str, Any]) -> str:
    """The kind of symbol that both readers look for; "" for those that one reads alone."""
    return "linear" if read["symbology"] in LINEAR else "qr" if read["symbology"] in QR else ""


def _content(read: dict[str, Any]) -> str:
    """What two readers must agree on: article numbers may be written with more or fewer zeros."""
    if read["symbology"] in WEAK and read["text"].isdigit():
        return read["text"].zfill(14)
    return read["text"] or read["raw"]


def _judged(read: dict[str, Any], disputed: bool, known: Callable[[Code], bool]) -> Barcode:
    text, identifier = read["text"], read["identifier"]
    typed = identifier + text if identifier[1:] in GS1_SYMBOLOGIES else text
    code = understood(typed, symbology=identifier)
    reason = None
    if disputed:
        reason = _("Two readers saw different codes.")
    elif not text:
        reason = _("The code holds no text.")
    elif (read["symbology"] in WEAK or code.format == "gtin") and not known(code):
        reason = code.reason or _("This number is not in the catalogue, so it may be misread.")
    return Barcode(
        symbology=read["symbology"],
        raw=base64.b64decode(read["raw"]),
        text=text,
        typed=typed,
        code=code,
        confirmed=reason is None,
        reason=reason,
    )


@cache
def _has_zbar() -> bool:
    return ctypes.util.find_library("zbar") is not None


def _readers(now: datetime) -> Check:
    """Well with one reader too; it says what is missing."""
    both = _has_zbar()
    text = "photos are read by zxing-cpp and zbar"
    if not both:
        text = "photos are read by zxing-cpp alone: install libzbar0 for a second opinion"
    return Check(True, text, {"readers": 1 + both})


register_check("photos", _readers)
