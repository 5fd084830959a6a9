"""How codes of places, things and people are found, in the order a bare text is tried."""

from hims.models import Actor, Patient, Staff, Zone
from hims.subjects import Source, register
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
register(Source("patient", lambda text: Patient.objects.filter(mrn=text).first(), _hidden))
register(Source("staff", lambda text: Staff.objects.filter(actor__badge=text).first(), _hidden))
