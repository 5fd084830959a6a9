"""The sections of the settings, and what an upper floor adds to the drawing of a floor: plain
registries that each app fills when it is ready."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise


@dataclass(frozen=True)
class Section:
    """One entry of the settings: where it leads, what it is for, who sees it."""

    order: int
    url_name: str
    label: str | Promise
    text: str | Promise
    permission: str


_sections: list[Section] = []
_layers: list[tuple[str, str]] = []


def register_section(section: Section) -> None:
    """Hand down a section of the settings."""
    _sections.append(section)
    _sections.sort(key=lambda entry: entry.order)


def sections_of(actor) -> list[dict]:
    """The sections that `actor` may open."""
    return [
        {"url": reverse(entry.url_name), "label": entry.label, "text": entry.text}
        for entry in _sections
        if actor.may(entry.permission)
    ]


def register_layer(url_name: str, permission: str) -> None:
    """Hand down a fragment of the drawing page; its address takes the floor's uid."""
    _layers.append((url_name, permission))


def layers_of(actor, floor) -> list[str]:
    """Addresses of the fragments that upper floors add to the drawing of `floor`."""
    return [
        reverse(url_name, args=[floor.uid])
        for url_name, permission in _layers
        if actor.may(permission)
    ]
