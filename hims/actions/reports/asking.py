"""A report is asked for, and the making of one is called off."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.domain.periods import Period
from hims.errors import Finding, Forbidden, Invalid, Refused
from hims.jobs import wake
from hims.models import Actor, ReportEdition, ReportProgress
from hims.reporting.declared import Report

Status = ReportEdition.Status


@action("report.ask")
def ask(
    *,
    actor: Actor,
    now: datetime,
    report: Report,
    period: Period,
    filters: Mapping[str, str] | None = None,
    grouping: str = "",
    source: str = ReportEdition.Source.PAGE,
    waits: bool = False,
) -> ReportEdition:
    """Have `report` made over `period`; the row is the job, and the worker is woken for it.

    filters: chosen values by the name of the filter; empty ones count as not chosen. grouping: one
    of the report's groupings, its first if empty. waits: the caller makes it at once (gather).
    Raises Forbidden for a report that the actor may not see, Invalid for a filter or grouping that
    it has not.
    """
    return have_made(
        actor=actor,
        now=now,
        report=report,
        period=period,
        filters=filters,
        grouping=grouping,
        source=source,
        waits=waits,
    )


@step
def have_made(
    *,
    actor: Actor,
    now: datetime,
    report: Report,
    period: Period,
    filters: Mapping[str, str] | None = None,
    grouping: str = "",
    source: str = ReportEdition.Source.PAGE,
    restates: ReportEdition | None = None,
    waits: bool = False,
) -> ReportEdition:
    """The same as a part of a larger story. restates: the signed edition that is checked."""
    if not actor.may(report.permission):
        raise Forbidden(report.permission)
    chosen = {name: value for name, value in (filters or {}).items() if value}
    _check_filters(actor, report, chosen)
    grouping = grouping or next(iter(report.groupings), "")
    if grouping and grouping not in report.groupings:
        raise Invalid(Finding("no_grouping", _("The report has no such grouping."), field="by"))
    begins, ends = period.bounds(timezone.get_default_timezone())
    edition = ReportEdition.objects.create(
        code=report.code,
        definition=report.version,
        first=period.first,
        until=period.until,
        begins=begins,
        ends=ends,
        filters=chosen,
        grouping=grouping,
        standard=not chosen and period.is_whole(report.cadence),
        source=source,
        asked_by=actor,
        asked_at=now,
        restates=restates,
    )
    ReportProgress.objects.create(edition=edition, beat_at=now)
    touches(edition)
    if not waits:
        wake("hims.tasks.gather_report", edition.pk)
    return edition


@action("report.cancel")
def cancel(*, actor: Actor, now: datetime, edition: ReportEdition) -> ReportEdition:
    """Call off the making of an edition. One that is being made stops within a moment and leaves
    nothing behind. Raises Refused when it is done already."""
    touches(edition)
    # Seen by whoever makes it now, who holds the edition's row until the end.
    ReportProgress.objects.filter(edition=edition).update(cancel_asked=True)
    free = ReportEdition.objects.select_for_update(skip_locked=True).filter(pk=edition.pk).first()
    if free is None:
        edition.refresh_from_db()
        return edition
    if free.status == Status.QUEUED:
        free.status = Status.CANCELLED
        free.save(update_fields=["status"])
    elif free.status == Status.DONE:
        raise Refused(Finding("done", _("This report is done already.")))
    return free


def _check_filters(actor: Actor, report: Report, chosen: Mapping[str, str]) -> None:
    known = {one.name: one for one in report.filters}
    for name, value in chosen.items():
        if name not in known:
            text = _("The report has no filter “%(name)s”.") % {"name": name}
            raise Invalid(Finding("no_filter", text, field=name))
        if value not in {choice for choice, _label in known[name].choices(actor)}:
            text = _("“%(value)s” is none of the choices.") % {"value": value}
            raise Invalid(Finding("no_choice", text, field=name))
