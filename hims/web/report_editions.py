"""One making of a report: while it is made, when it failed, and when it is done."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.actions.reports import asking, restating
from hims.domain.periods import Period
from hims.errors import Refused
from hims.models import ReportEdition
from hims.queries.editions import GONE, Kept, edition_of
from hims.reporting import wording
from hims.reporting.declared import report_of
from hims.reporting.making import make

from .form import fresh_key, once
from .page import page
from .report_parts import context_of, role_name
from .report_question import as_typed

Status = ReportEdition.Status


@page("reports.view")
@require_GET
def edition(request, uid):
    """The report as it was made, or how far it is."""
    row = edition_of(request.user, uid)
    report = report_of(row.code)
    context = {
        "edition": row,
        "report": report,
        "period_text": wording.period_text(row),
        "asked": as_typed(Period(row.first, row.until), row.filters, row.grouping),
        "key": fresh_key(),
        "now": timezone.now(),
    }
    if row.status == Status.QUEUED:
        context |= _how_far(row)
    elif row.status == Status.DONE and row.definition == report.version:
        context |= context_of(request, Kept(row))
    elif row.status == Status.DONE:
        context["older"] = True
        context["signatures"] = [(one, role_name(one.role)) for one in Kept(row).signatures]
    return render(request, "hims/report_edition.html", context)


@page("reports.view")
@require_GET
def progress(request, uid):
    """How far it is, asked again each second; then the page itself."""
    row = edition_of(request.user, uid)
    if row.status != Status.QUEUED:
        if not request.htmx:
            return redirect("edition", uid=uid)
        answer = HttpResponse()
        answer["HX-Redirect"] = reverse("edition", args=[uid])
        return answer
    return render(request, "hims/report_progress.html", {"edition": row, **_how_far(row)})


@page("report.cancel")
@require_POST
def cancel(request, uid):
    """Call off the making."""
    row = edition_of(request.user, uid)
    try:
        once(request, asking.cancel, word=lambda one: {"id": str(one.uid)}, edition=row)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("edition", uid=uid)


@page("report.ask")
@require_POST
def again(request, uid):
    """Make a signed report once more from today's data, to see whether it still holds."""
    row = edition_of(request.user, uid)
    waits = (row.until - row.first).days <= report_of(row.code).inline_days
    try:
        asked, _repeated = once(
            request,
            restating.check_again,
            word=lambda one: {"id": str(one.uid), "key": one.pk},
            edition=row,
            waits=waits,
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("edition", uid=uid)
    made = make(asked["key"], timezone.now()) if waits else None
    if made and made.status == Status.DONE and not made.differences.get("rows"):
        messages.success(request, _("Checked: today's data gives the same rows."))
    return redirect("edition", uid=asked["id"])


def _how_far(row: ReportEdition) -> dict:
    progress, now = row.progress, timezone.now()
    return {
        "rows_text": wording.rows_text(progress.rows),
        "seconds": max(0, int((now - row.asked_at).total_seconds())),
        "nobody": progress.beat_at is None or progress.beat_at < now - GONE,
        "called_off": progress.cancel_asked,
        "tries": progress.attempts,
    }
