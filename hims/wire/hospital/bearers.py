"""What must hold of assets, staff and patients of a hospital folder, and of the tags they bear."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from hims.domain.badges import badge_of

from .cells import Bad
from .layout import AssetRow, KindRow, PatientRow, StaffRow
from .places import one_of, radio_address
from .rows import ABSENT

if TYPE_CHECKING:
    from .reading import Reading

Bearer = TypeVar("Bearer", AssetRow, StaffRow, PatientRow)


def check_asset(reading: "Reading", row: AssetRow) -> AssetRow:
    alone = "kinds.csv" not in reading.hospital.digests
    if not alone:
        reading.need("kinds", row.kind, "kind")
    if row.home:
        reading.need("zones", row.home, "home")
    if row.state is not ABSENT:
        one_of(row.state, reading.words.states, "state")
    row = _tagged(reading, row, f"asset {row.asset}")
    if alone and reading.find("kinds", row.kind) is None:
        # A list of equipment without a list of kinds brings its kinds with it.
        name = row.kind.replace("-", " ").replace("_", " ").capitalize()
        reading.hospital.kinds[row.kind] = KindRow(row.kind, name)
    return row


def check_staff(reading: "Reading", row: StaffRow) -> StaffRow:
    if row.ward:
        reading.need("zones", row.ward, "ward")
    stored = reading.known.staff.get(row.staff)
    username = row.username or (stored.username if stored else "")
    for role in row.roles or ():
        one_of(role, reading.words.roles, "role")
    for given, what in ((row.roles, "roles are"), (row.badge, "a badge is")):
        if given and not username:
            raise Bad(f"{what} given without a username to sign in with")
    row = replace(row, badge=badge_of(row.badge) if row.badge else ABSENT)
    # An empty cell takes nobody's account away: that is done where accounts are kept.
    row = replace(row, username=row.username or ABSENT, roles=row.roles or ABSENT)
    owner = f"staff {row.staff}"
    for what, value in (("username", row.username), ("badge", row.badge)):
        if value:
            reading.claim(what, value, owner)
            for other in reading.known.staff.values():
                moved = reading.hospital.staff.get(other.staff)
                held = getattr(moved, what) if moved else getattr(other, what)
                if held == value and other.staff != row.staff:
                    raise Bad(f"{what} {value!r} is used already by staff {other.staff}")
    return _tagged(reading, row, owner)


def check_patient(reading: "Reading", row: PatientRow) -> PatientRow:
    if row.sex is not ABSENT:
        one_of(row.sex, reading.words.sexes, "sex")
    if row.birth_date and row.birth_date > reading.today:
        raise Bad(f"birth_date {row.birth_date} lies in the future")
    return _tagged(reading, row, f"patient {row.patient}")


def _tagged(reading: "Reading", row: Bearer, owner: str) -> Bearer:
    """The row with its tags in one spelling, each claimed for it alone."""
    if row.tag is ABSENT:
        return row
    addresses = sorted({radio_address(reading, text, "tag") for text in row.tag})
    for address in addresses:
        if address in reading.hospital.gateways or address in reading.known.gateways:
            raise Bad(f"tag {address!r} is the address of a gateway")
    for address in addresses:
        reading.claim("tag", address, owner)
    return replace(row, tag=tuple(addresses))
