"""Departments and their bed spaces: described, added, opened when they are needed, closed again."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.rooms_changing import changing
from hims.actions.rooms_refused import refused
from hims.actions.taken import refused_when_taken
from hims.domain.rooms import Clean, State
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor, BedSpace, Capability, Department, Zone

IN_ITS_USE = (State.RESERVED, State.OCCUPIED, State.VACATED)


@action("department.change")
def add_department(
    *, actor: Actor, now: datetime, code: str, name: str, kind: str, area: Zone
) -> Department:
    """A part of the hospital that takes patients; its rooms are those of `area`."""
    return _kept_department(
        Department(code=_code(code, 40), name=_name(name, 120), kind=_kind(kind), area=area)
    )


@action("department.change")
def change_department(
    *,
    actor: Actor,
    now: datetime,
    department: Department,
    name: str,
    kind: str,
    area: Zone,
    active: bool,
) -> Department:
    """Another name, kind or area. One that is closed takes nobody; its spaces must be empty."""
    if department.active and not active:
        used = department.bed_spaces.filter(state__in=IN_ITS_USE).first()
        if used:
            raise refused("in_its_use", used, actor, now)
    department.name, department.kind = _name(name, 120), _kind(kind)
    department.area, department.active = area, active
    return _kept_department(department)


@action("bed_space.change")
def add_space(
    *,
    actor: Actor,
    now: datetime,
    department: Department,
    zone: Zone,
    code: str,
    name: str,
    kind: str = BedSpace.Kind.BED,
    capabilities: Sequence[str] = (),
) -> BedSpace:
    """A new bed, trolley or chair in a room; nobody has said yet whether it is ready."""
    return _new_space(
        department=department,
        zone=zone,
        code=_code(code, 60),
        name=_name(name, 80),
        kind=_space_kind(kind),
        capabilities=_capabilities(capabilities),
        now=now,
    )


@action("bed_space.change")
def change_space(
    *,
    actor: Actor,
    now: datetime,
    space: BedSpace,
    name: str,
    kind: str,
    zone: Zone,
    capabilities: Sequence[str],
) -> BedSpace:
    """Another name, kind or room, or what the space can do for a patient. The code stays."""
    with changing(space, actor=actor, now=now, source="tap") as change:
        row = change.of(space).row
        row.name, row.kind, row.zone = _name(name, 80), _space_kind(kind), zone
        row.capabilities = _capabilities(capabilities)
        row.save()
        touches(row)
    return row


@action("bed_space.open")
def open_space(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """A space that was closed is used from now on; who opens it sees that it is clean and empty,
    unless it is owed an isolation clean."""
    return _opened(space, actor, now, "")


@action("bed_space.open")
def add_extra_space(*, actor: Actor, now: datetime, zone: Zone, reason: str) -> BedSpace:
    """One more, temporary space in a room that is full; an earlier one that was closed is opened
    again. Raises Refused without a reason, or where the room has no spaces."""
    if not reason.strip():
        raise Refused(Finding("no_reason", _("Say why, in a few words."), field="reason"))
    spaces = list(
        BedSpace.objects.select_for_update(of=("self",), no_key=True)
        .filter(zone=zone)
        .order_by("pk")
    )
    if not spaces:
        raise Refused(Finding("no_spaces", _("No patients are placed in this room.")))
    prefix = f"{zone.code[:54]}-X"
    extras = [one for one in spaces if one.code.startswith(prefix)]
    closed = next((one for one in extras if not one.active), None)
    number = len(extras) + 1
    space = closed or _new_space(
        department=spaces[0].department,
        zone=zone,
        code=f"{prefix}{number}",
        name=_("%(room)s, extra %(number)d") % {"room": zone.name[:60], "number": number},
        kind=BedSpace.Kind.HALLWAY,
        capabilities=[],
        now=now,
        active=False,
    )
    return _opened(space, actor, now, reason)


@action("bed_space.close")
def close_space(*, actor: Actor, now: datetime, space: BedSpace) -> BedSpace:
    """Nobody is put there any more; it must be empty. What it is owed of cleaning stays known."""
    with changing(space, actor=actor, now=now, source="tap") as change:
        held = change.of(space)
        row = held.row
        if not row.active:
            raise refused("closed", row, actor, now)
        if row.state in IN_ITS_USE or held.assignments:
            raise refused("in_its_use", row, actor, now)
        was = row.state
        owed = row.cleaning == Clean.ISOLATION
        row.active, row.state, row.since = False, State.UNKNOWN.value, now
        row.cleaning, row.blocked_reason = (Clean.ISOLATION if owed else Clean.NONE).value, ""
        row.save()
        change.without_cleaning(held)
        change.note(held, "close", was)
    return row


@step
def _opened(space: BedSpace, actor: Actor, now: datetime, reason: str) -> BedSpace:
    with changing(space, actor=actor, now=now, source="tap", reason=reason) as change:
        held = change.of(space)
        row, was = held.row, held.row.state
        if row.active:
            raise refused("not_closed", row, actor, now)
        row.active, row.since, row.evidence_at = True, now, now
        row.state = (State.DIRTY if row.cleaning else State.READY).value
        row.save()
        change.with_cleaning(held)
        change.note(held, "open", was)
    return row


@step
def _new_space(*, now: datetime, **described) -> BedSpace:
    space = BedSpace(state=State.UNKNOWN.value, since=now, evidence_at=now, **described)
    taken = Finding("taken", _("There is a bed space with this code already."), field="code")
    with refused_when_taken(taken):
        space.save()
    touches(space)
    return space


@step
def _kept_department(department: Department) -> Department:
    taken = Finding("taken", _("Another department has this code or this area."), field="code")
    with refused_when_taken(taken):
        department.save()
    touches(department)
    return department


def _code(text: str, most: int) -> str:
    text = text.strip()
    if not (1 <= len(text) <= most and text.isprintable() and "," not in text):
        raise Invalid(
            Finding("bad_code", _("A code is short and has no comma in it."), field="code")
        )
    return text


def _name(text: str, most: int) -> str:
    text = " ".join(text.split())
    if not (1 <= len(text) <= most and text.isprintable()):
        raise Invalid(Finding("bad_name", _("Give it a short name."), field="name"))
    return text


def _kind(kind: str) -> str:
    if kind not in Department.Kind.values:
        raise Invalid(Finding("bad_kind", _("There is no such department."), field="kind"))
    return kind


def _space_kind(kind: str) -> str:
    if kind not in BedSpace.Kind.values:
        raise Invalid(Finding("bad_kind", _("There is no such kind of space."), field="kind"))
    return kind


def _capabilities(words: Sequence[str]) -> list[str]:
    if unknown := sorted(set(words) - set(Capability.values)):
        raise Invalid(
            Finding(
                "bad_capability",
                _("No space is described by %(word)s.") % {"word": unknown[0]},
                field="capabilities",
            )
        )
    return sorted(set(words))
