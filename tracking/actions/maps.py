"""Radio maps: labels are kept, a map is proposed, judged, taken or not, and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hims.action import action, step, touches
from hims.actions.registry import tell_registry
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, NotFound, Refused
from hims.jobs import wake
from hims.models import Actor
from tracking.domain.locating import learning
from tracking.domain.locating.fingerprints import is_held_out
from tracking.models import Coverage, Fingerprint, RadioMap, Sighting, Tag
from tracking.queries.maps import counts_of, last_map, news_since

State = RadioMap.State
AGAIN = timedelta(minutes=10)
"""A thing scanned twice in one room within so long was heard the same way twice."""


@dataclass(frozen=True)
class Label:
    """What one tag (key) was heard by at a sighting (key): gateway keys and mean dBm."""

    sighting: int
    tag: int
    gateways: list[int]
    rssi: list[float]


@dataclass(frozen=True)
class Figures:
    """How a proposed map and the one before it (None: geometry) did on the same labels, and `why`
    it is not taken (learning.Verdict; "" if it is)."""

    before: int | None
    accuracy: float
    calibration_error: float
    bins: list[list[float]]
    before_accuracy: float
    before_calibration_error: float
    before_bins: list[list[float]]
    n: int
    why: str
    margin: float
    drift: list[tuple[int, int, float]] = field(default_factory=list)


@step
def keep_labels(*, now: datetime, labels: Sequence[Label]) -> int:
    """Keep these labels, each once; how many were new. Whether a label is held out follows from
    its sighting, so that no tag is taught what another one of the same moment judges."""
    asked = {label.sighting for label in labels}
    seen = Sighting.objects.filter(pk__in=asked, asset__isnull=False).in_bulk()
    there = set(
        Tag.objects.filter(pk__in={label.tag for label in labels}).values_list("pk", flat=True)
    )
    rows = []
    for label in labels:
        sighting = seen.get(label.sighting)
        if sighting is None or label.tag not in there or _just_said(sighting, label.tag):
            continue
        rows.append(
            Fingerprint(
                zone_id=sighting.zone_id,
                at=sighting.at,
                source=sighting.source,
                tag_id=label.tag,
                sighting=sighting,
                gateways=label.gateways,
                rssi=label.rssi,
                held_out=is_held_out(sighting.uid),
            )
        )
    Fingerprint.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _just_said(sighting: Sighting, tag: int) -> bool:
    """Whether the same was said a moment ago. On a survey one means each place in a room."""
    if sighting.source == Sighting.Source.SURVEY:
        return False
    return Fingerprint.objects.filter(
        tag_id=tag,
        zone_id=sighting.zone_id,
        at__gt=sighting.at - AGAIN,
        at__lte=sighting.at,
        withdrawn_at=None,
    ).exists()


@action("fingerprint.withdraw")
def withdraw(*, actor: Actor, now: datetime, sighting: Sighting, reason: str = "") -> int:
    """Take back the labels of a sighting: the room was wrong. No later map learns from them."""
    taken = sighting.fingerprints.filter(withdrawn_at=None).update(withdrawn_at=now)
    if not taken:
        raise NotFound("no label of this sighting stands")
    touches(sighting)
    return taken


@action("radio_map.propose")
def propose_map(*, actor: Actor, now: datetime) -> RadioMap:
    """Have a map made of all labels that stand, and judged; a worker does it soon.

    Refused while one is being judged, without labels, and when nothing was said since the last
    map: what was taken back is not tried again until something new is known.
    """
    labels, held_out, newest = counts_of(now)
    if not labels:
        raise Refused(Finding("no_labels", _("There is no label yet to learn from.")))
    last = last_map()
    if last and not news_since(last):
        raise Refused(
            Finding(
                "nothing_new", _("Nothing was said since the last map, so nothing would change.")
            )
        )
    under_way = Finding("under_way", _("A map is being made already."))
    with refused_when_taken(under_way):
        made = RadioMap.objects.create(
            proposed_at=now, proposed_by=actor, newest=newest, labels=labels, held_out=held_out
        )
    touches(made)
    wake("tracking.tasks.learn_maps")
    return made


@action("radio_map.settle")
def settle_map(*, actor: Actor, now: datetime, radio_map: RadioMap, figures: Figures) -> RadioMap:
    """Take the proposed map into use, or keep it as not taken, by its figures.

    Raises NotFound if somebody settled it first, or if the map in use is not the one it was
    judged against any more: then it must be judged again.
    """
    found = RadioMap.objects.select_for_update().filter(pk=radio_map.pk, state=State.PROPOSED)
    made = found.first()
    active = RadioMap.objects.select_for_update().filter(state=State.ACTIVE).first()
    if made is None or (active.pk if active else None) != figures.before:
        raise NotFound("this map is settled, or was judged against another one")
    made.judged_at = now
    made.before = active
    made.accuracy, made.calibration_error = figures.accuracy, figures.calibration_error
    made.bins, made.before_bins = figures.bins, figures.before_bins
    made.before_accuracy = figures.before_accuracy
    made.before_calibration_error = figures.before_calibration_error
    made.held_out, made.drift = figures.n, figures.drift
    made.reason = _why(figures)
    made.state = State.REJECTED if figures.why else State.ACTIVE
    if not figures.why:
        _let_go(active, State.KEPT)
        tell_registry("places")
    made.save()
    touches(made)
    return made


@action("radio_map.use")
def use_map(
    *, actor: Actor, now: datetime, radio_map: RadioMap | None, reason: str = ""
) -> RadioMap | None:
    """Go back to a map that was in use before, or with None to geometry alone.

    A map that was judged worse is taken only with a reason: somebody knows better, because, say,
    gateways were moved and the old labels are of another house.
    """
    active = RadioMap.objects.select_for_update().filter(state=State.ACTIVE).first()
    wanted = None
    if radio_map is not None:
        wanted = RadioMap.objects.select_for_update().get(pk=radio_map.pk)
        if wanted.state in {State.ACTIVE, State.PROPOSED}:
            raise Refused(Finding("not_there", _("This map is in use, or not judged yet.")))
        if wanted.state == State.REJECTED and not reason.strip():
            why = _("This map was judged worse: say why it is to be used.")
            raise Refused(Finding("reason", why, field="reason"))
    if active is None and wanted is None:
        raise Refused(Finding("geometry", _("Geometry alone is in use already.")))
    _let_go(active, State.ROLLED_BACK, reason)
    if wanted is not None:
        wanted.state = State.ACTIVE
        wanted.save(update_fields=["state"])
    touches(*[one for one in (active, wanted) if one])
    tell_registry("places")
    return wanted


@action("coverage.note")
def note_coverage(
    *, actor: Actor, now: datetime, radio_map: RadioMap | None, rooms: dict[int, tuple[int, float]]
) -> Coverage:
    """Keep how well each room should be found with this map (None: geometry alone)."""
    told = {"made_at": now, "map": radio_map, "rooms": {str(key): rooms[key] for key in rooms}}
    return Coverage.objects.update_or_create(id=1, defaults=told)[0]


@step
def _let_go(active: RadioMap | None, state: str, reason: str = "") -> None:
    if active is not None:
        active.state = state
        active.reason = reason or active.reason
        active.save(update_fields=["state", "reason"])


def _why(figures: Figures) -> str:
    """The figures as sentences."""
    right = round(figures.accuracy * figures.n), round(figures.before_accuracy * figures.n)
    told = ngettext(
        "Named the room of %(new)d of %(n)d held-out label; the map before, of %(old)d.",
        "Named the room of %(new)d of %(n)d held-out labels; the map before, of %(old)d.",
        figures.n,
    ) % {"new": right[0], "n": figures.n, "old": right[1]}
    whys = {
        learning.FEW: _("Not taken: too few held-out labels judge it."),
        learning.LESS_RIGHT: _("Not taken: it is worse than chance explains."),
        learning.FORGOT: _("Not taken: it forgot rooms that the map before knew."),
        learning.LESS_SURE: _("Not taken: its sureness is off by over %(m)s more.")
        % {"m": f"{figures.margin:.2f}"},
    }
    return f"{told} {whys[figures.why]}" if figures.why else told
