"""How codes of places, things and people are found, in the order a bare text is tried."""

from hims.models import Actor, Staff, Zone
from hims.queries.patients import by_number
from hims.subjects import Found, Source, register, register_reader
from hims.wire.codes import Code
from inventory.models import Asset
from tracking.models import Tag
from tracking.wire.addresses import normalise


def _asset(viewer: Actor, asset: Asset) -> dict | None:
    if not viewer.may("assets.view") and not viewer.may("scan.record"):
        return None
    return {"id": str(asset.uid), "number": asset.number, "name": asset.name, "state": asset.state}


def _zone(viewer: Actor, zone: Zone) -> dict | None:
    return {"id": str(zone.uid), "code": zone.code, "name": zone.name}


def _hidden(viewer: Actor, thing) -> None:
    """Who a wristband or a badge belongs to is not told by a scan: that needs a relationship."""


register(Source("asset", lambda text: Asset.objects.filter(number=text).first(), _asset))
register(Source("zone", lambda text: Zone.objects.filter(code=text).first(), _zone))
register(Source("tag", lambda text: Tag.objects.filter(address=normalise(text)).first(), _hidden))
register(Source("patient", by_number, _hidden))
register(Source("staff", lambda text: Staff.objects.filter(actor__badge=text).first(), _hidden))


def _equipment(code: Code) -> Found | None:
    """Equipment whose number is its GIAI or its GRAI."""
    number = code.giai or code.grai
    asset = Asset.objects.filter(number=number).first() if number else None
    return Found("asset", asset) if asset else None


def _person(code: Code) -> Found | None:
    """A wristband or badge whose number is a GSRN: of the one that its identifier says, only."""
    if not code.gsrn:
        return None
    if code.gsrn_of == "patient":
        patient = by_number(code.gsrn)
        return Found("patient", patient) if patient else None
    staff = Staff.objects.filter(actor__badge=code.gsrn).first()
    return Found("staff", staff) if staff else None


def _location(code: Code) -> Found | None:
    """A room whose code is its GLN; with an extension, both with a dot between."""
    if not code.gln:
        return None
    text = f"{code.gln}.{code.extension}" if code.extension else code.gln
    zone = Zone.objects.filter(code=text).first()
    return Found("zone", zone) if zone else None


register_reader("equipment", _equipment)
register_reader("person", _person)
register_reader("location", _location)
