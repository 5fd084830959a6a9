"""The hospital in the database as the rows of hims.wire.hospital, and the words it may use."""

from collections import defaultdict

from hims.access.roles import Role
from hims.models import Building, Door, Floor, Patient, Staff, Zone
from hims.wire.hospital import (
    AssetRow,
    BuildingRow,
    DoorRow,
    FloorRow,
    GatewayRow,
    Hospital,
    KindRow,
    PatientRow,
    StaffRow,
    ZoneRow,
)
from hims.wire.hospital.layout import Words
from hims.wire.hospital.places import in_order
from inventory.models import Asset, AssetKind
from tracking.models import BEARERS, Gateway, TagAssignment


def words() -> Words:
    """The words that the database accepts for kinds, states, sexes and roles."""
    return Words(
        zone_kinds=frozenset(Zone.Kind.values),
        door_kinds=frozenset(Door.Kind.values),
        states=frozenset(Asset.State.values),
        sexes=frozenset(Patient.Sex.values),
        roles=frozenset(role.value for role in Role),
    )


def stored() -> Hospital:
    """Every row there is, in the order in which they were made; fourteen queries at any size."""
    tags = _tags()
    hospital = Hospital()
    _keep(hospital.buildings, BuildingRow, Building.objects, "code", "name")
    _keep(hospital.floors, FloorRow, Floor.objects, "building__code", "code", "name", "level")
    _keep(
        hospital.zones,
        ZoneRow,
        Zone.objects,
        *("code", "floor__building__code", "floor__code", "name", "kind", "capacity"),
        *("area__code", "polygon"),
    )
    for values in _rows(Door.objects, "a__code", "b__code", "kind", "seconds", "x", "y"):
        door = in_order(DoorRow(*values))
        hospital.doors[door.key] = door
    _keep(
        hospital.gateways,
        GatewayRow,
        Gateway.objects,
        *("address", "name", "floor__building__code", "floor__code", "zone__code", "x", "y", "z"),
    )
    _keep(hospital.kinds, KindRow, AssetKind.objects, "code", "name")
    for pk, number, kind, name, serial, home, state, due in _rows(
        Asset.objects,
        *("pk", "number", "kind__code", "name", "serial", "home__code", "state", "service_due_on"),
    ):
        hospital.assets[number] = AssetRow(
            number, kind, name, serial, home or "", state, due, tags["asset", pk]
        )
    for pk, number, name, profession, ward, username, roles, badge in _rows(
        Staff.objects,
        *("pk", "number", "name", "profession", "ward__code"),
        *("actor__username", "actor__roles", "actor__badge"),
    ):
        hospital.staff[number] = StaffRow(
            number,
            name,
            profession,
            ward or "",
            username or "",
            tuple(sorted(roles or ())),
            badge or "",
            tags["staff", pk],
        )
    for pk, mrn, family, given, birth_date, sex in _rows(
        Patient.objects, "pk", "mrn", "family", "given", "birth_date", "sex"
    ):
        hospital.patients[mrn] = PatientRow(
            mrn, family, given, birth_date, sex, tags["patient", pk]
        )
    return hospital


def _rows(objects, *fields):
    return objects.order_by("pk").values_list(*fields)


NUMBERS = {"capacity", "x", "y", "z"}


def _keep(rows: dict, row_type: type, objects, *fields: str) -> None:
    """Fill `rows` with one row for each object; a text that is not there is empty, not None."""
    for values in _rows(objects, *fields):
        row = row_type(
            *(
                "" if value is None and field not in NUMBERS else value
                for field, value in zip(fields, values, strict=True)
            )
        )
        rows[row.key] = row


def _tags() -> dict[tuple[str, int], tuple[str, ...]]:
    """(kind of bearer, its key) -> addresses of the tags it bears now, sorted."""
    borne = defaultdict(list)
    worn = TagAssignment.objects.filter(period__endswith__isnull=True).order_by("tag__address")
    for address, *bearers in worn.values_list("tag__address", *(f"{b}_id" for b in BEARERS)):
        for kind, pk in zip(BEARERS, bearers, strict=True):
            if pk is not None:
                borne[kind, pk].append(address)
    return defaultdict(tuple, {bearer: tuple(tags) for bearer, tags in borne.items()})
