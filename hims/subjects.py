"""What a code can stand for. Each app hands down how its own things are found by their codes."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Model

from hims.models import Actor
from hims.wire import own_codes

Finder = Callable[[str], Model | None]


@dataclass(frozen=True)
class Found:
    """A code that was understood: its kind, and the thing it stands for."""

    kind: str
    thing: Model


@dataclass(frozen=True)
class Source:
    """How one kind of code is looked up, and how its thing is shown to `viewer` (None: hidden)."""

    kind: str
    find: Finder
    show: Callable[[Actor, Model], dict | None]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Hand down how codes of `source.kind` are found; the order of handing down is the order in
    which a bare text without our prefix is tried."""
    _sources[source.kind] = source


def find(code: str) -> Found | None:
    """What `code` stands for, or None. One of our own prefixed codes is looked up as what it says
    it is; a bare text is tried as each kind in turn."""
    if own := own_codes.parsed(code):
        kind, value = own
        source = _sources.get(kind)
        thing = source.find(value) if source else None
        return Found(kind, thing) if thing else None
    text = code.strip()
    for source in _sources.values():
        if text and (thing := source.find(text)):
            return Found(source.kind, thing)
    return None


def shown(viewer: Actor, found: Found) -> dict | None:
    """The thing as `viewer` may see it, or None."""
    return _sources[found.kind].show(viewer, found.thing)
