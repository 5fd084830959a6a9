"""Test data: a hospital so small that a reader can keep it in the head, made through the import
and the actions that people use.

    Ground floor (G)                                First floor (1)
    area ED:  bay ED-1 -- corridor COR -- store ST   lift L1 -- ward W1 -- theatre OR1
                            |
                          lift L0 ------------------ (45 s up to L1)

Five pumps: P-1 free, P-2 in use, P-3 free but overdue, P-4 free and upstairs, P-5 of which nobody
has said anything; one bed B-1. One person per role, a newcomer without any, two patients, and two
people of whom no account exists: Quintessa Vanterpool (staff) and Zebulon Oakhurst (patient).
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.actions.actors import add_person
from hims.actions.devices import add_device, issue_token
from hims.hospital.stored import stored, words
from hims.hospital.taking import import_hospital
from hims.models import Actor, Building, Device, Floor, Patient, Staff, Zone
from hims.queries.actors import console
from hims.wire.hospital import read
from inventory.models import Asset
from tracking.models import BEARERS, EngineStatus, Gateway, OpenStay, Position, Tag
from tracking.wire.addresses import normalise

OURS = ("hims", "inventory", "tracking", "pharmacy")
PASSWORD = "seven wet herons waiting"
BACKEND = "hims.access.backends.Password"

SHEETS = {
    "buildings.csv": "building,name\nMAIN,Main building",
    "floors.csv": """\
building,floor,name,level
MAIN,G,Ground floor,0
MAIN,1,First floor,1""",
    "zones.csv": """\
zone,building,floor,name,kind,capacity,area,polygon
ED,MAIN,G,Emergency,area,,,
ED-1,MAIN,G,Bay one,bay,1,ED,"POLYGON ((0 0, 6 0, 6 6, 0 6, 0 0))"
COR,MAIN,G,Long corridor,corridor,,,"POLYGON ((6 0, 18 0, 18 6, 6 6, 6 0))"
ST,MAIN,G,Store two,store,,,"POLYGON ((18 0, 24 0, 24 6, 18 6, 18 0))"
L0,MAIN,G,Lift at ground,lift,,,"POLYGON ((6 6, 9 6, 9 9, 6 9, 6 6))"
L1,MAIN,1,Lift upstairs,lift,,,"POLYGON ((6 6, 9 6, 9 9, 6 9, 6 6))"
W1,MAIN,1,Ward west,ward,8,,"POLYGON ((0 0, 12 0, 12 6, 0 6, 0 0))"
OR1,MAIN,1,Theatre one,theatre,1,,"POLYGON ((12 0, 18 0, 18 6, 12 6, 12 0))\"""",
    "doors.csv": """\
zone,neighbour,kind,seconds,x,y
ED-1,COR,door,,6,3
COR,ST,door,,18,3
COR,L0,door,,7.5,6
L0,L1,lift,45,,
L1,W1,door,,7.5,6
W1,OR1,door,,12,3""",
    "gateways.csv": """\
gateway,name,building,floor,zone,x,y,z
AC:23:3F:00:00:01,Gateway bay,MAIN,G,ED-1,3,3,2.5
AC:23:3F:00:00:02,Gateway store,MAIN,G,ST,21,3,2.5
AC:23:3F:00:00:03,Gateway ward,MAIN,1,W1,6,3,2.5""",
    "kinds.csv": "kind,name\npump,Infusion pump\nbed,Bed",
    "assets.csv": """\
asset,kind,name,serial,home,state,service_due_on,tag
P-1,pump,Agilia pump,SN100,ST,free,2099-12-31,C3:00:00:00:00:01
P-2,pump,Agilia pump,SN200,ST,in_use,2099-12-31,C3:00:00:00:00:02
P-3,pump,Agilia pump,SN300,ST,free,2020-01-31,C3:00:00:00:00:03
P-4,pump,Agilia pump,SN400,W1,free,,C3:00:00:00:00:04
P-5,pump,Agilia pump,SN500,,,,
B-1,bed,Ward bed,SN600,W1,dirty,,C3:00:00:00:00:06""",
    "staff.csv": """\
staff,name,profession,ward,username,roles,badge,tag
S-900,Quintessa Vanterpool,nurse,W1,,,,C3:00:00:00:09:00
"""
    + "\n".join(
        f"S-{number},Person {number},{role},,{role.replace('_', '-')},{role},BADGE{number},"
        for number, role in enumerate(Role, 101)
    ),
    "patients.csv": """\
patient,family,given,birth_date,sex,tag
MRN-777001,Oakhurst,Zebulon,1950-05-05,male,C3:00:00:00:07:01
MRN-777002,Yarborough,Ottoline,1961-06-06,female,C3:00:00:00:07:02""",
}


@dataclass
class House:
    """The hospital as a test sees it: everything by the code that people know it by."""

    now: datetime
    building: Building
    floors: dict[str, Floor] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    assets: dict[str, Asset] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    patients: dict[str, Patient] = field(default_factory=dict)
    people: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, role: str) -> Actor:
        """`house.nurse`: the person who holds that one role; `house.newcomer` holds none."""
        try:
            return self.people[role]
        except KeyError:
            raise AttributeError(role) from None

    def tag(self, address: str) -> Tag:
        return Tag.objects.get(address=normalise(address))


def hospital(now: datetime | None = None) -> House:
    """The small hospital of this module's docstring, imported at `now`.

    The import is done once; later tests of the same run get copies of its rows, which costs a
    tenth. Copies are good as long as the clock and the console, whom they name, are the same.
    """
    born_with = tuple(Actor.objects.order_by("pk").values_list("pk", flat=True))
    if now is None and born_with == _copies.of:
        _copies.put_back()
        return known_by_code(timezone.now())
    moment = now or timezone.now()
    there = _copies.there_now()
    imported(SHEETS, moment)
    person("newcomer", [], now=moment)
    if now is None:
        _copies.take(born_with, there)
    return known_by_code(moment)


class _Copies:
    """The rows of the hospital as PostgreSQL copies them; ids are never given out twice."""

    def __init__(self) -> None:
        self.of: tuple[int, ...] = ()
        self.rows: dict[str, bytes] = {}

    @staticmethod
    def there_now() -> dict[type[Model], list[Any]]:
        """The keys of all rows of ours, by model."""
        ours = [model for app in OURS for model in apps.get_app_config(app).get_models()]
        return {model: list(model.objects.values_list("pk", flat=True)) for model in ours}

    def take(self, born_with: tuple[int, ...], before: dict[type[Model], list[Any]]) -> None:
        self.of, self.rows = born_with, {}
        for model, keys in before.items():
            table, key = model._meta.db_table, model._meta.pk.column
            others = f"WHERE {key} NOT IN ({', '.join(map(str, keys))})" if keys else ""
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY (SELECT * FROM {table} {others}) TO STDOUT") as copied,
            ):
                if rows := b"".join(copied):
                    self.rows[table] = rows

    def put_back(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            for table, rows in self.rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copied:
                    copied.write(rows)


_copies = _Copies()


def imported(sheets: dict[str, str], now: datetime | None = None) -> None:
    """Take hospital files, given as text by file name, the way `import_hospital` does."""
    now = now or timezone.now()
    rows, rejects = read(
        {file: text.encode() for file, text in sheets.items()},
        folder="given",
        known=stored(),
        words=words(),
        address=normalise,
        today=timezone.localdate(now),
    )
    assert not rejects, rejects
    import_hospital(actor=console(), now=now, hospital=rows)


def known_by_code(now: datetime) -> House:
    """What is in the database already, as a House."""
    people = Actor.objects.filter(kind=Actor.Kind.PERSON)
    return House(
        now=now,
        building=Building.objects.get(code="MAIN"),
        floors={floor.code: floor for floor in Floor.objects.all()},
        zones={zone.code: zone for zone in Zone.objects.select_related("floor__building")},
        assets={asset.number: asset for asset in Asset.objects.select_related("kind")},
        gateways={gateway.address: gateway for gateway in Gateway.objects.all()},
        staff={member.number: member for member in Staff.objects.all()},
        patients={patient.mrn: patient for patient in Patient.objects.all()},
        people={one.roles[0] if one.roles else one.username: one for one in people},
    )


def assets(rows: Iterable[dict[str, Any]], now: datetime | None = None) -> None:
    """More assets, as rows of assets.csv."""
    columns = ["asset", "kind", "name", "serial", "home", "state", "service_due_on", "tag"]
    text = io.StringIO()
    written = csv.DictWriter(text, columns, lineterminator="\n")
    written.writeheader()
    written.writerows(rows)
    imported({"assets.csv": text.getvalue()}, now)


def person(username: str, roles: list[str], *, now: datetime | None = None, **more: Any) -> Actor:
    """Somebody who may sign in with PASSWORD."""
    return add_person(
        actor=console(),
        now=now or timezone.now(),
        username=username,
        name=more.pop("name", username.capitalize()),
        roles=roles,
        password=Hidden(PASSWORD),
        **more,
    )


def device(*scopes: str, name: str = "", kind: str = "scanner") -> tuple[Device, str]:
    """A machine with these scopes, and its key."""
    return add_device(
        actor=console(),
        now=timezone.now(),
        name=name or "-".join(["machine", *scopes]),
        kind=kind,
        scopes=list(scopes),
    )


def token(someone: Actor) -> str:
    """An API token of a person."""
    return issue_token(actor=console(), now=timezone.now(), person=someone)[1]


# --- who knocks -----------------------------------------------------------------------------------


def signed_in(someone: Actor) -> Client:
    """A browser in which `someone` is signed in."""
    browser = Client()
    browser.force_login(someone, backend=BACKEND)
    return browser


def knocking(key: str) -> Client:
    """A program that sends `key` with every request."""
    return Client(headers={"Authorization": f"Token {key}"})


def with_token(someone: Actor) -> Client:
    """A program that acts for `someone`."""
    return knocking(token(someone))


# --- what the engine would have written -----------------------------------------------------------


def engine_beat(at: datetime) -> None:
    """The engine's last sign of life."""
    EngineStatus.objects.update_or_create(id=1, defaults={"started_at": at, "beat_at": at})


def placed(
    bearer: Asset | Patient | Staff,
    zone: Zone | None,
    *,
    at: datetime | None = None,
    heard_at: datetime | None = None,
    probability: float = 0.95,
    candidates: list[tuple[Zone, float]] | None = None,
    **more: Any,
) -> Position:
    """The belief that `bearer` is in `zone` since `at`; `heard_at` None means: it is heard now."""
    at = at or timezone.now()
    whose = {bearer._meta.model_name: bearer}
    asked = {
        "zone": zone,
        "floor": zone.floor if zone else None,
        "level": "zone" if zone else "unknown",
        "probability": probability,
        "candidates": [
            [one.pk, part] for one, part in candidates or ([(zone, probability)] if zone else [])
        ],
        "source": "radio",
        "since": at,
        "heard_at": heard_at,
    }
    position, _ = Position.objects.update_or_create(**whose, defaults=asked | more)
    return position


def staying(bearer: Asset | Patient | Staff, zone: Zone, since: datetime) -> OpenStay:
    """An open stay of `bearer` in `zone`."""
    return OpenStay.objects.create(
        **{bearer._meta.model_name: bearer},
        zone=zone,
        floor=zone.floor,
        started_at=since,
        probability=0.9,
        source="radio",
    )


def stayed(bearer: Asset | Patient | Staff, zone: Zone, since: datetime, until: datetime) -> int:
    """An ended stay [since, until) of `bearer` in `zone`; its id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_stay (asset_id, patient_id, staff_id, zone_id, floor_id,"
            " started_at, ended_at, probability, source)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 0.9, 'radio') RETURNING id",
            [
                *(bearer.pk if bearer._meta.model_name == one else None for one in BEARERS),
                *(zone.pk, zone.floor_id, since, until),
            ],
        )
        return cursor.fetchone()[0]


def everybody_somewhere(house: House) -> None:
    """Positions and stays of all pumps, and of the staff member and patients who wear tags."""
    now = house.now
    engine_beat(now)
    zones = house.zones
    placed(house.assets["P-1"], zones["ST"], at=now - timedelta(minutes=5))
    placed(house.assets["P-2"], zones["ED-1"], at=now - timedelta(minutes=9))
    placed(house.assets["P-3"], zones["ST"], at=now - timedelta(minutes=7))
    placed(house.assets["P-4"], zones["W1"], at=now - timedelta(minutes=3))
    placed(house.assets["B-1"], zones["W1"], at=now - timedelta(minutes=30))
    people = (house.staff["S-900"], *house.patients.values())
    for number, bearer in enumerate(people):
        placed(bearer, zones["W1"], at=now - timedelta(minutes=number))
        staying(bearer, zones["W1"], now - timedelta(minutes=number))
        stayed(bearer, zones["COR"], now - timedelta(hours=2), now - timedelta(hours=1))
    asset = house.assets["P-1"]
    stayed(asset, zones["ED-1"], now - timedelta(hours=3), now - timedelta(hours=1))
    staying(asset, zones["ST"], now - timedelta(hours=1))
