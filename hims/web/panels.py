"""What upper floors add to a patient's page: addresses of fragments, in a plain registry."""

from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True)
class Panel:
    """A fragment of the patient's page; its address takes the patient's uid."""

    order: int
    url_name: str
    permission: str


_panels: list[Panel] = []


def register_panel(panel: Panel) -> None:
    """Hand down a panel; each app does so when it is ready."""
    _panels.append(panel)
    _panels.sort(key=lambda one: one.order)


def panels_of(actor, patient) -> list[str]:
    """Addresses of the panels of `patient` that `actor` may open."""
    return [
        reverse(one.url_name, args=[patient.uid]) for one in _panels if actor.may(one.permission)
    ]
