"""An uploaded floor plan: is it really a picture, and a fresh one made from its pixels alone."""

import hashlib
import io
import warnings
from dataclasses import dataclass, field

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
MOST_BYTES = 8 * 2**20
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 4096


class NoPicture(ValueError):
    """The bytes are no picture that can be a plan: large, pixels, unreadable or small."""


@dataclass(frozen=True)
class Picture:
    """A WebP picture: its bytes, and its size in pixels. Told in the trail by its SHA-256."""

    data: bytes = field(repr=False)
    width: int
    height: int

    def __str__(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def plan_picture(data: bytes) -> Picture:
    """The picture in `data`, encoded anew: upright, opaque, at most 4,096 pixels a side, and
    without anything that was hidden in the file. Raises NoPicture."""
    if len(data) > MOST_BYTES:
        raise NoPicture("large")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > MOST_PIXELS:
                    raise NoPicture("pixels")
                opened.verify()
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                picture = _opaque(ImageOps.exif_transpose(opened))
    except NoPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise NoPicture("pixels") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise NoPicture("unreadable") from None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if min(picture.size) < 16:
        raise NoPicture("small")
    fresh = io.BytesIO()
    picture.save(fresh, "WEBP", quality=88)
    return Picture(fresh.getvalue(), *picture.size)


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode in {"RGBA", "LA", "P", "PA"}:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture)
        picture = ground
    return picture.convert("RGB")
