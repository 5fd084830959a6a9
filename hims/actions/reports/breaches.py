"""A target that was missed, from the report that found it to its end: an owner, a day, an action,
what shows that it was done, and whether the numbers got better."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.access.roles import Role
from hims.action import action, step, touches
from hims.actions.alerts import clear_alert, raise_alert
from hims.alert_rules import register_rule
from hims.errors import Finding, Forbidden, Invalid, Refused
from hims.models import Actor, Breach, ReportEdition
from hims.queries.breaches import OVERDUE, late, misses, newest_over
from hims.queries.editions import Kept
from hims.reporting.declared import report_of
from hims.reporting.wording import target_text

SHORTEST = 10  # letters of a conclusion
DAY_S = 24 * 3600
Status = Breach.Status

register_rule(
    OVERDUE,
    title="A breach of a target is overdue",
    priority="low",
    owner_role=Role.MANAGER,
    acknowledge_within_s=DAY_S,
    clears_after_s=0,
)


# --- found by a report ----------------------------------------------------------------------------


@step
def note_breaches(*, edition: ReportEdition, now: datetime, actor: Actor) -> list[Breach]:
    """The breaches that a finished edition of a whole period shows: those that begin with it, and
    those that go on.

    Only periods that are over count, and the newest of them; a restated one counts whenever it is.
    A breach that is said to be done is judged by the first period that ends after its day of
    checking. What is n/a misses nothing and proves nothing.
    """
    if not edition.standard or edition.data_as_of is None or edition.ends > edition.data_as_of:
        return []
    if edition.restates_id and not edition.differences.get("rows"):
        return []
    if edition.restates_id is None and newest_over(edition) != edition.first:
        return []
    kept = Kept(edition)
    found = misses(kept)
    open_now = {
        (row.figure, row.group): row
        for row in Breach.objects.select_for_update()
        .filter(code=edition.code)
        .exclude(status=Status.CLOSED)
        .select_related("last_in")
        .order_by("pk")
    }
    noted = []
    for place, miss in found.items():
        if not miss.in_breach:
            continue
        row = open_now.get(place)
        if row is None:
            row = _begin(kept, place, miss, now)
        elif row.last_in.first < edition.first:
            row.last_in = edition
            row.save()
        if row is not None:
            noted.append(row)
            touches(row)
    for place, row in open_now.items():
        _judge(row, edition, found.get(place))
    return noted


@step
def _begin(kept: Kept, place: tuple[str, str], miss, now: datetime) -> Breach | None:
    """A new breach; None where another edition that is made right now was first."""
    figure, group = place
    row = Breach(
        code=kept.edition.code,
        figure=figure,
        group=group,
        found_in=kept.edition,
        last_in=kept.edition,
        found_at=now,
        target=target_text(miss.figure, miss.target)[:60],
        value=miss.told.value,
        n=str(miss.told.n)[:40],
        whole="" if miss.told.whole is None else str(miss.told.whole)[:40],
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return None
    return row


@step
def _judge(row: Breach, edition: ReportEdition, line) -> None:
    """Whether what was done helped, by the numbers of `edition`; a proposal, a person closes."""
    if row.status != Status.DONE or row.checked_in_id or line is None or row.check_on is None:
        return
    if line.told.value is None or line.target is None or edition.until <= row.check_on:
        return
    row.checked_in, row.effective = edition, not line.in_breach
    row.save()
    touches(row)


# --- by people ------------------------------------------------------------------------------------


@action("breach.own")
def own_breach(
    *, actor: Actor, now: datetime, breach: Breach, owner: Actor, due_on: date
) -> Breach:
    """Give a breach to `owner`, to be dealt with by the end of `due_on`; also one whose action did
    not help. Raises Refused for a day that is over, for somebody who may not see the report, and
    for a breach that is closed or waits to be checked."""
    row = _held(actor, breach)
    if row.status == Status.DONE and row.effective is not False:
        raise Refused(Finding("waits", _("It is done and waits to be checked. See its result.")))
    if due_on < _today(now):
        raise Refused(Finding("past", _("The day is over already."), field="due_on"))
    if not owner.is_active or not owner.may("breach.act") or not _sees(owner, row):
        text = _("%(name)s may not deal with breaches of this report.") % {"name": owner.name}
        raise Refused(Finding("cannot_own", text, field="owner"))
    row.owner, row.due_on, row.status = owner, due_on, Status.OWNED
    row.done_at = row.check_on = row.checked_in = row.effective = None
    row.save()
    _no_longer_late(row, actor, now)
    return row


@action("breach.act")
def plan_action(*, actor: Actor, now: datetime, breach: Breach, text: str) -> Breach:
    """Say what is done about a breach that somebody has in hand."""
    row = _held(actor, breach)
    if row.status != Status.OWNED:
        raise Refused(Finding("no_owner", _("Give it an owner and a day first.")))
    row.action = _said(text, "text", _("Say what is done about it."))
    row.save()
    return row


@action("breach.act")
def finish_action(
    *,
    actor: Actor,
    now: datetime,
    breach: Breach,
    text: str,
    evidence: str,
    check_on: date,
    report: ReportEdition | None = None,
) -> Breach:
    """Say that it was done, what shows it, and from which day on the numbers must show it.

    evidence: words; report: an edition that shows it, named by its check code behind the words.
    """
    row = _held(actor, breach)
    if row.status != Status.OWNED:
        raise Refused(Finding("no_owner", _("Give it an owner and a day first.")))
    if check_on < _today(now):
        raise Refused(Finding("past", _("The day is over already."), field="check_on"))
    shown = evidence.strip()
    if report is not None:
        shown = f"{shown} ({report.check_code})".strip()
    row.action = _said(text, "text", _("Say what was done about it."))
    row.evidence = _said(shown, "evidence", _("Say what shows that it was done."))
    row.status, row.done_at, row.check_on = Status.DONE, now, check_on
    row.save()
    _no_longer_late(row, actor, now)
    return row


@action("breach.close")
def close_breach(
    *, actor: Actor, now: datetime, breach: Breach, conclusion: str, unchecked: bool = False
) -> Breach:
    """End a breach with what was concluded.

    One whose action was checked by the numbers is closed by whoever may, also when it did not
    help. Without that check (`unchecked`) somebody else than its owner closes it.
    """
    row = _held(actor, breach)
    if len(conclusion.strip()) < SHORTEST:
        text = _("Say in a few words what you conclude.")
        raise Invalid(Finding("few_words", text, field="conclusion"))
    if row.effective is None and not unchecked:
        text = _("No report has shown yet whether it helped. Close it unchecked, and say why.")
        raise Refused(Finding("unchecked", text, field="unchecked"))
    if row.effective is None and row.owner_id == actor.pk:
        text = _("You own it: somebody else has to close it before it was checked.")
        raise Refused(Finding("own", text))
    row.status, row.conclusion = Status.CLOSED, conclusion.strip()[:500]
    row.closed_at, row.closed_by = now, actor
    row.save()
    _no_longer_late(row, actor, now)
    return row


# --- by the clock ---------------------------------------------------------------------------------


@action("breach.note")
def call_late(*, actor: Actor, now: datetime) -> int:
    """Raise the alert of breaches that are not dealt with by their day; how many are new."""
    rows = late(now, _today(now))
    for row in rows:
        touches(row)
        report = report_of(row.code)
        raise_alert(
            rule=OVERDUE,
            group_key=row.code,
            subject=str(row.uid),
            title=_("Overdue: a breach of %(report)s") % {"report": report.title},
            text=_("%(figure)s, since %(day)s") % {
                "figure": report.figure(row.figure).title, "day": row.due_on,
            },
            url="/reports/breaches/?which=overdue",
            actor=actor,
            now=now,
        )  # fmt: skip
    return len(rows)


@step
def _no_longer_late(row: Breach, actor: Actor, now: datetime) -> None:
    clear_alert(rule=OVERDUE, group_key=row.code, subject=str(row.uid), actor=actor, now=now)


@step
def _held(actor: Actor, breach: Breach) -> Breach:
    """The breach, held until the commit; Forbidden for who may not see its report."""
    row = Breach.objects.select_for_update().get(pk=breach.pk)
    if not _sees(actor, row):
        raise Forbidden(report_of(row.code).permission)
    if row.status == Status.CLOSED:
        raise Refused(Finding("closed", _("This breach is closed.")))
    touches(row)
    return row


def _sees(actor: Actor, row: Breach) -> bool:
    return actor.may(report_of(row.code).permission)


def _said(text: str, field: str, missing: str) -> str:
    if not text.strip():
        raise Invalid(Finding("required", missing, field=field))
    if len(text.strip()) > 500:
        raise Invalid(Finding("too_long", _("At most 500 characters."), field=field))
    return text.strip()


def _today(now: datetime) -> date:
    return timezone.localdate(now)
