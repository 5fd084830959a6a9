"""Pictures of codes for tests, drawn here: a barcode, or several, as a file that a phone sends."""

import io

import numpy as np
import zxingcpp
from PIL import Image

GTIN = "00300472040031"
PACK = f"(01){GTIN}(17)280200(10)LOT7A(21)SN0001"


def drawn(text: str, kind: str = "DataMatrix", *, gs1: bool = False, scale: int = 4) -> Image.Image:
    """One barcode with its quiet zone; the text of a GS1 symbol is given in brackets."""
    kind_of = getattr(zxingcpp.BarcodeFormat, kind)
    barcode = zxingcpp.create_barcode(text, kind_of, **({"gs1": True} if gs1 else {}))
    return Image.fromarray(np.array(barcode.to_image(scale=scale))).convert("L")


def side_by_side(*pictures: Image.Image) -> Image.Image:
    """Several pictures on one white ground."""
    gap = 40
    width = sum(one.width + gap for one in pictures) + gap
    whole = Image.new("L", (width, max(one.height for one in pictures) + 2 * gap), "white")
    at = gap
    for one in pictures:
        whole.paste(one, (at, gap))
        at += one.width + gap
    return whole


def photo(picture: Image.Image, kind: str = "PNG", **more) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    picture.save(file, kind, **more)
    return file.getvalue()
