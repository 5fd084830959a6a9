"""Reads the barcodes of one picture: a program of its own, `python -m hims.barcodes < picture`.

Pictures come from strangers' phones and barcode libraries are written in C, so each picture is read
in a process of its own, which may take only so much memory and time, whose warnings nobody hears,
and whose death costs the one answer. It prints one JSON object: what was read and by whom, or why
the bytes are no picture. Nothing is judged here: that is done in `hims.codes`.
"""

import base64
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 2400  # a code that needs more than this is too small in the picture
LONGEST_TWICE = 1600  # larger than this, doubling gains nothing and takes seconds
MOST_READS = 50
MEMORY = 2**30
CPU_S = 20
ZBAR_KINDS = ("EAN13", "EAN8", "CODE128", "I25", "QRCODE")
"""What the second reader is asked for: it adds reads of these, and finds no others better. A UPC
then comes as the EAN-13 that it is."""


class NoPicture(ValueError):
    """The bytes are no picture that can be read: unreadable or pixels."""


def main() -> None:
    """Read the picture on standard input and print what was found."""
    _restrained()
    try:
        answer: dict[str, Any] = {
            "reads": list(reads_in(opened(sys.stdin.buffer.read())))[:MOST_READS]
        }
    except NoPicture as no:
        answer = {"no_picture": str(no)}
    json.dump(answer, sys.stdout)


def opened(data: bytes) -> Image.Image:
    """The picture in `data`: grey, upright, no larger than codes need. Raises NoPicture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image
            with Image.open(io.BytesIO(data), formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise NoPicture("pixels")
                found.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
                picture = _on_white(ImageOps.exif_transpose(found)).convert("L")
    except NoPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        raise NoPicture("pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, OverflowError):
        raise NoPicture("unreadable") from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return picture


def _on_white(picture: Image.Image) -> Image.Image:
    """Black bars on nothing are black bars on white."""
    if picture.mode not in {"RGBA", "LA", "PA"} and "transparency" not in picture.info:
        return picture
    picture = picture.convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    return ground


def reads_in(picture: Image.Image) -> Iterator[dict[str, Any]]:
    """Every read, each with the reader's name: zxing, zbar, and zxing at double size if both found
    nothing."""
    found = [*_zxing(picture, "zxing"), *_zbar(picture)]
    if not found and max(picture.size) <= LONGEST_TWICE:
        width, height = picture.size
        twice = picture.resize((2 * width, 2 * height), Image.Resampling.BICUBIC)
        found = list(_zxing(twice, "zxing at double size"))
    yield from found


def _zxing(picture: Image.Image, by: str) -> Iterator[dict[str, Any]]:
    # The bytes of a GS1 symbol hold the separators that a scanner would send; its text for people
    # puts brackets there instead.
    for read in zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain):
        yield {
            "by": by,
            "symbology": str(read.format),
            "identifier": read.symbology_identifier,
            "text": read.text,
            "raw": base64.b64encode(read.bytes).decode(),
        }


def _zbar(picture: Image.Image) -> Iterator[dict[str, Any]]:
    try:
        from pyzbar import pyzbar
    except ImportError:  # Debian's libzbar0 is not there: one reader serves alone
        return
    kinds = [pyzbar.ZBarSymbol[kind] for kind in ZBAR_KINDS]
    for read in pyzbar.decode(picture, symbols=kinds):
        yield {
            "by": "zbar",
            "symbology": read.type,
            "identifier": "",
            "text": read.data.decode(errors="replace"),
            "raw": base64.b64encode(read.data).decode(),
        }


def _restrained() -> None:
    """Take no more memory and time than a picture is worth, and let wards go first."""
    try:
        import resource
    except ImportError:  # not on this system: the one who waits for us has a clock
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    os.nice(5)


if __name__ == "__main__":
    main()
