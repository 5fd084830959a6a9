"""What upper floors add to a page of a lower one: addresses of fragments, in a plain registry."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class Panel:
    """A fragment of the page of one thing; its address takes the thing's uid.

    on: what kind of thing, by the name of its model: patient, lot, recall.
    """

    order: int
    url_name: str
    permission: str
    on: str = "patient"


_panels: list[Panel] = []


def register_panel(panel: Panel) -> None:
    """Hand down a panel; each app does so when it is ready."""
    _panels.append(panel)
    _panels.sort(key=lambda one: one.order)


def panels_of(actor, thing) -> list[str]:
    """Addresses of the panels of `thing`, a row with a uid, that `actor` may open."""
    return [
        reverse(one.url_name, args=[thing.uid])
        for one in _panels
        if one.on == thing._meta.model_name and actor.may(one.permission)
    ]
