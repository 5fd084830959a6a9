"""The hospital of the benches: the demonstration's places, and as much equipment as is asked for.

Equipment, its tags and its positions are written straight into the scratch database: twenty
thousand of each would take minutes through the import.
"""

import secrets
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.utils import timezone

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.actions.actors import add_person
from hims.actions.devices import add_device, issue_token
from hims.bench.scratch import House
from hims.hospital.stored import stored, words
from hims.hospital.taking import import_hospital
from hims.models import Actor
from hims.queries.actors import console
from hims.wire.hospital import read
from tracking.wire.addresses import normalise

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
PLACES = ("buildings.csv", "floors.csv", "zones.csv", "doors.csv", "gateways.csv", "kinds.csv")
BACKEND = "hims.access.backends.Password"
TAG = "c3{:010x}"
"""Address of the tag on the asset of that number."""

ASSETS = """
WITH kind AS (SELECT id, name, row_number() OVER (ORDER BY id) - 1 AS place
              FROM inventory_assetkind),
     zone AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM hims_zone
              WHERE kind <> 'area')
INSERT INTO inventory_asset (uid, number, kind_id, name, serial, home_id, state, state_at,
                             service_due_on)
SELECT gen_random_uuid(), 'A-' || to_char(n, 'FM000000'), kind.id,
       kind.name || ' ' || chr(65 + n %% 26) || n %% 97, 'SN' || n * 7919, zone.id,
       (ARRAY['free', 'in_use', 'unknown', 'dirty', 'free', 'broken'])[1 + n / 3 %% 6], now(),
       CASE n %% 5 WHEN 0 THEN NULL WHEN 1 THEN current_date - 20 ELSE current_date + 200 END
FROM generate_series(%(first)s, %(last)s) n
JOIN kind ON kind.place = n %% (SELECT count(*) FROM kind)
JOIN zone ON zone.place = n * 31 %% (SELECT count(*) FROM zone)
"""
TAGS = """
INSERT INTO tracking_tag (uid, address, technology, model)
SELECT gen_random_uuid(), 'c3' || lpad(to_hex(n), 10, '0'), 'ble', 'E7'
FROM generate_series(%(first)s, %(last)s) n
"""
ASSIGNMENTS = """
INSERT INTO tracking_tagassignment (tag_id, asset_id, period)
SELECT t.id, a.id, tstzrange(now() - interval '1 day', NULL)
FROM generate_series(%(first)s, %(last)s) n
JOIN tracking_tag t ON t.address = 'c3' || lpad(to_hex(n), 10, '0')
JOIN inventory_asset a ON a.number = 'A-' || to_char(n, 'FM000000')
"""
POSITIONS = """
WITH zone AS (SELECT id, floor_id, row_number() OVER (ORDER BY id) - 1 AS place FROM hims_zone
              WHERE kind <> 'area')
INSERT INTO tracking_position (asset_id, zone_id, floor_id, level, probability, x, y, candidates,
                               evidence, source, since, heard_at)
SELECT a.id, zone.id, zone.floor_id, 'zone', 0.9 - n %% 40 / 100.0, n %% 70, n %% 40,
       jsonb_build_array(jsonb_build_array(zone.id, 0.9 - n %% 40 / 100.0),
                         jsonb_build_array(other.id, 0.08)),
       '[]', 'radio', now() - n %% 5000 * interval '1 second',
       CASE WHEN n %% 20 = 0 THEN now() - interval '1 hour' END
FROM generate_series(%(first)s, %(last)s) n
JOIN inventory_asset a ON a.number = 'A-' || to_char(n, 'FM000000')
JOIN zone ON zone.place = n * 17 %% (SELECT count(*) FROM zone)
JOIN zone other ON other.place = (n * 17 + 1) %% (SELECT count(*) FROM zone)
"""
RESERVATIONS = """
INSERT INTO inventory_reservation (uid, asset_id, actor_id, period)
SELECT gen_random_uuid(), a.id, %(actor)s, tstzrange(now(), now() + interval '1 hour')
FROM inventory_asset a WHERE a.state = 'free' AND a.id %% 50 = 0
"""
BEAT = """
INSERT INTO tracking_enginestatus (id, started_at, beat_at, accepted, repeated, late, lag_s, gaps,
                                   last_sighting_id)
VALUES (1, now(), now() + interval '1 day', 0, 0, 0, 0, 0, 0) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: an actor, and the headers with which a program or a browser knocks."""

    actor: Actor
    program: dict[str, str]
    browser: dict[str, str]


def places() -> None:
    """Import the demonstration hospital's buildings, rooms, doors, gateways and kinds."""
    take({name: (FIXTURES / name).read_bytes() for name in PLACES})


def take(files: dict[str, bytes]) -> None:
    """Import these files, whole."""
    now = timezone.now()
    rows, rejects = read(
        files,
        folder=FIXTURES.name,
        known=stored(),
        words=words(),
        address=normalise,
        today=timezone.localdate(now),
    )
    if rejects:
        raise ValueError(f"the hospital of the bench has a fault: {rejects[0]}")
    import_hospital(actor=console(), now=now, hospital=rows, reason="bench")


def equip(house: House, first: int, last: int, *, positions: bool = True) -> None:
    """Have the assets numbered `first` to `last`, each with a tag, spread over all rooms.

    With `positions` each has a place and the engine counts as alive.
    """
    asked = {"first": first, "last": last, "actor": console().pk}
    statements = [ASSETS, TAGS, ASSIGNMENTS]
    if positions:
        statements += [POSITIONS, RESERVATIONS, BEAT] if first == 1 else [POSITIONS]
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, asked)
    house.as_owner("VACUUM ANALYZE")  # as autovacuum would have done by then


def somebody(role: Role) -> Caller:
    """A person of that role, with an API token and signed in on a browser."""
    password = secrets.token_urlsafe(16)
    person = add_person(
        actor=console(),
        now=timezone.now(),
        username=f"bench-{role.value.replace('_', '-')}",
        name="Bench",
        roles=[role.value],
        password=Hidden(password),
    )
    _, token = issue_token(actor=console(), now=timezone.now(), person=person)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
    host = {"Host": "127.0.0.1"}
    return Caller(person, host | {"Authorization": f"Token {token}"}, host | {"Cookie": cookie})


def gateway_key(name: str) -> str:
    """The key of a new device that may post readings for any gateway."""
    _, key = add_device(
        actor=console(), now=timezone.now(), name=name, kind="interface", scopes=["readings"]
    )
    return key
