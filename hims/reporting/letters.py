"""The type of a printed report: which letters it has, in which order they are drawn, where lines
break.

Kurinto Sans has the letters of Europe, of Hebrew and Arabic, of India and South-East Asia; its
Chinese, Japanese and Korean cuts have the rest. Right-to-left text is put in the order in which it
is seen (Unicode Annex 9), Arabic letters in the forms in which they join; the scripts of India are
set letter by letter, without their ligatures. A letter that no cut has (an emoji, say) stands as a
white square, never as another letter, and the document says so.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import weblate_fonts
from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display  # this one mirrors brackets too
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

CUTS = ("KurintoSans", "KurintoSansSC", "KurintoSansJP", "KurintoSansKR")
NONE = "□"
RIGHT_TO_LEFT = {"R", "AL"}
STEERS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI", "BN"}
"""Kinds of letters that are not seen but turn the order of others; a name may not do that."""

_FONTS = Path(weblate_fonts.__file__).parent / "static" / "weblate_fonts" / "kurinto" / "ttf"
_joined = ArabicReshaper({"delete_harakat": False, "support_ligatures": True}).reshape

Line = tuple[tuple[str, str], ...]
"""(face, letters in the order in which they are seen), from left to right."""


@lru_cache(maxsize=8)
def face(cut: str, bold: bool) -> tuple[str, dict[int, float]]:
    """(name for the canvas, width of each letter in thousandths of the size) of a cut."""
    name = f"{cut}-{'Bd' if bold else 'Rg'}"
    font = TTFont(name, str(_FONTS / f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    known = font.face.charWidths
    return name, {letter: known[letter] for letter in font.face.charToGlyph if letter in known}


class Letters:
    """Sets the text of one document, and remembers the letters it had no shape for."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self._set: dict[tuple[str, float, bool], tuple[Line, ...]] = {}

    def line(self, text: str, *, bold: bool = False) -> Line:
        """The text in one line, however long."""
        return self.lines(text, float("inf"), 1.0, bold=bold)[0]

    def lines(self, text: str, room: float, size: float, *, bold: bool = False) -> tuple[Line, ...]:
        """The text in lines at most `room` points wide, at least one. Lines break at spaces; a
        word that is wider than a line breaks where it has to."""
        key = (text, room / size, bold)
        found = self._set.get(key)
        if found is None:
            found = self._set[key] = tuple(self._broken(text, room / size, bold))
        return found

    def _broken(self, text: str, room: float, bold: bool) -> Iterator[Line]:
        for paragraph in text.split("\n"):
            said = self._printable(paragraph, bold)
            turned = any(unicodedata.bidirectional(letter) in RIGHT_TO_LEFT for letter in said)
            if turned:
                said = _joined(said)
            base = _direction(said)
            for part in _parts(said, room * 1000, bold):
                yield _runs(get_display(part, base_dir=base) if turned else part, bold)

    def _printable(self, text: str, bold: bool) -> str:
        if text.isascii() and text.isprintable():
            return text
        letters = []
        for letter in unicodedata.normalize("NFC", text):
            if unicodedata.category(letter) in {"Cc", "Zl", "Zp"}:
                letters.append(" ")
            elif unicodedata.bidirectional(letter) in STEERS:
                continue
            elif any(ord(letter) in face(cut, bold)[1] for cut in CUTS):
                letters.append(letter)
            else:
                self.missing.add(letter)
                letters.append(NONE)
        return "".join(letters)


def width(line: Line, size: float) -> float:
    """How wide a line is, in points."""
    return sum(_wide(letters, name) for name, letters in line) * size / 1000


def draw(canvas: Canvas, x: float, y: float, line: Line, size: float) -> None:
    """Draw a line from `x` on, standing on `y`."""
    for name, letters in line:
        canvas.setFont(name, size)
        canvas.drawString(x, y, letters)
        x += _wide(letters, name) * size / 1000


def _parts(text: str, room: float, bold: bool) -> Iterator[str]:
    """The text in parts at most `room` thousandths wide, at least one."""
    space = _long(" ", bold)
    line, used = "", 0.0
    for word in text.split(" "):
        wide = _long(word, bold)
        if line and used + space + wide > room:
            yield line
            line, used = "", 0.0
        while wide > room:
            fits = _fitting(word, room, bold)
            yield word[:fits]
            word = word[fits:]
            wide = _long(word, bold)
        line, used = (f"{line} {word}", used + space + wide) if line else (word, wide)
    yield line


def _fitting(word: str, room: float, bold: bool) -> int:
    """How many letters fit, at least one: up to a hyphen if that fills half of the line; an accent
    stays with its letter."""
    used, fits = 0.0, 0
    for place, letter in enumerate(word):
        used += _long(letter, bold)
        if used > room:
            break
        fits = place + 1
    while 0 < fits < len(word) and unicodedata.combining(word[fits]):
        fits -= 1
    hyphen = max(word.rfind(sign, 0, fits) for sign in "-/_") + 1
    return max(hyphen if hyphen * 2 > fits else fits, 1)


def _long(text: str, bold: bool) -> float:
    """The width of text in thousandths, each letter in the first cut that has it."""
    widths = face(CUTS[0], bold)[1]
    try:
        return sum([widths[letter] for letter in map(ord, text)])
    except KeyError:
        return sum(face(_cut(ord(letter), bold), bold)[1][ord(letter)] for letter in text)


def _wide(letters: str, name: str) -> float:
    widths = pdfmetrics.getFont(name).face.charWidths
    return sum([widths[letter] for letter in map(ord, letters)])


def _runs(letters: str, bold: bool) -> Line:
    """Letters in order, taken together by the cut that has them."""
    plain, widths = face(CUTS[0], bold)
    if all(letter in widths for letter in map(ord, letters)):
        return ((plain, letters),)
    runs: list[tuple[str, str]] = []
    for letter in letters:
        name = face(_cut(ord(letter), bold), bold)[0]
        if runs and runs[-1][0] == name:
            runs[-1] = (name, runs[-1][1] + letter)
        else:
            runs.append((name, letter))
    return tuple(runs)


def _cut(letter: int, bold: bool) -> str:
    return next(cut for cut in CUTS if letter in face(cut, bold)[1])


def _direction(text: str) -> str:
    """That of the first letter that has one."""
    for letter in text:
        kind = unicodedata.bidirectional(letter)
        if kind in RIGHT_TO_LEFT:
            return "R"
        if kind == "L":
            return "L"
    return "L"
