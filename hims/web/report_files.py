"""The files of a report: rows and figures as CSV, the workbook, the PDF. Each export is in the
trail, before its first byte leaves."""

import base64
import tempfile
from typing import Any

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from hims.action import look
from hims.errors import Finding, Refused
from hims.models import ReportEdition
from hims.queries.editions import Kept, edition_of
from hims.reporting import csv_files, paper, workbook

from .page import page

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAPERS = {"A4", "Letter"}
IN_MEMORY = 1 << 20  # bytes of a workbook that need no file


@page("report.export")
@require_GET
def rows_csv(request, uid):
    """The rows behind the numbers, streamed; their SHA-256 is the one on the report."""
    kept = _exported(request, uid, "rows.csv")
    answer = StreamingHttpResponse(csv_files.rows(kept), content_type=CSV)
    digest = base64.b64encode(bytes.fromhex(kept.edition.sha256)).decode()
    answer["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530
    return _saved_as(answer, csv_files.file_name(kept, "_rows.csv"))


@page("report.export")
@require_GET
def figures_csv(request, uid):
    kept = _exported(request, uid, "figures.csv")
    answer = HttpResponse(csv_files.figures(kept), content_type=CSV)
    return _saved_as(answer, csv_files.file_name(kept, "_figures.csv"))


@page("report.export")
@require_GET
def xlsx(request, uid):
    kept = _exported(request, uid, "report.xlsx")
    file: Any = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- closed with the answer
    workbook.write(kept, file)
    file.seek(0)
    answer = FileResponse(file, content_type=XLSX)
    return _saved_as(answer, csv_files.file_name(kept, ".xlsx"))


@page("report.export")
@require_GET
def pdf(request, uid):
    """The PDF; of a signed report as it was kept with its newest signature, whatever paper is
    asked for."""
    kept = _exported(request, uid, "report.pdf")
    document = kept.edition.documents.order_by("-pk").first()
    if document:
        content = bytes(document.content)
    else:
        size = request.GET.get("paper", "A4")
        content = paper.pdf(kept, paper=size if size in PAPERS else "A4", now=timezone.now())
    answer = HttpResponse(content, content_type="application/pdf")
    return _saved_as(answer, csv_files.file_name(kept, ".pdf"))


def _exported(request, uid, file: str) -> Kept:
    """The edition, once the trail says who takes which file of it away."""
    edition = edition_of(request.user, uid)
    if edition.status != ReportEdition.Status.DONE:
        raise Refused(Finding("not_made", _("This report is not made yet. Try again soon.")))
    look(
        viewer=request.user,
        now=timezone.now(),
        what="report.export",
        things=[edition],
        reason=file,
    )
    return Kept(edition)


def _saved_as(answer: Any, name: str) -> Any:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
