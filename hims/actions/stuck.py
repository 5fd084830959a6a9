"""Stuck patients and rooms become alerts, and stop being ones, as the clock comes by.

The rules and their limits are those of `hims.domain.stuck`; a hospital changes limits, owners and
priorities, or switches a rule off, where it changes all its alert rules.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.access.roles import Role
from hims.action import action, step, touches
from hims.actions.alerts import clear_alert, raise_alert
from hims.actions.suggestions import as_rows, note_suggestion
from hims.alert_rules import register_rule
from hims.domain import stuck
from hims.models import Actor, AlertOccurrence, Department, Patient
from hims.queries.actors import console
from hims.queries.board import PREFIX, Board, board

# rule -> (title of the rule, priority, what an alert says, who is told next)
BORN = {
    "not_triaged": ("Waits for triage", "medium", "Waits for triage", Role.CHARGE_NURSE),
    "no_room": ("A room is ready, nobody is in it", "medium", "Waits, a room is ready", None),
    "no_provider": ("In a room, not seen", "medium", "Waits for a doctor", Role.CHARGE_NURSE),
    "results_unread": ("Results nobody has read", "low", "Results are back", Role.CHARGE_NURSE),
    "still_in_room": ("May leave, still in the room", "low", "May leave, is still here", None),
    "boarding": ("Boards for long", "medium", "Waits for a ward bed", Role.MANAGER),
    "boarding_long": ("Boards for very long", "high", "Waits very long for a ward bed", None),
    "room_idle": ("A room stands ready while people wait", "low", "Ready and wanted", None),
    "room_unclaimed": ("A room nobody cleans", "low", "To be cleaned", Role.CHARGE_NURSE),
}
for _rule in stuck.RULES:
    _title, _priority, _says, _next = BORN[_rule.code]
    register_rule(
        PREFIX + _rule.code,
        title=_title,
        priority=_priority,
        owner_role=Role(_rule.owner),
        threshold_min=_rule.minutes,
        acknowledge_within_s=900,
        escalates_to=(_next,) if _next else (),
    )


@action("stuck.watch")
def watch_stuck(*, actor: Actor, now: datetime) -> int:
    """Raise what is stuck now in every emergency department, clear what is not any more, and keep
    what is suggested. How many waits are too long."""
    late = 0
    for department in Department.objects.filter(
        active=True, kind=Department.Kind.EMERGENCY
    ).order_by("pk"):
        seen = board(viewer=console(), department=department, now=now)
        late += _watch(seen, actor, now)
        if found := seen.suggested:
            note_suggestion(
                encounter=found.visit.id,
                space=found.space.id,
                reasons=as_rows(found.reasons),
                now=now,
            )
    return late


@step
def _watch(seen: Board, actor: Actor, now: datetime) -> int:
    department = seen.department
    open_now = {
        (one.alert.rule.code, one.subject): one
        for one in AlertOccurrence.objects.filter(
            cleared_at=None, alert__rule__code__startswith=PREFIX, alert__department=department
        ).select_related("alert__rule", "alert__patient")
    }
    still = set()
    for visit in seen.visits:
        for wait in visit.waits:
            if wait.due_at <= now:
                subject = f"visit {visit.uid}"
                still.add((PREFIX + wait.rule.code, subject))
                _raise(
                    seen, wait, subject, visit.ticket, actor, now, open_now, patient=visit.patient,
                    url=f"/flow/visits/{visit.uid}/",
                )  # fmt: skip
    for space in seen.rooms:
        for wait in space.waits:
            if wait.due_at <= now:
                subject = f"space {space.uid}"
                still.add((PREFIX + wait.rule.code, subject))
                _raise(seen, wait, subject, space.name, actor, now, open_now)
    for (code, subject), one in open_now.items():
        if (code, subject) not in still:
            clear_alert(
                rule=code,
                group_key=one.alert.group_key,
                subject=subject,
                patient=one.alert.patient,
                actor=actor,
                now=now,
            )
    return len(still)


@step
def _raise(
    seen: Board,
    wait: stuck.Watched,
    subject: str,
    name: str,
    actor: Actor,
    now: datetime,
    open_now: dict,
    *,
    patient: int | None = None,
    url: str = "",
) -> None:
    """One alert for each patient; all rooms of a department with the same trouble are one."""
    code = PREFIX + wait.rule.code
    if (code, subject) in open_now:
        return
    raise_alert(
        rule=code,
        group_key=str(seen.department.uid),
        subject=subject,
        title=f"{seen.department.name}: {BORN[wait.rule.code][2]}",
        text=_("%(what)s, since %(minutes)d min (limit %(limit)d)")
        % {"what": name, "minutes": wait.minutes(now), "limit": wait.rule.minutes},
        url=url or f"/flow/?department={seen.department.code}",
        department=seen.department,
        patient=Patient.objects.get(pk=patient) if patient else None,
        at=wait.due_at,
        actor=actor,
        now=now,
    )
    touches(seen.department)
