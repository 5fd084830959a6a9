"""What the clock does for the second floor."""

from contextlib import suppress

from django.utils import timezone

from hims.errors import NotFound, Refused
from hims.jobs import app
from hims.queries.actors import clock
from tracking.actions.maps import Figures, note_coverage, propose_map, settle_map
from tracking.actions.positions import prepare_months
from tracking.actions.silence import watch_gateways as watch
from tracking.domain.locating import learning
from tracking.domain.site import Site, build
from tracking.models import RadioMap
from tracking.queries import maps, silence
from tracking.queries.roster import drawing_now


@app.task(name="tracking.tasks.prepare_stay_months")
def prepare_stay_months() -> None:
    """Have the next months' partitions of stays before anything ends in them."""
    prepare_months(actor=clock(), now=timezone.now())


@app.task(name="tracking.tasks.watch_gateways")
def watch_gateways() -> None:
    """See which gateways fell silent and which are heard again."""
    now = timezone.now()
    if silence.changed(now):
        watch(actor=clock(), now=now)


@app.task(name="tracking.tasks.learn_maps")
def learn_maps() -> None:
    """Judge the map that was proposed, and propose one when enough was said; work out anew how
    well rooms should be found. The proposed row is the job: after a crash it is still there."""
    if maps.is_learning_due(timezone.now()):
        with suppress(Refused):  # somebody pressed the button at this moment
            propose_map(actor=clock(), now=timezone.now())
    if proposed := maps.proposed_map():
        figures = judged(proposed)
        with suppress(NotFound):  # the map in use is another one by now: the next round judges
            settle_map(actor=clock(), now=timezone.now(), radio_map=proposed, figures=figures)
    if maps.is_coverage_due(timezone.now()):
        active = maps.active_map()
        rooms = learning.rooms(site_of(active))
        note_coverage(actor=clock(), now=timezone.now(), radio_map=active, rooms=rooms)


def judged(proposed: RadioMap) -> Figures:
    """The proposed map and the one in use on the same held-out labels."""
    before = maps.active_map()
    old_site, held_out = site_of(before), maps.judging(proposed)
    new, old = learning.judged(site_of(proposed), held_out), learning.judged(old_site, held_out)
    found = learning.verdict(new, old, new.key <= before.newest if before else None)
    return Figures(
        before=before.pk if before else None,
        accuracy=new.accuracy,
        calibration_error=new.calibration_error,
        bins=new.bins,
        before_accuracy=old.accuracy,
        before_calibration_error=old.calibration_error,
        before_bins=old.bins,
        n=new.n,
        why=found.why,
        margin=found.margin,
        drift=[
            (one.gateway, one.n, one.median_db)
            for one in learning.drift(old_site, maps.labels_of(proposed))
        ],
    )


def site_of(radio_map: RadioMap | None) -> Site:
    """The site as the engine sees it with that map; None is geometry alone."""
    return build(*drawing_now(), (maps.labels_of(radio_map) or None) if radio_map else None)
