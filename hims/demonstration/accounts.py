"""Who can sign in to the demonstration, with which password, and the key of its simulator."""

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password

from hims.access.hidden import Hidden
from hims.access.roles import Role
from hims.action import action, touches
from hims.actions.devices import add_device, rotate_device
from hims.domain.pins import weakness
from hims.models import Actor, Device

PEOPLE = {role.value.replace("_", "-"): role for role in Role}
"""Sign-in name -> role, one of each."""
SIMULATOR = "simulated hospital"
LETTERS = "abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Access:
    """How to get in: one password and PIN for all demonstration accounts, and the key with
    which the simulated gateways and scanners knock."""

    password: str = field(repr=False)
    pin: str = field(repr=False)
    key: str = field(repr=False)
    people: dict[str, Role]


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


def fresh_key(operator: Actor, now: datetime) -> str:
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


class Secrets:
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
