"""Is this report genuine? By the code that stands on it, or by the file itself."""

import hashlib

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.action import look
from hims.queries.report_checks import Checked, Match, by_code, by_hash
from hims.reporting import wording
from hims.reporting.declared import report_of

from .page import page
from .report_parts import role_name

LONGEST_CODE = 40
EXAMPLE = "ABCD-EFGH-2345"
LARGEST = 200 * 1024 * 1024  # bytes of a file that is compared


@page("report.check")
@require_GET
def check(request):
    """The report with the typed or scanned code: what it is, who signed it, whether it holds."""
    code = request.GET.get("code", "").strip()
    checked = by_code(request.user, code) if 0 < len(code) <= LONGEST_CODE else None
    if checked:
        _keep(request, checked.edition)
    context = {"code": code[:LONGEST_CODE], "checked": _said(checked), "example": EXAMPLE}
    return render(request, "hims/report_check.html", context)


@page("report.check")
@require_POST
def compare(request):
    """The file, compared by its SHA-256 with what was kept; nothing of it is stored."""
    file = request.FILES.get("file")
    context: dict = {"code": "", "checked": None, "example": EXAMPLE}
    if file is None or not file.size:
        context["file_wrong"] = _("Choose a PDF or CSV file that is not empty.")
    elif file.size > LARGEST:
        context["file_wrong"] = _("This file is too large to be a report of ours.")
    else:
        digest = hashlib.sha256()
        for chunk in file.chunks():
            digest.update(chunk)
        found = by_hash(digest.hexdigest())
        for edition in {one.edition.pk: one.edition for one in found}.values():
            _keep(request, edition)
        context |= {
            "file": file.name,
            "sha256": digest.hexdigest(),
            "matches": [_said_match(one) for one in found],
        }
    status = 400 if "file_wrong" in context else 200
    return render(request, "hims/report_check.html", context, status=status)


def _keep(request, edition) -> None:
    look(viewer=request.user, now=timezone.now(), what="report.check", things=[edition])


def _said(checked: Checked | None) -> dict | None:
    if checked is None:
        return None
    edition = checked.edition
    return {
        "edition": edition,
        "report": report_of(edition.code),
        "known": checked.known,
        "period_text": wording.period_text(edition),
        "bounds_text": wording.bounds_text(edition),
        "as_of": wording.moment_text(edition.data_as_of),
        "seal": wording.seal_text(edition),
        "rows_hold": checked.rows_hold,
        "holds": checked.holds,
        "signatures": [
            (one, role_name(one.role), wording.moment_text(one.at)) for one in checked.signatures
        ],
        "documents": [
            (one, holds, wording.moment_text(one.made_at)) for one, holds in checked.documents
        ],
        "restated": [(one, wording.moment_text(one.data_as_of)) for one in checked.restated],
    }


def _said_match(match: Match) -> dict:
    edition, document = match.edition, match.document
    return {
        "edition": edition,
        "report": report_of(edition.code),
        "period_text": wording.period_text(edition),
        "document": document,
        "made_at": document and wording.moment_text(document.made_at),
    }
