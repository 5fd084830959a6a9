"""The import action: the rows of a hospital folder into the database, wholly or not at all."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, Q
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from hims.action import action, touches
from hims.actions.registry import tell_registry
from hims.errors import Finding, Refused
from hims.hospital.difference import Difference, counted, difference, in_words
from hims.hospital.stored import stored
from hims.hospital.tables import (
    IN_UNITS,
    KEYS,
    LISTED,
    MODELS,
    NAMED_AFTER_CODE,
    OWN_CODE,
    PLAIN,
    REFERENCES,
    WITHIN,
)
from hims.models import Actor, Building, Door, Staff
from hims.wire.hospital import ABSENT, Hospital
from hims.wire.hospital.cells import strength_of
from hims.wire.hospital.layout import SHEETS
from inventory.models import Asset, Product
from pharmacy.models import Strength
from tracking.models import Tag, TagAssignment, UnknownTransmitter

TOLD = {
    **dict.fromkeys(("buildings", "floors", "zones", "doors"), "places"),
    "gateways": "gateways",
    "staff": "keys",
}
"""What the open doors and the engine are told of a sheet that changed; tags are told apart."""

BATCH = 500
PORTION = 5_000
"""So many rows are made between two words about progress."""
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
    taking = _Taking(actor, now, reason or "import of a hospital", progress)
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

    def __init__(
        self, actor: Actor, now: datetime, reason: str, progress: Callable[[str], None]
    ) -> None:
        self.actor, self.now, self.reason, self.progress = actor, now, reason, progress
        self.known: dict[str, dict[Any, int]] = {}
        self._base_per_unit: dict[str, int] = {}

    def take(self, sheet: str, differs: Difference) -> None:
        accounts = self._accounts(differs) if sheet == "staff" else {}
        self._change(sheet, differs.changed, accounts)
        for rows in self._in_order(sheet, differs.new):
            self._create(MODELS[sheet], [self._made(sheet, row, accounts) for row in rows])
            self.known.pop(sheet, None)
        if sheet == "medicines":
            self._set_strengths(differs)
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
        around = WITHIN.get(sheet)
        while rows and around:
            coming = {row.key for row in rows}
            yield [row for row in rows if getattr(row, around) not in coming]
            rows = [row for row in rows if getattr(row, around) in coming]
        for begin in range(0, len(rows), PORTION):
            if begin:
                self.progress(f"{begin} of {len(rows)} {counted(sheet, len(rows))} are in")
            yield rows[begin : begin + PORTION]

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
        if sheet == "bed_spaces":  # nobody has said yet whether it is ready
            thing.since = thing.evidence_at = self.now
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
            elif column in OWN_CODE.get(sheet, {}):
                values[OWN_CODE[sheet][column]] = value
            elif column in IN_UNITS.get(sheet, {}):
                values[IN_UNITS[sheet][column]] = self._base_units(row.product, value)
            elif column in PLAIN:
                values[column] = value
            elif column in LISTED:
                values[column] = list(value)
        if sheet in ("zones", "gateways") and columns & {"building", "floor"}:
            on = (row.building, row.floor)
            values["floor_id"] = self.ids("floors")[on] if row.floor else None
        if sheet == "assets" and "state" in columns and row.state != Asset.State.UNKNOWN:
            values["state_at"], values["state_by_id"] = self.now, self.actor.pk
        return values

    def _base_units(self, product: str, quantity: Decimal) -> int:
        """The base units that a quantity in the product's unit is."""
        if product not in self._base_per_unit:
            self._base_per_unit = dict(Product.objects.values_list("code", "base_per_unit"))
        return int(quantity * self._base_per_unit[product])

    def _set_strengths(self, differs: Difference) -> None:
        """Give new and changed medicines the strengths that their rows name, and no others."""
        rows = [*differs.new, *(row for row, columns in differs.changed if "strengths" in columns)]
        wanted = {
            (self.ids("medicines")[row.key], self.ids("ingredients")[ingredient]): (amount, unit)
            for row in rows
            for ingredient, amount, unit in map(strength_of, row.strengths or ())
        }
        spoken = [self.ids("medicines")[row.key] for row in rows if row.strengths is not ABSENT]
        for there in Strength.objects.filter(medicine__in=spoken):
            amount_and_unit = wanted.pop((there.medicine_id, there.ingredient_id), None)
            if amount_and_unit is None:
                there.delete()
            elif amount_and_unit != (there.amount, there.unit):
                there.amount, there.unit = amount_and_unit
                there.save()
        Strength.objects.bulk_create(
            [
                Strength(medicine_id=medicine, ingredient_id=ingredient, amount=amount, unit=unit)
                for (medicine, ingredient), (amount, unit) in wanted.items()
            ],
            batch_size=BATCH,
        )

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
