"""Gateways: taken into the house, named, placed, and bound to the device that speaks for them."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.registry import tell_registry
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Invalid, NotFound
from hims.models import Actor, Device, Floor, Zone
from tracking.models import Gateway, UnknownTransmitter
from tracking.wire.addresses import fault, normalise

FARTHEST_M = 100_000.0


@action("gateway.add")
def add_gateway(*, actor: Actor, now: datetime, address: str, name: str = "") -> Gateway:
    """A gateway by its radio address, in any spelling; it may be placed later."""
    return _new(address, name)


@action("gateway.adopt")
def adopt_gateway(
    *, actor: Actor, now: datetime, unknown: UnknownTransmitter, name: str = ""
) -> Gateway:
    """Take a gateway that was heard and not known into the house."""
    if unknown.kind != UnknownTransmitter.Kind.GATEWAY:
        raise NotFound("no such gateway")
    return _new(unknown.address, name)


@action("gateway.rename")
def rename_gateway(*, actor: Actor, now: datetime, gateway: Gateway, name: str) -> Gateway:
    gateway.name = _good_name(name)
    return _kept(gateway)


@action("gateway.place")
def place_gateway(
    *,
    actor: Actor,
    now: datetime,
    gateway: Gateway,
    floor: Floor | None,
    zone: Zone | None = None,
    x: float | None = None,
    y: float | None = None,
    z: float | None = None,
) -> Gateway:
    """Say where a gateway hangs: a floor, and as much more as is known of room and metres."""
    if zone and floor is None:
        floor = zone.floor
    if zone and zone.floor_id != floor.pk:
        raise Invalid(Finding("other_floor", _("This room is not on this floor."), field="zone"))
    if (x is None) != (y is None):
        raise Invalid(Finding("half_a_place", _("Give both x and y, or neither."), field="y"))
    if floor is None and x is not None:
        raise Invalid(Finding("no_floor", _("Say on which floor these metres are."), field="floor"))
    for field, number in (("x", x), ("y", y), ("z", z)):
        if number is not None and not abs(number) <= FARTHEST_M:
            raise Invalid(Finding("bad_metres", _("These are not metres."), field=field))
    gateway.floor, gateway.zone = floor, zone
    gateway.x, gateway.y, gateway.z = x, y, z
    return _kept(gateway)


@action("gateway.bind")
def bind_gateway(
    *, actor: Actor, now: datetime, gateway: Gateway, device: Device | None
) -> Gateway:
    """Say which device speaks for a gateway: its key may then leave the gateway's name out, and
    no other device's key may use that name. None: any key that may post readings may."""
    if device and device.kind != Device.Kind.GATEWAY:
        raise Invalid(Finding("no_gateway", _("Choose a device of kind gateway."), field="device"))
    gateway.device = device.actor if device else None
    return _kept(gateway)


@step
def _new(address: str, name: str) -> Gateway:
    if why := fault(address, "gateway"):
        raise Invalid(Finding("bad_address", why, field="address"))
    gateway = Gateway(address=normalise(address), name=_good_name(name))
    _kept(gateway)
    UnknownTransmitter.objects.filter(
        kind=UnknownTransmitter.Kind.GATEWAY, address=gateway.address
    ).delete()
    return gateway


@step
def _kept(gateway: Gateway) -> Gateway:
    there_is = Finding("taken", _("There is a gateway with this address already."), field="address")
    with refused_when_taken(there_is):
        gateway.save()
    touches(gateway)
    tell_registry("gateways")
    return gateway


def _good_name(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > 120 or not text.isprintable():
        raise Invalid(Finding("bad_name", _("A name has up to 120 signs."), field="name"))
    return text
