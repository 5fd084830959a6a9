"""Who can sign in to the demonstration, with which password, and the keys of its machines."""

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
SIMULATOR, WAIT_SIGN = "simulated hospital", "wait sign of the demonstration"
SECRETS = "demonstration.json"  # below HIMS_VAR
LETTERS = "abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Access:
    """How to get in: one password and PIN for all demonstration accounts, and the key with
    which the simulated gateways and scanners knock. sign: the key of its wait sign; sheets: the
    password of its downtime sheets."""

    password: str = field(repr=False)
    pin: str = field(repr=False)
    key: str = field(repr=False)
    sign: str = field(repr=False)
    sheets: str = field(repr=False)
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
    return _fresh(operator, now, SIMULATOR, [Device.Scope.READINGS, Device.Scope.SCANS])


def fresh_sign(operator: Actor, now: datetime) -> str:
    """A key for the screen of the emergency department's waiting room."""
    return _fresh(operator, now, WAIT_SIGN, [Device.Scope.WAIT_SIGN])


def _fresh(operator: Actor, now: datetime, name: str, scopes: list[Device.Scope]) -> str:
    device = Device.objects.filter(actor__username=name).first()
    if device:
        return rotate_device(actor=operator, now=now, device=device, overlap=timedelta(0))
    kind = Device.Kind.INTERFACE
    _, key = add_device(actor=operator, now=now, name=name, kind=kind, scopes=[*scopes])
    return key


class Secrets:
    """The demonstration's passwords, PIN and keys, made once for a data folder, readable by its
    owner only."""

    def __init__(self, place: Path) -> None:
        self.place = place
        try:
            said = json.loads(place.read_text())
            self.password, self.pin = said["password"], said["pin"]
            self.fresh = False
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            said = {}
            self.password, self.pin, self.fresh = _words(), _pin(), True
        self.key, self.sign = said.get("key", ""), said.get("sign", "")
        self.sheets = said.get("sheets") or _words()
        if said.get("sheets") != self.sheets:
            self._keep()

    def keys_are(self, key: str, sign: str) -> None:
        if (key, sign) != (self.key, self.sign):
            self.key, self.sign = key, sign
            self._keep()

    def _keep(self) -> None:
        self.place.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.place.with_name(f".{self.place.name}-{os.getpid()}")
        fresh.touch(mode=0o600)
        kept = ("password", "pin", "key", "sign", "sheets")
        fresh.write_text(json.dumps({name: getattr(self, name) for name in kept}))
        fresh.replace(self.place)


def _words() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def _pin() -> str:
    while weakness(pin := f"{secrets.randbelow(1_000_000):06d}"):
        continue
    return pin
