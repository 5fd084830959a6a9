"""What the demonstration adds to its hospital: people who can sign in, and a day of scans.

Roof. Everything here can be said again: what is there already stays as it is.
"""

import json
import os
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from hims.access import keys
from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.action import action, touches
from hims.actions.devices import add_device, rotate_device
from hims.domain.pins import weakness
from hims.errors import Finding, Refused
from hims.hospital.stored import stored, words
from hims.hospital.taking import import_hospital
from hims.models import Actor, Device, Staff, Zone
from hims.queries.actors import console
from hims.wire import own_codes
from hims.wire.hospital import read
from inventory.models import Asset
from tracking.models import Scan, Sighting, TagAssignment
from tracking.wire.addresses import normalise

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
PEOPLE = {role.value.replace("_", "-"): role for role in Role}
"""Sign-in name -> role, one of each."""
SIMULATOR = "simulated hospital"
LETTERS = "abcdefghjkmnpqrstuvwxyz"
SCANNED_FOR = timedelta(hours=10)
LATEST = timedelta(minutes=4)
AWAY_FROM_HOME = 0.25


@dataclass(frozen=True)
class Access:
    """How to get in: one password and PIN for all demonstration accounts, and the key with
    which the simulated gateways and scanners knock."""

    password: str = field(repr=False)
    pin: str = field(repr=False)
    key: str = field(repr=False)
    people: dict[str, Role]


def load(*, now: datetime, progress: Callable[[str], None] = lambda text: None) -> Access:
    """Have the demonstration hospital, its accounts and its scans; a second time changes nothing.

    Raises Refused in production, where nobody may sign in with a demonstration's password.
    """
    if settings.PRODUCTION:
        raise Refused(
            Finding("production", "The demonstration is not loaded where HIMS_ENV=production.")
        )
    operator = console()
    if not Zone.objects.exists():
        progress("loading the demonstration hospital")
        _import(operator, now, progress)
    kept = _Secrets(settings.HIMS_VAR / "demonstration.json")
    people = Actor.objects.filter(username__in=PEOPLE, kind=Actor.Kind.PERSON)
    closed = [person for person in people if not person.has_usable_password()]
    if closed or kept.fresh:
        progress("opening the demonstration accounts")
        open_accounts(
            actor=operator,
            now=now,
            password=Hidden(kept.password),
            pin=Hidden(kept.pin),
            people=list(people) if kept.fresh else closed,
        )
    if not Sighting.objects.exists() and not Scan.objects.exists():
        progress("scanning what was scanned today")
        scan_the_day(actor=operator, now=now)
    key = kept.key
    if not key or keys.open_key(key, now) is None:
        key = kept.key_is(_fresh_key(operator, now))
    present = set(people.values_list("username", flat=True))
    return Access(
        kept.password, kept.pin, key, {name: PEOPLE[name] for name in PEOPLE if name in present}
    )


def _import(operator: Actor, now: datetime, progress: Callable[[str], None]) -> None:
    hospital, rejects = read(
        {path.name: path.read_bytes() for path in sorted(FIXTURES.glob("*.csv"))},
        folder=FIXTURES.name,
        known=stored(),
        words=words(),
        address=normalise,
        today=timezone.localdate(now),
    )
    if rejects:
        raise Refused(*(Finding("fixture", f"{r.file} line {r.line}: {r.reason}") for r in rejects))
    import_hospital(
        actor=operator, now=now, hospital=hospital, progress=progress, reason="demonstration"
    )


@action("demonstration.open_accounts")
def open_accounts(
    *, actor: Actor, now: datetime, password: Hidden, pin: Hidden, people: list[Actor]
) -> None:
    """Give `people` one password and PIN, and mark every account of the hospital's staff as a
    demonstration's, so that production refuses to start on this data."""
    hashed = make_password(password.text), make_password(pin.text)
    given = {person.pk for person in people}
    for account in Actor.objects.filter(kind=Actor.Kind.PERSON, staff__isnull=False):
        if account.pk in given:
            account.password, account.pin = hashed
        elif account.demonstration:
            continue
        account.demonstration = True
        account.save()
    touches(*people)


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


def _fresh_key(operator: Actor, now: datetime) -> str:
    """A key for the simulator, which knocks as one interface for all its gateways."""
    device = Device.objects.filter(actor__username=SIMULATOR).first()
    if device:
        return rotate_device(actor=operator, now=now, device=device, overlap=timedelta(0))
    _, key = add_device(
        actor=operator,
        now=now,
        name=SIMULATOR,
        kind=Device.Kind.INTERFACE,
        scopes=[Device.Scope.READINGS, Device.Scope.SCANS],
    )
    return key


class _Secrets:
    """The demonstration's password, PIN and key, made once for a data folder, readable by its
    owner only."""

    def __init__(self, place: Path) -> None:
        self.place = place
        try:
            said = json.loads(place.read_text())
            self.password, self.pin = said["password"], said["pin"]
            self.key, self.fresh = said.get("key", ""), False
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            self.password = "-".join(
                "".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3)
            )
            self.pin, self.key, self.fresh = _pin(), "", True
            self._keep()

    def key_is(self, key: str) -> str:
        self.key = key
        self._keep()
        return key

    def _keep(self) -> None:
        self.place.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.place.with_name(f".{self.place.name}-{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps({"password": self.password, "pin": self.pin, "key": self.key}))
        fresh.replace(self.place)


def _pin() -> str:
    while weakness(pin := f"{secrets.randbelow(1_000_000):06d}"):
        continue
    return pin
