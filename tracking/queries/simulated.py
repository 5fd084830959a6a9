"""What the simulated hospital is made of: the drawn rooms, the gateways, and who wears tags."""

from dataclasses import dataclass, field

from hims.models import BedAssignment, Door, Zone
from inventory.models import Asset
from tracking.domain.simulation import IN_BED, DoorIn, GatewayIn, Plan, RoomIn, TagIn
from tracking.models import Gateway, Position, TagAssignment


@dataclass
class Cast:
    """Everything the simulation needs. `members`: area code -> codes of its rooms.

    `asset_of`: tag address -> asset number. `home_of`: asset number -> code of its home or "".
    """

    plan: Plan
    tags: list[TagIn]
    members: dict[str, list[str]] = field(default_factory=dict)
    asset_of: dict[str, str] = field(default_factory=dict)
    home_of: dict[str, str] = field(default_factory=dict)


def cast() -> Cast:
    """The hospital as it is registered now; each bearer begins where the engine last saw it."""
    rooms: list[RoomIn] = []
    members: dict[str, list[str]] = {}
    for code, floor, level, kind, polygon, area in Zone.objects.order_by("pk").values_list(
        "code", "floor_id", "floor__level", "kind", "polygon", "area__code"
    ):
        rooms.append(RoomIn(code, floor, level, kind, polygon))
        if area:
            members.setdefault(area, []).append(code)
    doors = [
        DoorIn(*values)
        for values in Door.objects.values_list("a__code", "b__code", "kind", "seconds", "x", "y")
    ]
    placed = Gateway.objects.exclude(floor=None).order_by("pk")
    gateways = [
        GatewayIn(address, floor or 0, level, x, y, 2.6 if z is None else z)
        for address, floor, level, x, y, z in placed.values_list(
            "address", "floor_id", "floor__level", "x", "y", "z"
        )
        if x is not None and y is not None
    ]
    found = Cast(Plan(rooms, doors, gateways), [], members)
    _cast_tags(found)
    assets = Asset.objects.order_by("pk").values_list("number", "home__code")
    found.home_of = {number: home or "" for number, home in assets}
    return found


def _cast_tags(found: Cast) -> None:
    seen = {
        (kind, pk): code
        for kind in ("asset", "patient", "staff")
        for pk, code in Position.objects.filter(
            level="zone", source="radio", **{f"{kind}__isnull": False}
        ).values_list(f"{kind}_id", "zone__code")
    }
    # Who has a bed stays in it, so that no tag says that they leave the department.
    beds = dict(
        BedAssignment.objects.filter(status=BedAssignment.Status.ACTIVE).values_list(
            "patient", "bed_space__zone__code"
        )
    )
    worn = TagAssignment.objects.filter(period__endswith__isnull=True).order_by("pk")
    for address, asset, patient, staff, number, home, profession, ward in worn.values_list(
        "tag__address",
        "asset_id",
        "patient_id",
        "staff_id",
        "asset__number",
        "asset__home__code",
        "staff__profession",
        "staff__ward__code",
    ):
        if asset:
            bearer, room = "asset", seen.get(("asset", asset), "")
            found.asset_of[address] = number
        elif patient in beds:
            bearer, room = IN_BED, beds[patient]
        elif patient:
            bearer, room = "patient", seen.get(("patient", patient), "")
        else:
            bearer = "porter" if profession == "porter" else "staff"
            room = seen.get(("staff", staff), "")
        found.tags.append(TagIn(address, bearer, home or ward or "", room))
