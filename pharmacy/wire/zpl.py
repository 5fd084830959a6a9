"""A label in ZPL II, the language of Zebra's label printers: text, and a Data Matrix.

Field data is sent in hexadecimal wherever it holds anything but plain letters, so that no name of
a patient can be a command.
"""

from collections.abc import Iterable

from pharmacy.domain.label import CODE, HEIGHT, MARGIN, POINT, WIDTH, Label, Page, pages

DOTS_PER_MM = 8
"""203 dots per inch, what most label printers have."""

PLAIN = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;-+/()%")


def zpl(label: Label) -> str:
    """The label as ZPL, one ^XA … ^XZ for each page."""
    return "\n".join(_page(page, label.code) for page in pages(label)) + "\n"


def _page(page: Page, code: str) -> str:
    parts = [
        "^XA",
        "^CI28",  # UTF-8
        f"^PW{_dots(WIDTH)}",
        f"^LL{_dots(HEIGHT)}",
        "^LH0,0",
    ]
    # 26 x 26 modules hold up to 64 characters of a code of ours.
    module = max(_dots(CODE) // 26, 2)
    parts.append(
        f"^FO{_dots(WIDTH - MARGIN - CODE)},{_dots(MARGIN)}^BXN,{module},200^FH_^FD{field(code)}^FS"
    )
    for line in page.lines:
        height = _dots(line.style.size * POINT * 1.25)
        top = _dots(line.y - line.style.size * POINT)
        wide = round(height * (0.85 if line.style.bold else 0.78))
        parts.append(f"^FO{_dots(line.x)},{top}^A0N,{height},{wide}^FH_^FD{field(line.text)}^FS")
    parts.append("^XZ")
    return "\n".join(parts)


def field(text: str) -> str:
    """`text` as field data after ^FH_: each byte that is no plain letter as _hh."""
    return "".join(_escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    if letter in PLAIN:
        return letter
    return "".join(f"_{byte:02X}" for byte in letter.encode("utf-8", "replace"))


def _dots(mm: float) -> int:
    return round(mm * DOTS_PER_MM)


def sent(labels: Iterable[Label]) -> bytes:
    """Several labels as the bytes that go to the printer."""
    return "".join(map(zpl, labels)).encode()
