"""Schedules of reports: which there are, what is due, and whom they call; and signed reports that
are due to be checked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from hims.access.scopes import visible_to
from hims.domain.periods import Cadence
from hims.domain.report_days import due_periods
from hims.models import Actor, Channel, ReportEdition, ReportSchedule
from hims.reporting.declared import all_reports

CHECKED_FOR = timedelta(days=35)  # so long after its signature a report is checked again
CHECKED_EVERY = timedelta(hours=20)
Status = ReportEdition.Status


def schedules(viewer: Actor) -> QuerySet[ReportSchedule]:
    """The schedules in use of the reports that the viewer may see."""
    found = visible_to(viewer, ReportSchedule.objects.filter(active=True))
    return found.order_by("code", "cadence")


def due_schedules(now: datetime) -> list[ReportSchedule]:
    """The schedules that have a period to be made."""
    zone = timezone.get_default_timezone()
    known = {report.code for report in all_reports()}
    rows = ReportSchedule.objects.filter(active=True, code__in=known).order_by("pk")
    return [
        row for row in rows if due_periods(Cadence(row.cadence), row.at, row.made_until, now, zone)
    ]


def people_of(roles: Sequence[str]) -> list[Actor]:
    """Everybody who holds one of the roles."""
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
    return list(people.filter(roles__overlap=list(roles)).order_by("pk"))


def channels_of(roles: Sequence[str]) -> list[Channel]:
    """The open channels of the roles themselves."""
    return list(Channel.objects.filter(role__in=roles, active=True).order_by("pk"))


def unchecked(now: datetime, at_most: int) -> list[ReportEdition]:
    """Signed editions of the last weeks that were not checked since yesterday; of each report and
    period the newest signed one. One that a restated version waits beside, still to be signed, is
    not checked further; one that was counted in another way cannot be."""
    signed = (
        ReportEdition.objects.annotate(signed_at=Max("signatures__at"))
        .filter(signed_at__gt=now - CHECKED_FOR)
        .order_by("code", "first", "until", "-pk")
    )
    newest: dict[tuple, ReportEdition] = {}
    for row in signed.filter(filters={}).defer("figures", "groups", "series"):
        newest.setdefault((row.code, row.first, row.until, row.grouping), row)
    checks = ReportEdition.objects.filter(restates=OuterRef("pk"))
    recent = checks.filter(asked_at__gt=now - CHECKED_EVERY)
    waits = checks.filter(status=Status.DONE, signatures=None, differences__rows__gt=0)
    versions = {report.code: report.version for report in all_reports()}
    due = ReportEdition.objects.filter(pk__in=[row.pk for row in newest.values()]).exclude(
        Exists(recent) | Exists(waits)
    )
    found = [
        row
        for row in due.annotate(signed_at=Max("signatures__at")).order_by("pk")
        if versions.get(row.code) == row.definition and row.signed_at < now - CHECKED_EVERY
    ]
    return found[:at_most]
