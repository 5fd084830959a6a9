"""What the demonstration adds to its hospital: people who can sign in, a day of scans, stock on the
shelves, a queue at the pharmacy's counter, the last hours of an emergency department, and a clinic.

Roof. Everything here can be said again: what is there already stays as it is.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from hims.access import keys
from hims.access.hidden import Hidden
from hims.errors import Finding, Refused
from hims.hospital.stored import stored, words
from hims.hospital.taking import import_hospital
from hims.models import Actor, Zone
from hims.queries.actors import console
from hims.wire.hospital import read
from hims.wire.hospital.stock_layout import STOCK_SHEETS
from inventory.models import Product
from tracking.models import Scan, Sighting
from tracking.wire.addresses import normalise

from . import appointments, counter, emergency, flow, past, records, reports, store
from .accounts import PEOPLE, SECRETS, Access, Secrets, fresh_key, fresh_sign, open_accounts
from .alive import SENDER, list_sender
from .day import scan_the_day

__all__ = ["SENDER", "Access", "load", "open_house"]

FIXTURES = Path(__file__).resolve().parent.parent.parent / "fixtures"


Progress = Callable[[str], None]


def _silent(text: str) -> None:
    """Tell nobody."""


def load(*, now: datetime, progress: Progress = _silent) -> Access:
    """Have the whole demonstration; a second time changes nothing. Raises Refused in production."""
    access = open_house(now=now, progress=progress)
    operator = console()
    if not past.written():
        past.write(now, progress)
    if not store.filled():
        progress("filling the shelves")
        store.fill(operator=operator, now=now)
        past.stock.run_out(now)
    if not counter.opened():
        progress("opening the pharmacy's counter")
        counter.open_counter(operator=operator, now=now)
    list_sender(operator=operator, now=now)
    if not emergency.lived():
        progress("living the last hours of the emergency department")
        emergency.live(now, flow.put_on_agenda)
    emergency.keep_on_shift(now)
    if not appointments.opened():
        progress("booking appointments")
        appointments.open_clinic(operator=operator, now=now)
        past.book(now)
    if not records.filled():
        records.fill(now=now)
    if not reports.published():
        progress("making and signing reports")
        reports.publish(now)
    return access


def open_house(*, now: datetime, progress: Progress = _silent) -> Access:
    """Have the hospital, its accounts and a day of scans; a second time changes nothing.

    Raises Refused in production, where nobody may sign in with a demonstration's password.
    """
    if settings.PRODUCTION:
        raise Refused(
            Finding("production", "The demonstration is not loaded where HIMS_ENV=production.")
        )
    operator = console()
    if not Zone.objects.exists():
        progress("loading the demonstration hospital")
        _import(FIXTURES.glob("*.csv"), operator, now, progress)
    elif not Product.objects.exists():  # a demonstration of before there was a pharmacy
        progress("loading the store and the formulary")
        files = [FIXTURES / sheet.file for sheet in STOCK_SHEETS.values()]
        _import(files, operator, now, progress)
    kept = Secrets(settings.HIMS_VAR / SECRETS)
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
    key, sign = kept.key, kept.sign
    if not key or keys.open_key(key, now) is None:
        key = fresh_key(operator, now)
    if not sign or keys.open_key(sign, now) is None:
        sign = fresh_sign(operator, now)
    kept.keys_are(key, sign)
    present = set(people.values_list("username", flat=True))
    shown = {name: PEOPLE[name] for name in PEOPLE if name in present}
    return Access(kept.password, kept.pin, key, sign, kept.sheets, shown)


def _import(files: Iterable[Path], operator: Actor, now: datetime, progress: Progress) -> None:
    hospital, rejects = read(
        {path.name: path.read_bytes() for path in sorted(files)},
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
