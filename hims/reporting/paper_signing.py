"""Who signed a printed report, or room to sign; and how to check it."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing

from hims.access.roles import ROLE_NAMES, Role
from hims.models import ReportSignature
from hims.queries.editions import Kept

from .chart_shapes import INK, QUIET
from .paper_pages import (
    HEADING,
    SIZE,
    SMALL,
    Cell,
    Pages,
    Picture,
    Row,
    Said,
    Stack,
    Strip,
    Together,
)
from .wording import moment_text

CODE = 84.0  # side of the QR code
HAND = 24.0  # room for a line written by hand


def signing(kept: Kept, pages: Pages) -> None:
    """The signatures, or empty lines for each role that signs; then the check code."""
    blocks = [_signed(pages, one) for one in kept.signatures]
    if not blocks:
        roles = [role for role in Role if role in kept.report.signers]
        said = _("Not signed.")
        blocks = [Stack((pages.words(said, bold=True),)), *(_empty(pages, role) for role in roles)]
    first, *others = blocks
    pages.put(Stack((pages.heading(_("Signatures")), first)))
    for block in others:
        pages.put(block)
    pages.put(_check(kept, pages))


def address(kept: Kept) -> str:
    """Where anybody may check the report."""
    where = reverse("check-report")
    return f"{settings.HIMS_ADDRESS.rstrip('/')}{where}?code={kept.edition.check_code}"


def _signed(pages: Pages, signature: ReportSignature) -> Stack:
    """A signature: the printed name, as what, when and with what meaning."""
    role = ROLE_NAMES[Role(signature.role)] if signature.role in set(Role) else signature.role
    lines: list[Strip] = [
        pages.words(signature.name, size=HEADING, bold=True),
        pages.words(_("%(meaning)s, as %(role)s, on %(when)s") % {
            "meaning": signature.get_meaning_display(), "role": role,
            "when": moment_text(signature.at),
        }),
        pages.words(_("SHA-256 of the rows that were signed: %(sha256)s") % {
            "sha256": signature.sha256,
        }, size=SMALL),
    ]  # fmt: skip
    if signature.note:
        lines.append(pages.words(_("Note: %(note)s") % {"note": signature.note}))
    return Stack((*lines, Row((), below=10.0)))


def _empty(pages: Pages, role: Role) -> Stack:
    """Lines for a signature by hand."""
    names = [_("Name"), _("Date and time"), _("Meaning"), _("Signature")]
    gap = 12.0
    wide = (pages.across - gap * (len(names) - 1)) / len(names)
    lines = []
    for place, name in enumerate(names):
        said = pages.letters.lines(name, wide, SMALL)
        x = place * (wide + gap)
        lines.append(_Ruled(x, wide, tuple(Said(line, SMALL, QUIET) for line in said)))
    title = pages.words(str(ROLE_NAMES[role]), above=6.0)
    return Stack((title, Together(tuple(lines)), Row((), below=6.0)))


class _Ruled:
    """A line to write on, with what belongs there below it."""

    def __init__(self, x: float, wide: float, said: tuple[Said, ...]):
        self._row = Row((Cell(x, wide, said),), above=HAND + 2.0)
        self._x, self._wide = x, wide

    @property
    def height(self) -> float:
        return self._row.height

    def draw(self, canvas, left: float, top: float) -> None:
        canvas.setStrokeColor(INK)
        canvas.setLineWidth(0.5)
        y = top - HAND
        canvas.line(left + self._x, y, left + self._x + self._wide, y)
        self._row.draw(canvas, left, top)


def _check(kept: Kept, pages: Pages) -> Together:
    """The check code, to be scanned or typed."""
    said = [
        Said(pages.letters.line(kept.edition.check_code, bold=True), 15.0),
        *_wrapped(pages, _("Scan the code, or open this address, to see whether this report is as "
                           "it was made and signed:")),
        *_wrapped(pages, address(kept)),
        *_wrapped(pages, _("The CSV of rows is genuine if its SHA-256 is this one:")),
        *_wrapped(pages, kept.edition.sha256),
    ]  # fmt: skip
    text = Row((Cell(CODE + 14.0, pages.across - CODE - 14.0, tuple(said)),), above=14.0)
    return Together((Picture(_code(address(kept)), pages.body), text))


def _wrapped(pages: Pages, text: str) -> list[Said]:
    lines = pages.letters.lines(text, pages.across - CODE - 14.0, SIZE)
    return [Said(line, SIZE) for line in lines]


def _code(text: str) -> Drawing:
    """The QR code; its light modules around are its margin."""
    widget = QrCodeWidget(text, barLevel="M", barBorder=2)
    left, low, right, _high = widget.getBounds()
    scale = CODE / (right - left)
    drawing = Drawing(CODE, CODE + 10.0, transform=[scale, 0, 0, scale, -left, -low])
    drawing.add(widget)
    return drawing
