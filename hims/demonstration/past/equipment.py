"""Three months of pumps and the like: what was said of their state, and where they were."""

import random
from datetime import datetime, timedelta

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hims.models import Actor, Zone
from inventory.models import Asset, AssetKind
from tracking.models import OpenStay, Position, Sighting, Stay, TagAssignment

FOLLOWED = 60  # how many pieces have such a past
USE_DAYS = 1.1  # how long one stays with a patient, in the mean
REST_DAYS = 0.9
BROKEN = 0.03
LOOKED_FOR = 0.2  # of its stays, in how many somebody saw it and said so
NAMED = 0.8  # of these, how many the locator had named to the room
LEFT_ALONE = 7  # one of so many is never used
AT_ONCE = 2_000


def write(begins: datetime, ends: datetime) -> None:
    """Write what was said of equipment, and its stays."""
    chance = random.Random("three months of equipment")  # noqa: S311 - no secret
    months(begins, ends)
    by = Actor.objects.filter(roles__contains=["porter"]).order_by("pk").first()
    care = list(
        Zone.objects.filter(kind__in=["bay", "room"]).select_related("floor").order_by("code")
    )
    kinds = list(AssetKind.objects.order_by("code")[:8])
    followed = list(
        Asset.objects.filter(kind__in=kinds, home__isnull=False)
        .exclude(pk__in=OpenStay.objects.filter(started_at__lt=ends).values("asset"))
        .select_related("home__floor")
        .order_by("number")[:FOLLOWED]
    )
    told, stays, seen = [], [], []
    for number, asset in enumerate(followed):
        told.append(_said(asset, "free", begins, by, "+"))
        at, state, zone = begins, "free", asset.home
        while number % LEFT_ALONE != 0:
            lasts = chance.expovariate(1 / (USE_DAYS if state == "in_use" else REST_DAYS))
            until = at + timedelta(days=lasts)
            if until >= ends:
                break
            stays.append(_stay(asset, zone, at, until))
            if chance.random() < LOOKED_FOR and by:
                seen.append(
                    _seen(chance, asset, zone, at + (until - at) * chance.random(), by, care)
                )
            at = until
            if state == "in_use":
                state = "broken" if chance.random() < BROKEN else "dirty"
                zone = asset.home
            else:
                state = "in_use" if state in {"free", "dirty"} else "free"
                zone = chance.choice(care) if state == "in_use" else asset.home
            told.append(_said(asset, state, at, by, "~"))
        stays.append(_stay(asset, zone, at, ends))
    Asset.history.model.objects.bulk_create(told, batch_size=AT_ONCE)
    _keep(stays)
    Sighting.objects.bulk_create(sorted(seen, key=lambda one: one.at), batch_size=AT_ONCE)
    worn = TagAssignment.objects.filter(asset__in=followed, period__endswith=None)
    worn.update(period=DateTimeTZRange(begins, None))


def _seen(chance, asset: Asset, zone: Zone, at: datetime, by: Actor, care: list[Zone]) -> Sighting:
    """Somebody scanned it, or said where it was, and what the locator had said just before."""
    sure = chance.betavariate(8, 2)
    named = chance.random() < NAMED
    believed = zone if chance.random() < sure else chance.choice(care)
    scanned = chance.random() < 0.5
    return Sighting(
        asset=asset,
        zone=zone,
        at=at,
        received_at=at,
        actor=by,
        source=Sighting.Source.SCAN if scanned else Sighting.Source.PICK,
        was_first_answer=believed == zone if named and not scanned else None,
        believed_zone=believed if named else None,
        believed_floor=believed.floor,
        believed_level=Position.Level.ZONE if named else Position.Level.FLOOR,
        believed_probability=sure if named else 0.9,
        believed_source=Position.Source.RADIO,
    )


def months(begins: datetime, ends: datetime) -> None:
    """Have a partition for each month in which a stay ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tracking_stay_month(day::date) FROM generate_series("
            "date_trunc('month', %s::timestamptz), %s::timestamptz, interval '1 month') AS day",
            [begins, ends],
        )


def _said(asset: Asset, state: str, at: datetime, by: Actor | None, kind: str):
    values = {field.attname: getattr(asset, field.attname) for field in Asset._meta.concrete_fields}
    values |= {"state": state, "state_at": at, "state_by_id": by.pk if by else None}
    return Asset.history.model(
        **values,
        history_date=at,
        history_type=kind,
        history_user=by,
        history_change_reason="asset.set_state",
    )


def _stay(asset: Asset, zone: Zone, at: datetime, until: datetime) -> Stay:
    return Stay(
        asset_id=asset.pk,
        zone_id=zone.pk,
        floor_id=zone.floor_id,
        started_at=at,
        ended_at=until,
        probability=0.93,
        source="radio",
    )


def _keep(stays: list[Stay]) -> None:
    columns = ("asset_id", "zone_id", "floor_id", "started_at", "ended_at", "probability", "source")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY tracking_stay ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for stay in stays:
            copy.write_row([getattr(stay, column) for column in columns])
