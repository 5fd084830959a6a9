"""A day of scans in the demonstration: where equipment was found, and by whom."""

import random
from datetime import datetime, timedelta

from hims.action import action
from hims.models import Actor, Staff, Zone
from hims.wire import own_codes
from inventory.models import Asset
from tracking.models import Scan, Sighting, TagAssignment

SCANNED_FOR = timedelta(hours=10)
LATEST = timedelta(minutes=4)
AWAY_FROM_HOME = 0.25


@action("demonstration.scan_the_day")
def scan_the_day(*, actor: Actor, now: datetime) -> int:
    """The scans of the last ten hours: each asset without a tag once or twice, most with one.

    What stands about at night was found at home or in a room nearby; the newest scan is some
    minutes old. Returns how many. The same hospital gives the same day.
    """
    chance = random.Random("a day in the demonstration hospital")  # noqa: S311 - not a secret
    tagged = set(
        TagAssignment.objects.filter(
            period__endswith__isnull=True, asset__isnull=False
        ).values_list("asset", flat=True)
    )
    who = [
        person.actor
        for person in Staff.objects.filter(profession__in=["porter", "nurse"], actor__isnull=False)
        .select_related("actor")
        .order_by("pk")
    ] or [actor]
    rooms = list(Zone.objects.exclude(kind__in=["area", "lift", "stairs"]).order_by("pk"))
    sightings, scans = [], []
    for asset in Asset.objects.select_related("home").order_by("pk"):
        times = chance.choice([1, 1, 2]) if asset.pk not in tagged else chance.random() < 0.9
        for _ in range(times):
            away = asset.home is None or chance.random() < AWAY_FROM_HOME
            zone = chance.choice(rooms) if away else asset.home
            at = now - LATEST - SCANNED_FOR * chance.betavariate(1.2, 2.0)
            person = chance.choice(who)
            sightings.append(
                Sighting(
                    asset=asset,
                    zone=zone,
                    at=at,
                    received_at=at,
                    actor=person,
                    source=Sighting.Source.SCAN,
                )
            )
            scans.append(
                Scan(
                    code=own_codes.written("asset", asset.number),
                    scanner="demonstration",
                    at=at,
                    received_at=at,
                    actor=person,
                    zone=zone,
                    kind=Scan.Kind.ASSET,
                    subject=f"asset:{asset.uid}",
                )
            )
    order = sorted(range(len(sightings)), key=lambda n: sightings[n].at)
    Sighting.objects.bulk_create([sightings[n] for n in order], batch_size=500)
    Scan.objects.bulk_create([scans[n] for n in order], batch_size=500)
    return len(sightings)
