"""What the hospital decides about its alerts: rules, suppressions, channels, budgets."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.action import action, touches
from hims.actions.alerts.raising import BEGIN
from hims.actions.timers import set_timer
from hims.domain.alerts import LONGEST_SUPPRESSION
from hims.domain.channels import is_email, webhook_fault
from hims.errors import Finding, Forbidden, Invalid, Refused
from hims.models import (
    Actor,
    Alert,
    AlertRule,
    AlertSuppression,
    Channel,
    Department,
    InterruptionBudget,
)

LONGEST_WAIT_S = 24 * 3600


@action("alert_rule.change")
def change_rule(
    *,
    actor: Actor,
    now: datetime,
    rule: AlertRule,
    title: str,
    priority: str,
    owner_role: str,
    acknowledge_within_s: int,
    escalates_to: Sequence[str],
    delay_s: int = 0,
    clears_after_s: int = 0,
    threshold_min: float | None = None,
    active: bool = True,
    reason: str = "",
) -> AlertRule:
    """Change how a kind of alert behaves from now on; what is open stays as it was raised."""
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk)
    touches(rule)
    roles = {role.value for role in Role}
    if not roles.issuperset({owner_role, *escalates_to}):
        raise Invalid(Finding("unknown_role", _("There is no such role."), field="owner_role"))
    if owner_role in escalates_to or len(set(escalates_to)) != len(escalates_to):
        text = _("Each role stands on the ladder once.")
        raise Refused(Finding("twice", text, field="escalates_to"))
    for name, seconds, least in (
        ("acknowledge_within_s", acknowledge_within_s, 5),
        ("delay_s", delay_s, 0),
        ("clears_after_s", clears_after_s, 0),
    ):
        if not least <= seconds <= LONGEST_WAIT_S:
            text = _("From %(n)d seconds to one day.") % {"n": least}
            raise Refused(Finding("out_of_range", text, field=name))
    rule.title, rule.priority, rule.owner_role = title[:120], priority, owner_role
    rule.acknowledge_within_s, rule.escalates_to = acknowledge_within_s, list(escalates_to)
    rule.delay_s, rule.clears_after_s = delay_s, clears_after_s
    rule.threshold_min, rule.active = threshold_min, active
    rule.save()
    return rule


@action("alert.suppress")
def suppress(
    *,
    actor: Actor,
    now: datetime,
    rule: AlertRule,
    until: datetime,
    reason: str,
    department: Department | None = None,
) -> AlertSuppression:
    """Hold new alerts of a rule back until a time, at most a day away. What still stands then is
    raised then; nothing is lost."""
    if not now < until <= now + LONGEST_SUPPRESSION:
        text = _("Suppress from now on for at most 24 hours.")
        raise Refused(Finding("too_long", text, field="until"))
    if not reason.strip():
        raise Invalid(Finding("required", _("Say why."), field="reason"))
    row = AlertSuppression(
        rule=rule, department=department, reason=reason, begun_at=now, until=until, begun_by=actor
    )
    row.save()
    touches(row, rule)
    return row


@action("alert.suppress")
def end_suppression(
    *, actor: Actor, now: datetime, suppression: AlertSuppression
) -> AlertSuppression:
    """Hear these alerts again from now on; what was held back and still stands is raised."""
    row = AlertSuppression.objects.select_for_update().get(pk=suppression.pk)
    touches(row)
    if row.ended_at is None and row.until > now:
        row.ended_at = now
        row.save()
        held = Alert.objects.filter(rule=row.rule, status=Alert.Status.PENDING)
        if row.department_id:
            held = held.filter(department=row.department)
        for uid in held.order_by("pk").values_list("uid", flat=True):
            set_timer(kind=BEGIN, subject=str(uid), due_at=now)
    return row


@action("alert_rule.change")
def set_budget(
    *, actor: Actor, now: datetime, role: str, per_hour: int, digest_every_min: int
) -> InterruptionBudget:
    """How many alerts an hour may interrupt people of a role, and how often the rest comes."""
    if role not in {one.value for one in Role}:
        raise Invalid(Finding("unknown_role", _("There is no such role."), field="role"))
    if not 0 <= per_hour <= 1000:
        raise Refused(Finding("out_of_range", _("From 0 to 1000."), field="per_hour"))
    if not 1 <= digest_every_min <= 480:
        text = _("From 1 to 480 minutes.")
        raise Refused(Finding("out_of_range", text, field="digest_every_min"))
    row = InterruptionBudget.objects.select_for_update().filter(role=role).first()
    row = row or InterruptionBudget(role=role)
    row.per_hour, row.digest_every_min = per_hour, digest_every_min
    row.save()
    touches(row)
    return row


@action("channel.change")
def add_channel(
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    name: str,
    address: Hidden,
    least: str,
    role: str = "",
) -> Channel:
    """A way to tell oneself, or (for those who keep the rules) a role, outside the pages.

    The address is never read back. Raises Forbidden for a role's channel, or a webhook, without the
    right to change rules.
    """
    given = address.text.strip()
    if (role or kind == Channel.Kind.WEBHOOK) and not actor.may("alert_rule.change"):
        raise Forbidden("alert_rule.change")
    if role and role not in {one.value for one in Role}:
        raise Invalid(Finding("unknown_role", _("There is no such role."), field="role"))
    if fault := _fault(kind, given):
        raise Refused(Finding("bad_address", fault, field="address"))
    row = Channel(
        kind=kind,
        name=name[:80],
        address=given,
        actor=None if role else actor,
        role=role,
        least=least,
    )
    row.save()
    touches(row)
    return row


@action("channel.change")
def close_channel(*, actor: Actor, now: datetime, channel: Channel) -> Channel:
    """Tell nothing through it any more, and forget its address."""
    row = Channel.objects.select_for_update().get(pk=channel.pk)
    if row.actor_id != actor.pk and not (row.role and actor.may("alert_rule.change")):
        raise Forbidden("channel.change")
    row.active, row.address = False, ""
    row.save()
    touches(row)
    return row


def _fault(kind: str, address: str) -> str:
    if kind == Channel.Kind.EMAIL:
        return "" if is_email(address) else _("This is no e-mail address.")
    if kind != Channel.Kind.WEBHOOK:
        return _("There is no such way.")
    fault = webhook_fault(address, settings.HIMS_WEBHOOK_NETWORKS)
    return {
        None: "",
        "syntax": _("This is no address of the form https://name/path."),
        "inside": _("This leads into the house's own network. Webhooks go outside only."),
        "plain": _("Use https: anybody on the way could read http."),
    }[fault]
