"""The inbox: what came, what could not be applied, what words nobody has mapped, and who sends."""

import time
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, Max, Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import (
    Actor,
    BedSpace,
    CodeMapping,
    Department,
    InboxMessage,
    Interface,
    Zone,
)
from hims.wire.hl7v2 import Location

REMEMBERED_S = 2.0  # so long a change of senders, words or places may go unseen by a listener


@dataclass(frozen=True)
class Place:
    """A place of this house, as exactly as it is known."""

    department: Department | None = None
    zone: Zone | None = None
    space: BedSpace | None = None


NOWHERE = Place()


def messages(viewer: Actor, status: str = "", words: str = "") -> QuerySet[InboxMessage]:
    """Messages, newest first; those of one status, or whose type or control id is as typed."""
    found = visible_to(viewer, InboxMessage.objects.all()).defer("raw", "digest")
    if status:
        found = found.filter(status=status)
    for word in words.split():
        found = found.filter(Q(control_id__icontains=word) | Q(message_type__icontains=word))
    return found.select_related("interface").order_by("-pk")


def interfaces(viewer: Actor) -> QuerySet[Interface]:
    """Who sends to us, with how much waits for a person and when the last message came."""
    dead = Count("messages", filter=Q(messages__status=InboxMessage.Status.DEAD))
    found = visible_to(viewer, Interface.objects.all())
    return found.annotate(dead=dead, last_at=Max("messages__received_at")).order_by("name")


def unmapped(viewer: Actor) -> QuerySet[CodeMapping]:
    """Words that came and mean nothing here yet, the most frequent first."""
    found = visible_to(viewer, CodeMapping.objects.filter(ours=""))
    return found.select_related("interface").order_by("-seen", "theirs")


def mappings(viewer: Actor) -> QuerySet[CodeMapping]:
    """Words that were given a meaning."""
    found = visible_to(viewer, CodeMapping.objects.exclude(ours=""))
    return found.select_related("interface").order_by("interface__name", "kind", "theirs")


# --- what a listener asks for each message, remembered for a moment -------------------------------


def _moment() -> int:
    return int(time.monotonic() / REMEMBERED_S)


def forget() -> None:
    """Ask the database again: somebody has just changed senders, words or places."""
    for remembered in (_sender, _mapped, _places):
        remembered.cache_clear()


def sender(application: str, facility: str) -> Interface | None:
    """The interface that messages of this application and facility come through; one without a
    facility stands for all of them."""
    return _sender(application, facility, _moment())


@lru_cache(maxsize=256)
def _sender(application: str, facility: str, moment: int) -> Interface | None:
    found = Interface.objects.filter(
        sending_application=application, sending_facility__in={facility, ""}
    )
    return found.select_related("actor__device").order_by("-sending_facility").first()


def mapped(interface: Interface) -> dict[tuple[str, str], str]:
    """What the words of this sender mean here, by kind and word."""
    return _mapped(interface.pk, _moment())


@lru_cache(maxsize=64)
def _mapped(interface: int, moment: int) -> dict[tuple[str, str], str]:
    rows = CodeMapping.objects.filter(interface=interface).exclude(ours="")
    return {
        (kind, theirs): ours for kind, theirs, ours in rows.values_list("kind", "theirs", "ours")
    }


def place(interface: Interface, location: Location) -> Place:
    """Where that is here: by the mapping of the whole place, its room or its point of care, else
    by a code that is the same here; NOWHERE if neither is known."""
    words = mapped(interface)
    by_code = _places(_moment())
    whole = location.code
    care, room, bed = location.point_of_care, location.room, location.bed
    for theirs in dict.fromkeys((whole, f"{care}^{room}".rstrip("^"), care)):
        ours = words.get(("location", theirs))
        if ours and (found := by_code.get(ours.upper())):
            return found
    parts = (f"{care}-{room}-{bed}", f"{room}-{bed}", f"{care}-{bed}", f"{care}-{room}")
    for same in (whole, *parts, bed, room, care):
        if len(same.strip("-^")) > 1 and (found := by_code.get(same.strip("-").upper())):
            return found
    return NOWHERE


@lru_cache(maxsize=2)
def _places(moment: int) -> dict[str, Place]:
    """All places by their codes: bed spaces before rooms before departments."""
    departments = list(Department.objects.filter(active=True).select_related("area"))
    of_area = {each.area_id: each for each in departments}
    found = {each.code.upper(): Place(department=each, zone=each.area) for each in departments}
    spaces: dict[int, list[BedSpace]] = {}
    for space in BedSpace.objects.filter(active=True).select_related("department", "zone"):
        spaces.setdefault(space.zone_id, []).append(space)
    for zone in Zone.objects.all():
        here = spaces.get(zone.pk, [])
        department = here[0].department if here else of_area.get(zone.area_id or zone.pk)
        one = here[0] if len(here) == 1 else None
        found.setdefault(zone.code.upper(), Place(department, zone, one))
    for space in (each for here in spaces.values() for each in here):
        found[space.code.upper()] = Place(space.department, space.zone, space)
    return found


def default_department(visit_class: str) -> Department | None:
    """Where a visit of this class is kept when its place is not known: the first department of its
    kind, else the first there is."""
    kinds = {
        "EMER": Department.Kind.EMERGENCY,
        "IMP": Department.Kind.INPATIENT,
        "AMB": Department.Kind.OUTPATIENT,
    }
    active = Department.objects.filter(active=True).order_by("pk")
    return active.filter(kind=kinds.get(visit_class)).first() or active.first()
