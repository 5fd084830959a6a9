"""Reports of the demonstration: those of the last two periods are made, some are signed, one of
these no longer holds since something was corrected, and a breach is in hand."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from hims.access.roles import Role
from hims.actions.milestones import correct_milestone
from hims.actions.reports.asking import ask
from hims.actions.reports.breaches import own_breach, plan_action
from hims.actions.reports.restating import check_again
from hims.actions.reports.schedules import set_schedule
from hims.actions.reports.signing import hindrance, sign
from hims.actions.sealing import seal
from hims.domain.periods import newest_whole
from hims.models import Actor, Breach, Milestone, ReportEdition
from hims.queries.actors import console
from hims.reporting.declared import Report, all_reports
from hims.reporting.making import make

HOUR = time(6)
SIGNED = ("R20", "R8", "R9", "R17")
"""Of these the older edition is signed."""
CORRECTED = "R20"
"""Something that this report counts was corrected after it was signed."""


def published() -> bool:
    """Whether any report was ever made."""
    return ReportEdition.objects.exists()


def publish(now: datetime) -> None:
    """Make, sign and check what a hospital of three months would have."""
    seal(actor=console(), now=now)
    today = timezone.localdate(now)
    signed: dict[str, ReportEdition] = {}
    for report in all_reports():
        reader = _somebody(report)
        newest = newest_whole(today, report.cadence)
        for period in (newest.before(), newest):
            edition = ask(actor=reader, now=now, report=report, period=period, waits=True)
            made = make(edition.pk, now)
            if made and report.code in SIGNED and period != newest:
                signed[report.code] = made
        set_schedule(
            actor=console(),
            now=now,
            report=report,
            cadence=report.cadence,
            at=HOUR,
            roles=sorted(role.value for role in report.signers),
        )
    for edition in signed.values():
        _sign(edition, now - timedelta(hours=1))
    if CORRECTED in signed:
        _correct(signed[CORRECTED], now)
    _take_in_hand(now)


def _somebody(report: Report) -> Actor:
    """A signer of the demonstration who may see the report; else the operator."""
    people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True).order_by("pk")
    signers = people.filter(roles__overlap=[role.value for role in report.signers])
    named = signers.filter(username__in=[role.value.replace("_", "-") for role in Role])
    return next((one for one in [*named, *signers] if one.may(report.permission)), console())


def _sign(edition: ReportEdition, at: datetime) -> None:
    signer = edition.asked_by
    if hindrance(signer, edition) is None:
        sign(actor=signer, now=at, edition=edition, meaning="approved")


def _correct(edition: ReportEdition, now: datetime) -> None:
    """A physician says that they had seen a patient later than was tapped."""
    said = (
        Milestone.objects.filter(
            kind="provider",
            stands=True,
            encounter__started_at__gte=edition.begins,
            encounter__started_at__lt=edition.ends,
        )
        .select_related("encounter", "actor")
        .order_by("pk")
        .first()
    )
    if said is None or not said.actor.may("encounter.correct"):
        return
    correct_milestone(
        actor=said.actor,
        now=now,
        milestone=said,
        at=said.at + timedelta(minutes=4),
        reason="was tapped for another patient",
    )
    again = check_again(actor=edition.asked_by, now=now, edition=edition, waits=True)
    make(again.pk, now)


def _take_in_hand(now: datetime) -> None:
    breach = Breach.objects.filter(code=CORRECTED).order_by("pk").first()
    manager = Actor.objects.filter(username="manager").first()
    if breach is None or manager is None:
        return
    due = timezone.localdate(now) + timedelta(days=14)
    own_breach(actor=manager, now=now, breach=breach, owner=manager, due_on=due)
    text = "Burst pipe: six bays closed. Open the day surgery bays to emergencies when it recurs."
    plan_action(actor=manager, now=now, breach=breach, text=text)
