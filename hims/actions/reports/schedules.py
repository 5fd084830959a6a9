"""Reports that are made by themselves once their period is over, and whom they call: by a notice
and a letter that hold a title and a link, nothing else."""

from collections.abc import Sequence
from datetime import datetime, time

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.access.roles import Role, permissions_of_roles
from hims.action import action, step, touches
from hims.actions.alerts import deliver
from hims.actions.reports.asking import have_made
from hims.domain.periods import Cadence
from hims.domain.report_days import due_periods
from hims.errors import Finding, Forbidden, Invalid
from hims.models import Actor, ReportEdition, ReportSchedule
from hims.queries.report_schedules import channels_of, due_schedules, people_of
from hims.reporting.declared import Report, report_of
from hims.reporting.wording import period_text

Source = ReportEdition.Source


@action("report_schedule.change")
def set_schedule(
    *,
    actor: Actor,
    now: datetime,
    report: Report,
    cadence: str,
    at: time,
    roles: Sequence[str],
    active: bool = True,
) -> ReportSchedule:
    """Have a report made each day, week or month from now on, or change (or end) that.

    roles: who is told; none of them may be one that cannot see the report. The first is that of
    the newest period that is over; what was missed while it was not in use is not caught up.
    """
    if not actor.may(report.permission):
        raise Forbidden(report.permission)
    if cadence not in ReportSchedule.Cadence.values:
        raise Invalid(Finding("no_cadence", _("Choose how often."), field="cadence"))
    blind = [role for role in roles if not sees(role, report)]
    if blind:
        text = _("These may not see the report: %(roles)s.") % {"roles": ", ".join(blind)}
        raise Invalid(Finding("cannot_see", text, field="roles"))
    known = ReportSchedule.objects.select_for_update().filter(code=report.code, cadence=cadence)
    row = known.order_by("-active", "-pk").first()
    if row is None:
        row = ReportSchedule(code=report.code, cadence=cadence, active=False)
    if active and not row.active:
        row.made_until = None
    row.at, row.roles, row.active = at, sorted(set(roles)), active
    row.save()
    touches(row)
    return row


@action("report.schedule")
def make_scheduled(*, actor: Actor, now: datetime) -> list[ReportEdition]:
    """Have every report made whose period is over and whose hour has come; the editions asked for.

    That a period was asked for is written down in the same transaction, so that it happens once,
    whatever is killed in between; what was missed is caught up, the newest periods of it.
    """
    asked = []
    zone = timezone.get_default_timezone()
    for known in due_schedules(now):
        free = ReportSchedule.objects.select_for_update(skip_locked=True)
        row = free.filter(pk=known.pk, active=True).first()
        if row is None:
            continue
        for period in due_periods(Cadence(row.cadence), row.at, row.made_until, now, zone):
            edition = have_made(
                actor=actor,
                now=now,
                report=report_of(row.code),
                period=period,
                source=Source.SCHEDULE,
            )
            asked.append(edition)
            row.made_until = period.until
        row.save(update_fields=["made_until"])
        touches(row)
    return asked


@step
def tell_ready(*, edition: ReportEdition, now: datetime) -> None:
    """Tell those whom the schedule names that its report is there: their pages and their channels,
    and the channels of their roles, once each."""
    if edition.source != Source.SCHEDULE:
        return
    report = report_of(edition.code)
    roles = sorted(
        {
            role
            for one in ReportSchedule.objects.filter(code=edition.code, active=True)
            for role in one.roles
            if sees(role, report)
        }
    )
    named = {"report": report.title, "period": period_text(edition)}
    link = f"{settings.HIMS_ADDRESS.rstrip('/')}/reports/editions/{edition.uid}/"
    for person in people_of(roles):
        signs = edition.standard and bool(report.signers & set(person.roles))
        title = (
            _("%(report)s, %(period)s is ready to sign")
            if signs
            else _("%(report)s, %(period)s is ready")
        )
        key = f"report:{edition.uid}:{person.pk}"
        deliver(key=key, title=title % named, text=link, to=person, now=now)
    title = _("%(report)s, %(period)s is ready") % named
    for channel in channels_of(roles):
        key = f"report:{edition.uid}:{channel.uid}"
        deliver(key=key, title=title, text=link, channel=channel, now=now)


def sees(role: str, report: Report) -> bool:
    """Whether holders of a role may see a report."""
    return role in set(Role) and report.permission in permissions_of_roles([role])
