"""What people say becomes a label only with the radio of that very moment."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.utils import timezone

from tests import given
from tests.programs import until
from tests.tracking.feeds.test_engine_process import PUMP, Radio, engine, listening
from tracking.actions.scans import record_scan
from tracking.actions.sightings import found_here, not_there
from tracking.actions.survey import stand_here
from tracking.domain.state import empty, enrolled
from tracking.feeds import fingerprints
from tracking.models import Fingerprint, Sighting
from tracking.queries.evidence import Said
from tracking.queries.roster import bearer_key, roster

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def heard(house, tag: str, **slots: tuple[float, float]):
    """The roster, and a state in which `tag` is heard by gateways of zones: (dBm, seconds ago)."""
    known = roster(timezone.now())
    keys = np.array(sorted(known.bearers), dtype=np.int64)
    state = enrolled(empty(known.site), known.tag_key, keys, known.wearer_key)
    place = state.tags.key.tolist().index(house.tag(tag).pk)
    of_zone = {gateway.zone.code: gateway.pk for gateway in house.gateways.values()}
    for slot, (zone, (dbm, ago)) in enumerate(slots.items()):
        gateway = known.site.gateway_key.tolist().index(of_zone[zone])
        state.tags.gateway[place, slot] = gateway
        state.tags.rssi[place, slot], state.tags.weight[place, slot] = dbm, 1.0
        state.tags.slot_at[place, slot] = NOW.timestamp() - ago
    return known, state


def said(bearer: int, at: datetime = NOW, present: bool = True) -> Said:
    return Said(7, bearer, 1, at, present, 1.0)


@pytest.mark.django_db
def test_only_what_is_fresh_at_the_moment_of_the_sighting_is_in_the_label(house):
    known, state = heard(house, PUMP, ST=(-50.0, 1.0), W1=(-88.0, 60.0))
    pump = bearer_key("asset", house.assets["P-1"].pk)
    (label,) = fingerprints.labels([said(pump)], state, known)
    store = next(one.pk for one in house.gateways.values() if one.zone.code == "ST")
    assert (label.sighting, label.gateways, label.rssi) == (7, [store], [-50.0])
    assert label.tag == house.tag(PUMP).pk


@pytest.mark.django_db
def test_an_old_scan_a_denial_and_a_person_make_no_label(house):
    known, state = heard(house, PUMP, ST=(-50.0, 1.0))
    pump = bearer_key("asset", house.assets["P-1"].pk)
    late = said(pump, NOW - timedelta(minutes=5))
    assert fingerprints.labels([late, said(pump, present=False), said(999)], state, known) == []
    known, state = heard(house, "C3:00:00:00:09:00", ST=(-50.0, 1.0))
    nurse = bearer_key("staff", house.staff["S-900"].pk)
    assert fingerprints.labels([said(nurse)], state, known) == []


@pytest.mark.django_db(transaction=True)
def test_the_engine_keeps_a_label_of_a_scan_a_pick_and_a_survey_and_of_nothing_else(tmp_path):
    house = given.hospital()
    radio, log = Radio(house), tmp_path / "engine.log"
    zones, assets = house.zones, house.assets
    pumps = [PUMP, "C3:00:00:00:00:02", "C3:00:00:00:00:03", "C3:00:00:00:00:04"]
    with engine(tmp_path):
        listening(tmp_path)
        radio.hear("ST", pumps, 3)
        now = timezone.now()
        record_scan(actor=house.porter, now=now, code="P-1", zone=zones["ST"])
        found_here(actor=house.porter, now=now, asset=assets["P-2"], zone=zones["ST"])
        stand_here(actor=house.administrator, now=now, asset=assets["P-3"], zone=zones["COR"])
        not_there(actor=house.porter, now=now, asset=assets["P-4"], zone=zones["W1"])
        old = now - timedelta(minutes=4)
        record_scan(actor=house.porter, now=now, code="P-4", zone=zones["W1"], at=old)
        until(lambda: Fingerprint.objects.count() == 3, log=log)
        radio.hear("ST", pumps, 1)
    radio.hang_up()
    rows = Fingerprint.objects.order_by("source").values_list(
        "source", "zone__code", "tag__address"
    )
    assert list(rows) == [
        ("pick", "ST", "c30000000002"),
        ("scan", "ST", "c30000000001"),
        ("survey", "COR", "c30000000003"),
    ]
    label = Fingerprint.objects.get(source="scan")
    assert label.sighting == Sighting.objects.get(source="scan", asset=assets["P-1"])
    assert (label.gateways, label.rssi) == ([radio.gateway["ST"]], [-50.0])
