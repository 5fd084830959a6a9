"""Telling people of an alert: one row for each person and way, within the budget of their role.

What is over the budget waits for the digest. Rows that leave the house (e-mail, webhook) are sent
by the worker (hims.actions.alerts.sending); they hold a title and a link, never a patient's data.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils.translation import gettext as _

from hims.action import step
from hims.actions.alerts.timeline import note, tell_pages
from hims.actions.timers import set_timer
from hims.domain.alerts import HOUR, Budget, interrupts, loud_enough, said_outside
from hims.jobs import register_timer, wake
from hims.models import Actor, Alert, Channel, Delivery, InterruptionBudget, Timer
from hims.queries.actors import clock

Status = Delivery.Status
DIGEST = "alert.digest"
WAKES = "hims.tasks.send_deliveries"
NAMES_SHOWN = 6


@step
def tell(
    alert: Alert,
    *,
    role: str,
    people: list[Actor],
    actor: Actor,
    now: datetime,
    again: str = "",
) -> None:
    """Tell these people, and the channels of `role`, of the alert at its present level.

    Telling the same person twice at one level tells them once, unless `again` says why it is
    another time.
    """
    budgets = _budgets(people)
    told = _told_last_hour(alert, people, now)
    called, later = [], []
    for one in people:
        now_or_later = interrupts(alert.priority, told.get(one.pk, 0), budgets.get(one.pk))
        (called if now_or_later else later).append(one)
    row = partial(_row, alert, outside_words(alert), again, now)
    rows = [row(to=one) for one in called] + [row(to=one, waits=True) for one in later]
    for channel in _channels(role, people):
        if loud_enough(alert.priority, channel.least):
            waits = channel.actor in later if channel.actor else bool(later and not called)
            rows.append(row(to=channel.actor, channel=channel, waits=waits))
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    for one in rows:
        if one.status == Status.DIGEST:
            _wait_for_digest(one, budgets, now)
    if any(one.status == Status.DUE for one in rows):
        wake(WAKES)
    if called:
        note(alert, "told", actor=actor, at=now, text=_names(called))
    if later:
        note(alert, "digest", actor=actor, at=now, text=_names(later))
    tell_pages(alert, called)


@step
def deliver(
    *,
    key: str,
    title: str,
    now: datetime,
    text: str = "",
    to: Actor | None = None,
    channel: Channel | None = None,
    address: str = "",
    due_at: datetime | None = None,
) -> Delivery:
    """Have something told once: to a person on their page and channels, to a channel, or to an
    e-mail `address` outside the house (a patient who agreed to it).

    `key` makes it happen once: a second call with the same key returns the first row. What leaves
    the house says no more than title and text, so neither may hold a patient's data.
    """
    due_at = due_at or now
    ways = [(to, channel, address)]
    if to is not None and channel is None:
        ways += [(to, one, "") for one in _channels("", [to])]
    rows = []
    for person, through, where in ways:
        inside = through is None and not where
        rows.append(
            Delivery(
                key=f"{key}:{through.uid}"[:160] if through and not channel else key[:160],
                actor=person,
                channel=through,
                address=where,
                title=title[:200],
                text=text,
                due_at=due_at,
                status=Status.SENT if inside else Status.DUE,
                sent_at=now if inside else None,
            )
        )
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    wake(WAKES)
    return Delivery.objects.get(key=rows[0].key)


@step
def drop_waiting(alert: Alert) -> None:
    """The alert was answered: what still waits to be sent for it is not needed any more."""
    waiting = Delivery.objects.filter(alert=alert, status__in=[Status.DUE, Status.DIGEST])
    waiting.update(status=Status.DROPPED)


@step
def send_digest(timer: Timer, now: datetime) -> None:
    """All that waited for one person (or one channel of a role) goes out together."""
    kind, number = timer.subject.split(":")
    whose = Q(actor_id=number) if kind == "actor" else Q(channel_id=number, actor=None)
    waiting = Delivery.objects.select_for_update(of=("self",)).filter(whose, status=Status.DIGEST)
    rows = list(waiting.select_related("alert__department", "channel").order_by("pk"))
    over = [row for row in rows if row.alert and row.alert.status not in _still_calling()]
    Delivery.objects.filter(pk__in=[row.pk for row in over]).update(status=Status.DROPPED)
    rows = [row for row in rows if row not in over]
    if not rows:
        return
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.SENT, sent_at=now)
    outside: dict[int, list[Delivery]] = {}
    for row in rows:
        if row.channel_id:
            outside.setdefault(row.channel_id, []).append(row)
        else:
            note(row.alert, "told", actor=clock(), at=now, text=_("in the digest"))
            tell_pages(row.alert, [row.actor])
    for channel, theirs in outside.items():
        Delivery.objects.create(
            key=f"digest:{timer.uid}:{channel}",
            actor=theirs[0].actor,
            channel_id=channel,
            title=_("%(n)d alerts wait for you") % {"n": len(theirs)},
            text="\n".join(f"{row.title} {row.text}" for row in theirs),
            due_at=now,
        )
    if outside:
        wake(WAKES)


register_timer(DIGEST, send_digest)


def outside_words(alert: Alert) -> str:
    """The line about an alert that may leave the house."""
    return said_outside(
        priority=alert.priority,
        rule_title=alert.rule.title,
        title=alert.title,
        about_patient=alert.patient_id is not None,
        place=alert.department.name if alert.department else "",
    )


def link_to(alert: Alert) -> str:
    """The address of the alert's page, whole."""
    return f"{settings.HIMS_ADDRESS.rstrip('/')}/alerts/{alert.uid}/"


def _row(alert, line, again, now, *, to, channel=None, waits=False) -> Delivery:
    way = f"channel {channel.pk}" if channel else "page"
    inside = channel is None and not waits
    return Delivery(
        key=f"alert:{alert.uid}:{alert.level}{again}:{to.pk if to else 'role'}:{way}",
        alert=alert,
        actor=to,
        channel=channel,
        level=alert.level,
        title=line,
        text=link_to(alert),
        status=Status.DIGEST if waits else Status.SENT if inside else Status.DUE,
        due_at=now,
        sent_at=now if inside else None,
    )


@step
def _wait_for_digest(row: Delivery, budgets: dict[int, Budget], now: datetime) -> None:
    """Have the digest of this person (or channel) go out; one that waits already keeps its time."""
    subject = f"actor:{row.actor_id}" if row.actor_id else f"channel:{row.channel_id}"
    if Timer.objects.filter(kind=DIGEST, subject=subject, done_at=None).exists():
        return
    every = budgets.get(row.actor_id or 0, Budget()).digest_every_min
    set_timer(kind=DIGEST, subject=subject, due_at=now + timedelta(minutes=every))


def _budgets(people: Iterable[Actor]) -> dict[int, Budget]:
    """Person -> budget; whoever has several roles has the smallest of theirs."""
    known = {row.role: row for row in InterruptionBudget.objects.all()}
    found: dict[int, Budget] = {}
    for one in people:
        theirs = [known[role] for role in one.roles if role in known]
        if theirs:
            least = min(theirs, key=lambda row: row.per_hour)
            found[one.pk] = Budget(least.per_hour, least.digest_every_min)
    return found


@step
def _told_last_hour(alert: Alert, people: list[Actor], now: datetime) -> dict[int, int]:
    """Person -> by how many deliveries they were interrupted in the last hour.

    Who is counted is held until the caller's commit, so that two alerts at once are two.
    """
    if alert.priority == "high":
        return {}
    keys = [one.pk for one in people]
    list(Actor.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))
    told = Delivery.objects.filter(
        actor__in=keys, channel=None, alert__isnull=False, status=Status.SENT
    ).filter(sent_at__gt=now - HOUR, sent_at=F("due_at"))  # a digest was no interruption
    return dict(told.values_list("actor").annotate(Count("pk")).order_by())


def _channels(role: str, people: Iterable[Actor]) -> list[Channel]:
    """The open channels of these people and of the role."""
    whose = Q(actor__in=list(people))
    if role:
        whose |= Q(role=role)
    return list(Channel.objects.filter(whose, active=True).select_related("actor").order_by("pk"))


def _names(people: list[Actor]) -> str:
    names = ", ".join(one.name for one in people[:NAMES_SHOWN])
    more = len(people) - NAMES_SHOWN
    return _("%(names)s and %(n)d more") % {"names": names, "n": more} if more > 0 else names


def _still_calling() -> tuple[str, ...]:
    return (Alert.Status.RAISED,)
