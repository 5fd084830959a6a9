"""The outline of a room as people type it: a list of corners in metres."""

import re

_NUMBER = r"[-+]?\d{1,6}(?:\.\d{1,6})?"
_CORNER = re.compile(rf"\s*\(?\s*({_NUMBER})\s+({_NUMBER})\s*\)?\s*")
_PLAIN = re.compile(r"\s*POLYGON\s*\(\(([^()]*)\)\)\s*", re.IGNORECASE)


def as_polygon(typed: str) -> str:
    """The WKT polygon of typed corners `0 0, 6 0, 6 4, 0 4`; two corners make a rectangle.

    WKT stays as it is, nothing stays nothing. Raises ValueError naming what is not a corner.
    """
    text = typed.strip()
    if not text or text.upper().startswith("POLYGON"):
        return text
    corners = [_corner(part) for part in re.split(r"[,;\n]+", text) if part.strip()]
    if len(corners) == 2:
        (left, low), (right, high) = corners
        corners = [(left, low), (right, low), (right, high), (left, high)]
    if corners[0] != corners[-1]:
        corners.append(corners[0])
    return f"POLYGON (({', '.join(f'{x:g} {y:g}' for x, y in corners)}))"


def as_corners(polygon: str) -> str:
    """The corners of a WKT polygon as people type them; WKT with holes stays as it is."""
    found = _PLAIN.fullmatch(polygon)
    if not found:
        return polygon
    corners = [" ".join(part.split()) for part in found[1].split(",")]
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    return ", ".join(corners)


def _corner(text: str) -> tuple[float, float]:
    found = _CORNER.fullmatch(text)
    if not found:
        raise ValueError(text.strip())
    return float(found[1]), float(found[2])
