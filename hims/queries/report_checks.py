"""Whether a report on paper or in a file is what was made and signed here.

This goes past the read gate on purpose: whoever holds a report may learn whether it is genuine,
who signed it and when. No row and no number of it is told; the door keeps each check in the trail.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from hims.access.scopes import visible_to
from hims.models import Actor, ReportDocument, ReportEdition, ReportSignature
from hims.models.reports import LETTERS
from hims.queries.editions import Kept
from hims.reporting.cells import Digest
from hims.reporting.declared import report_of

SHOWN = 20
GROUP = 4
AT_ONCE = 2_000


@dataclass(frozen=True)
class Checked:
    """What is found out about an edition; known: its rows and numbers are the viewer's to see.

    rows_hold: the kept rows still have the SHA-256 that was kept (None: an older definition made
    them, which is needed to write them down the same way). documents: each kept PDF with whether
    its bytes still have theirs. restated: newer editions that found other rows.
    """

    edition: ReportEdition
    known: bool
    rows_hold: bool | None
    signatures: list[ReportSignature]
    documents: list[tuple[ReportDocument, bool]]
    restated: list[ReportEdition]

    @property
    def holds(self) -> bool:
        return self.rows_hold is not False and all(holds for _document, holds in self.documents)


@dataclass(frozen=True)
class Match:
    """A file is, to the byte, one that came from here: its rows, or the PDF after a signature."""

    edition: ReportEdition
    document: ReportDocument | None = None


def as_code(text: str) -> str:
    """A check code as it is kept, however it was typed: "abcd efgh 2345" is "ABCD-EFGH-2345"."""
    letters = "".join(one for one in text.upper() if one in LETTERS)
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def by_code(viewer: Actor, text: str) -> Checked | None:
    """What there is to say of the report that carries this code; None if none does."""
    made = ReportEdition.objects.filter(status=ReportEdition.Status.DONE)
    edition = made.select_related("seal", "restates").filter(check_code=as_code(text)).first()
    if edition is None:
        return None
    documents = edition.documents.select_related("signature").order_by("pk")
    return Checked(
        edition=edition,
        known=visible_to(viewer, ReportEdition.objects.filter(pk=edition.pk)).exists(),
        rows_hold=_rows_hold(edition),
        signatures=list(edition.signatures.order_by("at", "pk")),
        documents=[(one, _sha256(bytes(one.content)) == one.sha256) for one in documents],
        restated=list(restated_by(edition)),
    )


def restated_by(edition: ReportEdition) -> list[ReportEdition]:
    """Newer editions that were made to check this one and found something else, newest first."""
    newer = edition.restated_by.filter(status=ReportEdition.Status.DONE)
    return [one for one in newer.order_by("-pk")[:SHOWN] if one.differences.get("rows")]


def by_hash(sha256: str) -> list[Match]:
    """Which files of ours have this SHA-256, the newest first."""
    documents = ReportDocument.objects.filter(sha256=sha256).select_related("edition")
    editions = ReportEdition.objects.filter(sha256=sha256, status=ReportEdition.Status.DONE)
    found = [Match(one.edition, one) for one in documents.order_by("-pk")[:SHOWN]]
    return found + [Match(one) for one in editions.order_by("-pk")[:SHOWN]]


def rows_hash(edition: ReportEdition) -> str:
    """The SHA-256 of the file of rows, computed anew from the rows that are kept."""
    kept = Kept(edition)
    digest = Digest(kept.report.columns)
    for rows in _by_thousands(kept.cells()):
        digest.add(rows)
        digest.take()
    return digest.hexdigest()


def _rows_hold(edition: ReportEdition) -> bool | None:
    if edition.definition != report_of(edition.code).version:
        return None
    return rows_hash(edition) == edition.sha256


def _by_thousands(rows: Iterator[list]) -> Iterator[list[list]]:
    some: list[list] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            yield some
            some = []
    yield some


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
