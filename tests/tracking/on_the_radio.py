"""What the engine would have put into the spool: readings as (seconds ago, tag, gateway, dBm)."""

from datetime import datetime

import numpy as np

from tests.given import House
from tracking.domain.readings import READING
from tracking.feeds.spool import Spool
from tracking.queries import spool
from tracking.wire.addresses import normalise

BAY, STORE, WARD = "Gateway bay", "Gateway store", "Gateway ward"


def heard(house: House, now: datetime, *rows: tuple[float, str, str, float]) -> None:
    """Keep these readings, oldest first; each was taken in when it was made."""
    gateways = {str(gateway): gateway.pk for gateway in house.gateways.values()}
    tags = {address: house.tag(address).pk for _, address, _, _ in rows}
    kept = Spool(spool.folder(), spool.most_bytes())
    for ago, address, gateway, rssi in sorted(rows, reverse=True):
        at = now.timestamp() - ago
        record = np.array([(tags[address], gateways[gateway], rssi, at)], READING)
        kept.keep(record, np.array([at]), at)
    kept.close()


def stream(
    house: House,
    now: datetime,
    tag: str,
    gateway: str,
    since: float,
    until: float = 0.0,
    rssi: float = -50.0,
    every: float = 1.0,
) -> list[tuple[float, str, str, float]]:
    """The rows of a gateway that hears a tag from `since` to `until` seconds ago."""
    assert normalise(tag)
    steps = int((since - until) / every)
    return [(since - step * every, tag, gateway, rssi) for step in range(steps)]
