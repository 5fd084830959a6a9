"""The import action: the rows of a hospital folder into the database, wholly or not at all."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, Q
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from hims.action import action, touches
from hims.actions.registry import tell_registry
from hims.errors import Finding, Refused
from hims.hospital.difference import Difference, difference, in_words
from hims.hospital.stored import stored
from hims.models import Actor, Building, Door, Floor, Patient, Staff, Zone
from hims.wire.hospital import ABSENT, Hospital
from hims.wire.hospital.layout import SHEETS
from inventory.models import Asset, AssetKind
from tracking.models import Gateway, Tag, TagAssignment, UnknownTransmitter

TOLD = {
    **dict.fromkeys(("buildings", "floors", "zones", "doors"), "places"),
    "gateways": "gateways",
    "staff": "keys",
}
"""What the open doors and the engine are told of a sheet that changed; tags are told apart."""

BATCH = 500
NAMED_AFTER_CODE = {"buildings", "zones", "kinds", "assets"}
BEARERS = {"assets": "asset", "staff": "staff", "patients": "patient"}


def _silent(text: str) -> None:
    """Tell nobody."""


@action("hospital.import")
def import_hospital(
    *,
    actor: Actor,
    now: datetime,
    hospital: Hospital,
    progress: Callable[[str], None] = _silent,
    reason: str = "",
) -> dict[str, Difference]:
    """Take the rows of `hospital`: new ones are made, changed ones changed, the rest untouched.

    Nothing is ever taken out: a row that is not in the files stays as it is. Raises Refused when
    a username or badge belongs to somebody who is not on the list.
    """
    found = difference(hospital, stored())
    taking = _Taking(actor, now, reason or "import of a hospital")
    for sheet, differs in found.items():
        if differs:
            progress(in_words({sheet: differs}))
            taking.take(sheet, differs)
    touches(*Building.objects.filter(code__in=hospital.buildings))
    told = {TOLD[sheet] for sheet, differs in found.items() if differs and sheet in TOLD}
    if any(found[sheet] for sheet in BEARERS):
        told.add("tags")
    for what in sorted(told):
        tell_registry(what)
    return found


class _Taking:
    """One import under way: who, when, and the keys of the rows by their codes."""

    def __init__(self, actor: Actor, now: datetime, reason: str) -> None:
        self.actor, self.now, self.reason = actor, now, reason
        self.known: dict[str, dict[Any, int]] = {}

    def take(self, sheet: str, differs: Difference) -> None:
        accounts = self._accounts(differs) if sheet == "staff" else {}
        self._change(sheet, differs.changed, accounts)
        for rows in self._in_order(sheet, differs.new):
            self._create(MODELS[sheet], [self._made(sheet, row, accounts) for row in rows])
            self.known.pop(sheet, None)
        if "tag" in SHEETS[sheet].columns:
            self._fasten_tags(sheet, differs)
        if sheet == "gateways":
            _no_longer_unknown("gateway", [row.gateway for row in differs.new])

    def ids(self, sheet: str) -> dict[Any, int]:
        """Code (or tuple of codes) -> database key, of every row of a sheet."""
        if sheet not in self.known and sheet == "doors":
            doors = Door.objects.values_list("pk", "a__code", "b__code", "kind")
            self.known[sheet] = {(*sorted((a, b)), kind): pk for pk, a, b, kind in doors}
        elif sheet not in self.known:
            codes = KEYS[sheet]
            self.known[sheet] = {
                (tuple(code) if len(codes) > 1 else code[0]): pk
                for pk, *code in MODELS[sheet].objects.values_list("pk", *codes)
            }
        return self.known[sheet]

    def _in_order(self, sheet: str, rows: list[Any]) -> Iterator[list[Any]]:
        """The new rows in portions that can go in: an area must be there before its zones."""
        while rows:
            coming = {row.key for row in rows} if sheet == "zones" else set()
            yield [row for row in rows if not coming or row.area not in coming]
            rows = [row for row in rows if coming and row.area in coming]

    def _create(self, model: type[Model], things: list[Any]) -> None:
        bulk_create_with_history(
            things,
            model,
            batch_size=BATCH,
            default_user=self.actor,
            default_change_reason=self.reason,
            default_date=self.now,
        )

    def _change(
        self, sheet: str, changed: list[tuple[Any, list[str]]], accounts: dict[str, Actor]
    ) -> None:
        """Write the columns that differ; rows of which only tags or account differ stay."""
        things = MODELS[sheet].objects.in_bulk([self.ids(sheet)[row.key] for row, _ in changed])
        touched, attributes = [], set()
        for row, columns in changed:
            values = self._attributes(sheet, row, set(columns))
            if row.key in accounts:
                values["actor_id"] = accounts[row.key].pk
            if values:
                thing = things[self.ids(sheet)[row.key]]
                for name, value in values.items():
                    setattr(thing, name, value)
                touched.append(thing)
                attributes |= set(values)
        if touched:
            bulk_update_with_history(
                touched,
                MODELS[sheet],
                sorted(attributes),
                batch_size=BATCH,
                default_user=self.actor,
                default_change_reason=self.reason,
                default_date=self.now,
            )

    def _made(self, sheet: str, row: Any, accounts: dict[str, Actor]) -> Any:
        columns = {c for c in SHEETS[sheet].columns if getattr(row, c) is not ABSENT}
        thing = MODELS[sheet](**self._attributes(sheet, row, columns))
        if sheet == "staff":
            thing.actor = accounts.get(row.staff)
        if sheet == "floors" and not thing.name:
            thing.name = f"Floor {row.floor}"
        elif sheet in NAMED_AFTER_CODE and not thing.name:
            thing.name = row.key
        return thing

    def _attributes(self, sheet: str, row: Any, columns: set[str]) -> dict[str, Any]:
        """Model attribute -> value, for the columns of one row that are to be written."""
        values: dict[str, Any] = {}
        for column in columns:
            value = getattr(row, column)
            if column in REFERENCES.get(sheet, {}):
                attribute, other = REFERENCES[sheet][column]
                values[attribute] = self.ids(other)[value] if value else None
            elif column in OWN_CODE[sheet]:
                values[OWN_CODE[sheet][column]] = value
            elif column in PLAIN:
                values[column] = value
        if sheet in ("zones", "gateways") and columns & {"building", "floor"}:
            on = (row.building, row.floor)
            values["floor_id"] = self.ids("floors")[on] if row.floor else None
        if sheet == "assets" and "state" in columns and row.state != Asset.State.UNKNOWN:
            values["state_at"], values["state_by_id"] = self.now, self.actor.pk
        return values

    def _accounts(self, differs: Difference) -> dict[str, Actor]:
        """Staff number -> account, where one is made or found for it; others are changed.

        A new account has no password: nobody can sign in with it until one is set.
        """
        rows = [*differs.new, *(row for row, _ in differs.changed)]
        rows = [row for row in rows if row.username or row.roles or row.badge]
        of_staff = {
            person.number: person.actor
            for person in Staff.objects.filter(
                number__in=[row.staff for row in rows], actor__isnull=False
            ).select_related("actor")
        }
        by_name = Actor.objects.in_bulk(
            [row.username for row in rows if row.username], field_name="username"
        )
        by_badge = Actor.objects.in_bulk(
            [row.badge for row in rows if row.badge], field_name="badge"
        )
        employed = set(Staff.objects.filter(actor__isnull=False).values_list("actor", flat=True))
        given: dict[str, Actor] = {}
        fresh: list[Actor] = []
        for row in rows:
            account = of_staff.get(row.staff)
            if account is None:
                account = given[row.staff] = by_name.get(row.username) or _nobody_yet(row)
                if account.kind != Actor.Kind.PERSON or account.pk in employed:
                    raise Refused(_belongs_to_another("username", row.username, row))
            before = (account.username, account.badge, sorted(account.roles))
            for column, holders in (("username", by_name), ("badge", by_badge)):
                value = getattr(row, column)
                if value:
                    if holders.get(value, account).pk != account.pk:
                        raise Refused(_belongs_to_another(column, value, row))
                    setattr(account, column, value)
            if row.roles is not ABSENT:
                account.roles = sorted(row.roles)
            if account.pk is None:
                fresh.append(account)
            elif before != (account.username, account.badge, account.roles):
                account.save()
        self._create(Actor, fresh)
        return given

    def _fasten_tags(self, sheet: str, differs: Difference) -> None:
        """Fasten the tags of new and changed rows; take off those that a row no longer names."""
        bearer = BEARERS[sheet]
        rows = [*differs.new, *(row for row, columns in differs.changed if "tag" in columns)]
        bearers = {self.ids(sheet)[row.key] for row in rows if row.tag is not ABSENT}
        wanted = {address: self.ids(sheet)[row.key] for row in rows for address in row.tag or ()}
        tags = dict(Tag.objects.filter(address__in=wanted).values_list("address", "pk"))
        unmade = [Tag(address=address) for address in wanted if address not in tags]
        self._create(Tag, unmade)
        tags.update((tag.address, tag.pk) for tag in unmade)
        _no_longer_unknown("tag", list(wanted))
        worn = TagAssignment.objects.filter(
            Q(tag__in=tags.values()) | Q(**{f"{bearer}__in": bearers}),
            period__endswith__isnull=True,
        ).select_related("tag")
        right = set()
        for assignment in worn:
            address = assignment.tag.address
            if wanted.get(address) == getattr(assignment, f"{bearer}_id"):
                right.add(address)
            else:
                assignment.period = DateTimeTZRange(assignment.period.lower, self.now)
                assignment.save()
        since_now = DateTimeTZRange(self.now, None)
        self._create(
            TagAssignment,
            [
                TagAssignment(tag_id=tags[address], period=since_now, **{f"{bearer}_id": pk})
                for address, pk in wanted.items()
                if address not in right
            ],
        )


def _nobody_yet(row: Any) -> Actor:
    account = Actor(username=row.username, name=row.name, kind=Actor.Kind.PERSON)
    account.set_unusable_password()
    return account


def _no_longer_unknown(kind: str, addresses: list[str]) -> None:
    UnknownTransmitter.objects.filter(kind=kind, address__in=addresses).delete()


def _belongs_to_another(what: str, value: str, row: Any) -> Finding:
    text = f"{what.capitalize()} {value!r} of staff {row.staff} belongs to somebody else already."
    return Finding("taken", text, field=what)


MODELS: dict[str, Any] = {
    "buildings": Building,
    "floors": Floor,
    "zones": Zone,
    "doors": Door,
    "gateways": Gateway,
    "kinds": AssetKind,
    "assets": Asset,
    "staff": Staff,
    "patients": Patient,
}
KEYS: dict[str, tuple[str, ...]] = {
    "buildings": ("code",),
    "floors": ("building__code", "code"),
    "zones": ("code",),
    "gateways": ("address",),
    "kinds": ("code",),
    "assets": ("number",),
    "staff": ("number",),
    "patients": ("mrn",),
}
OWN_CODE: dict[str, dict[str, str]] = {
    "buildings": {"building": "code"},
    "floors": {"floor": "code"},
    "zones": {"zone": "code", "kind": "kind"},
    "doors": {"kind": "kind"},
    "gateways": {"gateway": "address"},
    "kinds": {"kind": "code"},
    "assets": {"asset": "number"},
    "staff": {"staff": "number"},
    "patients": {"patient": "mrn"},
}
REFERENCES: dict[str, dict[str, tuple[str, str]]] = {
    "floors": {"building": ("building_id", "buildings")},
    "zones": {"area": ("area_id", "zones")},
    "doors": {"zone": ("a_id", "zones"), "neighbour": ("b_id", "zones")},
    "gateways": {"zone": ("zone_id", "zones")},
    "assets": {"kind": ("kind_id", "kinds"), "home": ("home_id", "zones")},
    "staff": {"ward": ("ward_id", "zones")},
}
PLAIN = {"name", "level", "capacity", "polygon", "seconds", "x", "y", "z", "serial", "state"} | {
    *("service_due_on", "profession", "family", "given", "birth_date", "sex")
}
