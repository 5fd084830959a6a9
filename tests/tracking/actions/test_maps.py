"""Labels are kept once and as they are; a map replaces another only if it is not worse."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from hims.errors import NotFound, Refused
from hims.models import AuditEntry
from hims.queries.actors import clock
from tests.tracking.labelled import labelled
from tracking import tasks
from tracking.actions import maps
from tracking.models import Coverage, Fingerprint, RadioMap
from tracking.queries import maps as queries
from tracking.queries.roster import roster

State = RadioMap.State
pytestmark = pytest.mark.django_db


def learned(house) -> RadioMap:
    """A map made at once, as the worker makes it."""
    made = maps.propose_map(actor=house.administrator, now=_after(house))
    tasks.learn_maps()
    made.refresh_from_db()
    return made


def _after(house):
    return house.now + timedelta(hours=10_000)


def test_about_a_tenth_of_the_labels_is_held_out_and_nobody_can_change_that(house):
    labelled(house, 300)
    held_out = Fingerprint.objects.filter(held_out=True)
    assert 10 <= held_out.count() <= 60
    with pytest.raises(IntegrityError), transaction.atomic():
        held_out.update(held_out=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fingerprint.objects.update(rssi=[-40.0], gateways=[1])


def test_the_same_sighting_makes_one_label_and_one_scanned_again_at_once_none(house):
    (sighting,) = labelled(house, 1)
    kept = Fingerprint.objects.get()
    assert (kept.zone, kept.source, kept.at) == (sighting.zone, "scan", sighting.at)
    labelled(house, 1)
    assert Fingerprint.objects.count() == 1


def test_a_map_is_made_of_what_was_said_judged_and_taken(house):
    labelled(house, 250)
    made = learned(house)
    assert made.state == State.ACTIVE
    assert made.held_out >= 8
    assert made.accuracy >= made.before_accuracy
    assert sum(count for count, _, _ in made.bins) == made.held_out
    assert "held-out" in made.reason
    assert made.before is None
    assert queries.active_map() == made
    assert made.pk in roster(_after(house)).plan
    coverage = Coverage.objects.get()
    assert coverage.map == made
    assert set(coverage.rooms) >= {str(house.zones[code].pk) for code in ("ST", "W1")}


def test_many_labels_of_wrong_rooms_do_not_outvote_what_was_known(house):
    """A tenth of the wrong labels is held out as well, and agrees with them."""
    labelled(house, 250)
    good = learned(house)
    labelled(house, 600, wrong=True, first=250, seed=2)
    bad = learned(house)
    assert bad.state == State.REJECTED
    assert "forgot" in bad.reason
    good.refresh_from_db()
    assert good.state == State.ACTIVE
    assert queries.active_map() == good


def test_too_few_held_out_labels_judge_nothing(house):
    labelled(house, 20)
    made = learned(house)
    assert made.state == State.REJECTED
    assert "too few" in made.reason


def test_taken_back_geometry_is_in_use_and_the_map_is_not_made_again_until_something_is_said(house):
    labelled(house, 250)
    made = learned(house)
    maps.use_map(
        actor=house.administrator, now=_after(house), radio_map=None, reason="pumps vanish"
    )
    made.refresh_from_db()
    assert (made.state, made.reason) == (State.ROLLED_BACK, "pumps vanish")
    assert queries.active_map() is None
    assert AuditEntry.objects.filter(action="radio_map.use", reason="pumps vanish").exists()
    assert not queries.is_learning_due(_after(house) + timedelta(days=9))
    with pytest.raises(Refused, match="Nothing was said"):
        maps.propose_map(actor=house.administrator, now=_after(house))
    labelled(house, 40, first=250)
    assert queries.is_learning_due(_after(house) + timedelta(hours=2))
    maps.use_map(actor=house.administrator, now=_after(house), radio_map=made)
    assert queries.active_map() == made


def test_a_map_that_was_judged_worse_is_used_only_with_a_reason(house):
    labelled(house, 20)
    made = learned(house)
    asked = {"actor": house.administrator, "now": _after(house), "radio_map": made}
    with pytest.raises(Refused, match="say why"):
        maps.use_map(**asked)
    maps.use_map(**asked, reason="all gateways were moved")
    assert queries.active_map() == made
    with pytest.raises(Refused, match="is in use"):
        maps.use_map(**asked, reason="again")


def test_a_map_knows_the_same_labels_for_ever(house):
    sightings = labelled(house, 60)
    made = learned(house)
    before = queries.labels_of(made)
    labelled(house, 30, first=60)
    maps.withdraw(
        actor=house.administrator,
        now=_after(house) + timedelta(hours=1),
        sighting=next(one for one in sightings if one.fingerprints.filter(held_out=False)),
    )
    assert queries.labels_of(made).key.tolist() == before.key.tolist()
    assert maps.propose_map(actor=house.administrator, now=_after(house) + timedelta(hours=2))
    newer = queries.labels_of(RadioMap.objects.latest("pk"))
    assert len(newer) > len(before)
    assert len(set(before.key.tolist()) - set(newer.key.tolist())) == 1


def test_the_clock_proposes_when_twenty_labels_that_teach_are_new_and_at_most_hourly(house):
    labelled(house, 15)
    assert not queries.is_learning_due(_after(house))
    labelled(house, 15, first=15)
    assert queries.is_learning_due(_after(house))
    tasks.learn_maps()
    made = RadioMap.objects.get()
    assert made.proposed_by == clock()
    labelled(house, 40, first=30)
    assert not queries.is_learning_due(made.proposed_at + timedelta(minutes=59))
    assert queries.is_learning_due(made.proposed_at + timedelta(minutes=61))


def test_labels_of_people_are_not_kept(house):
    from hims.action import stream
    from tracking.actions.sightings import saw

    with stream("positions.follow", actor=clock(), now=house.now, configuration={}) as write:
        sighting = write(
            saw,
            now=house.now,
            bearer=house.staff["S-900"],
            zone=house.zones["ST"],
            at=house.now,
            actor=house.nurse,
            source="scan",
        )
        tag = house.tag("C3:00:00:00:09:00").pk
        label = maps.Label(sighting.pk, tag, [1], [-50.0])
        write(maps.keep_labels, now=house.now, labels=[label])
    assert not Fingerprint.objects.exists()


def test_a_map_judged_against_another_than_the_one_in_use_is_not_settled(house):
    labelled(house, 250)
    proposed = maps.propose_map(actor=house.administrator, now=_after(house))
    figures = tasks.judged(proposed)
    other = RadioMap.objects.create(
        state=State.ACTIVE, proposed_at=house.now, proposed_by=clock(), newest=1, labels=1,
        held_out=0,
    )  # fmt: skip
    with pytest.raises(NotFound):
        maps.settle_map(actor=clock(), now=house.now, radio_map=proposed, figures=figures)
    tasks.learn_maps()
    proposed.refresh_from_db()
    assert proposed.before == other


@pytest.mark.django_db(transaction=True)
def test_of_two_learners_at_once_one_settles_and_one_map_is_in_use(house):
    labelled(house, 250)
    proposed = maps.propose_map(actor=house.administrator, now=_after(house))
    figures = tasks.judged(proposed)
    start, outcomes = threading.Barrier(2), []

    def settle():
        start.wait()
        try:
            maps.settle_map(actor=clock(), now=house.now, radio_map=proposed, figures=figures)
            outcomes.append("settled")
        except NotFound:
            outcomes.append("was settled")
        finally:
            connections.close_all()

    learners = [threading.Thread(target=settle) for _ in range(2)]
    for learner in learners:
        learner.start()
    for learner in learners:
        learner.join()
    assert sorted(outcomes) == ["settled", "was settled"]
    assert RadioMap.objects.filter(state=State.ACTIVE).count() == 1
