"""A room as people name it: scanned from its door, typed, or picked from the list."""

from collections import Counter
from dataclasses import dataclass

from hims import subjects
from hims.access.scopes import visible_to
from hims.models import Actor, Zone
from hims.wire import own_codes
from tracking.models import Sighting

MOST_OFFERED = 1000


@dataclass(frozen=True)
class Room:
    """One entry of the list: its name, made unique by its code where two rooms share a name."""

    code: str
    name: str
    where: str


def offered(viewer: Actor) -> list[Room]:
    """The rooms a viewer may pick from, by floor and name."""
    return [Room(code, label, where) for code, label, where, _ in _labelled(viewer)][:MOST_OFFERED]


def named(viewer: Actor, text: str) -> Zone | None:
    """The room that `text` names: a scanned code, the code alone, or a name from the list."""
    text = text.strip()
    if not text:
        return None
    found = subjects.find(text)
    if found and found.kind == "zone":
        return visible_to(viewer, Zone.objects.filter(pk=found.thing.pk)).first()
    wanted = text.casefold()
    matches = {key for _, label, _, key in _labelled(viewer) if label.casefold() == wanted}
    if len(matches) != 1:
        return None
    return visible_to(viewer, Zone.objects.select_related("floor")).get(pk=matches.pop())


def source_of(text: str) -> Sighting.Source:
    """Whether a room was scanned from its door or picked."""
    return Sighting.Source.SCAN if own_codes.parsed(text) else Sighting.Source.PICK


def _labelled(viewer: Actor) -> list[tuple[str, str, str, int]]:
    zones = list(
        visible_to(viewer, Zone.objects.exclude(kind=Zone.Kind.AREA))
        .order_by("floor__building__code", "floor__level", "name", "code")
        .values_list("name", "code", "floor__name", "pk")
    )
    times = Counter(name for name, *_ in zones)
    return [
        (code, name if times[name] == 1 else f"{name} ({code})", floor, key)
        for name, code, floor, key in zones
    ]
