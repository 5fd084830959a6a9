"""The jobs that are done at the shelves: what each asks for, and the action that it ends in."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inventory.actions.stock import counting, moving, wasting

Words = str | Promise


@dataclass(frozen=True)
class Ask:
    """A place that a job asks for. name: its field; given_as: what the action calls it.

    quarantine: True offers quarantine places only, False none of them.
    """

    name: str
    given_as: str
    label: Words
    quarantine: bool | None = None
    none: Words = ""


@dataclass(frozen=True)
class Job:
    """One working page. here: the field of the place at which the packs lie now."""

    name: str
    permission: str
    title: Words
    icon: str
    lead: Words
    button: Words
    action: Callable
    places: tuple[Ask, ...]
    here: str = ""
    new_lots: bool = False
    counts: bool = False
    reason: str = ""
    document: Words = ""

    @property
    def url_name(self) -> str:
        return f"stock-{self.name}"


AT = _("Where you are")
JOBS = {
    job.name: job
    for job in (
        Job(
            "receive",
            "stock.receive",
            _("Receive"),
            "plus",
            _("Scan each pack of the delivery."),
            _("Receive it"),
            moving.receive,
            (Ask("place", "place", _("Where it goes")),),
            new_lots=True,
            document=_("Delivery note"),
        ),
        Job(
            "transfer",
            "stock.transfer",
            _("Move"),
            "go",
            _("Scan what you take along."),
            _("Move it"),
            moving.transfer,
            (
                Ask("from", "source", _("From"), False),
                Ask("to", "target", _("To"), False),
            ),
            here="from",
        ),
        Job(
            "count",
            "stock.count",
            _("Count"),
            "list",
            _("Scan a pack of each lot, and say how many lie there."),
            _("That is what lies here"),
            counting.count,
            (Ask("place", "place", AT),),
            here="place",
            counts=True,
        ),
        Job(
            "found",
            "stock.found",
            _("Found"),
            "search",
            _("Scan the pack in your hand. You can use it now; a pharmacist looks at it later."),
            _("Enter it"),
            counting.found,
            (Ask("place", "place", AT),),
            here="place",
            new_lots=True,
        ),
        Job(
            "waste",
            "stock.waste",
            _("Waste"),
            "cross",
            _("Scan what is destroyed."),
            _("Waste it"),
            wasting.waste,
            (Ask("place", "place", AT),),
            here="place",
        ),
        Job(
            "return",
            "stock.return",
            _("Return"),
            "turn",
            _("Scan what comes back. It waits in quarantine until a pharmacist releases it."),
            _("Take it back"),
            moving.give_back,
            (
                Ask("from", "source", _("From"), False, none=_("Patients")),
                Ask("place", "place", _("Store that takes it back"), False),
            ),
            here="from",
            reason="optional",
        ),
        Job(
            "quarantine",
            "stock.quarantine",
            _("Set aside"),
            "warn",
            _("Scan what must not be used until a pharmacist has looked at it."),
            _("Set it aside"),
            moving.quarantine,
            (Ask("place", "place", AT, False),),
            here="place",
            reason="needed",
        ),
        Job(
            "release",
            "stock.release",
            _("Release"),
            "check",
            _("Scan what may be used again."),
            _("Release it"),
            moving.release,
            (
                Ask("place", "place", _("Quarantine place"), True),
                Ask("to", "target", _("Where it goes"), False, none=_("Back to its store")),
            ),
            here="place",
            reason="needed",
        ),
    )
}


def jobs_of(viewer) -> list[Job]:
    """The jobs that `viewer` may do."""
    return [job for job in JOBS.values() if viewer.may(job.permission)]
