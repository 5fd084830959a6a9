"""Labels for tests: a pump's tag, heard as strongly as the gateways of the small hospital would."""

from datetime import timedelta

import numpy as np

from tests.given import House
from tracking.actions import maps
from tracking.actions.sightings import saw
from tracking.models import Sighting

ROOMS = ("ED-1", "COR", "ST", "W1", "OR1")
HEARD = {
    "ED-1": (-52.0, -84.0, -80.0),
    "COR": (-66.0, -68.0, -82.0),
    "ST": (-84.0, -52.0, -88.0),
    "W1": (-80.0, -86.0, -54.0),
    "OR1": (-90.0, -84.0, -70.0),
}
"""What the gateways of bay, store and ward hear in each room, in dBm."""


def said(house: House, number: int, zone: str, source: str = "scan", asset: str = "P-1"):
    """A sighting of the pump in that room, made as the actions of people make it."""
    from hims.action import stream
    from hims.queries.actors import clock

    at = house.now + timedelta(hours=number)
    with stream("positions.follow", actor=clock(), now=at, configuration={}) as write:
        return write(
            saw,
            now=at,
            bearer=house.assets[asset],
            zone=house.zones[zone],
            at=at,
            actor=house.porter,
            source=source,
        )


def labelled(
    house: House, many: int, *, wrong: bool = False, first: int = 0, seed: int = 1
) -> list[Sighting]:
    """So many scans, each in the next room; `wrong`: the radio is that of the room after it."""
    from hims.action import stream
    from hims.queries.actors import clock

    random = np.random.default_rng(seed)
    gateways = [
        house.gateways[address].pk for address in ("ac233f000001", "ac233f000002", "ac233f000003")
    ]
    sightings, labels = [], []
    for number in range(first, first + many):
        zone = ROOMS[number % len(ROOMS)]
        true = ROOMS[(number + 1) % len(ROOMS)] if wrong else zone
        sighting = said(house, number, zone)
        heard = [round(float(dbm + random.normal(0, 2)), 1) for dbm in HEARD[true]]
        tag = house.tag("C3:00:00:00:00:01").pk
        labels.append(maps.Label(sighting.pk, tag, gateways, heard))
        sightings.append(sighting)
    with stream("positions.follow", actor=clock(), now=house.now, configuration={}) as write:
        write(maps.keep_labels, now=house.now, labels=labels)
    return sightings
