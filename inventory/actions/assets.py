"""What people say of equipment: its state, and that they will take it."""

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, Invalid, Refused
from hims.live import announce
from hims.models import Actor
from inventory.models import Asset, Reservation

RESERVED_FOR = timedelta(minutes=30)


@action("asset.set_state")
def set_state(*, actor: Actor, now: datetime, asset: Asset, state: str, reason: str = "") -> Asset:
    """Somebody who stands before the asset says that it is free, in use, dirty or broken.

    Taking it into use ends one's own reservation. Raises Invalid for a state that is none.
    """
    asset = _locked(asset)
    _say_state(asset, state, actor, now)
    if state == Asset.State.IN_USE:
        _end_reservation(asset, now, of=actor)
    return asset


@action("asset.reserve")
def reserve(*, actor: Actor, now: datetime, asset: Asset) -> Reservation:
    """Speak for the asset for half an hour. Raises Refused when somebody else has, or it cannot
    be used."""
    asset = _locked(asset)
    period = DateTimeTZRange(now, now + RESERVED_FOR)
    # Of two who ask at once the one with the earlier clock may get the lock second: what counts
    # is whether the half hours overlap, not who holds it at `now`.
    held = asset.reservations.filter(period__overlap=period).select_related("actor").first()
    if held and held.actor_id != actor.pk:
        raise Refused(
            Finding(
                "reserved",
                _("%(name)s has reserved it until %(time)s.")
                % {"name": held.actor.name, "time": f"{held.period.upper:%H:%M}"},
            )
        )
    if asset.state == Asset.State.BROKEN:
        raise Refused(Finding("broken", _("It is broken and cannot be reserved.")))
    if held:
        _end(held, now)
    touches(asset)
    made = Reservation.objects.create(asset=asset, actor=actor, period=period)
    tell(asset)
    return made


@action("asset.release")
def release(*, actor: Actor, now: datetime, asset: Asset) -> Asset:
    """Give one's own reservation back. Doing so twice changes nothing."""
    asset = _locked(asset)
    touches(asset)
    _end_reservation(asset, now, of=actor)
    tell(asset)
    return asset


def reservation_now(asset: Asset, now: datetime) -> Reservation | None:
    """The reservation that holds the asset at `now`, if one does."""
    return asset.reservations.filter(period__contains=now).select_related("actor").first()


@step
def tell(asset: Asset) -> None:
    """Tell open pages that something about the asset changed."""
    announce("asset", [{"id": str(asset.uid), "state": asset.state}])


def _locked(asset: Asset) -> Asset:
    return Asset.objects.select_for_update(of=("self",)).select_related("kind").get(pk=asset.pk)


@step
def _say_state(asset: Asset, state: str, actor: Actor, now: datetime) -> None:
    if state not in Asset.State.values or state == Asset.State.UNKNOWN:
        raise Invalid(Finding("bad_state", _("Say free, in_use, dirty or broken."), field="state"))
    asset.state, asset.state_at, asset.state_by = state, now, actor
    asset.save()
    touches(asset)
    tell(asset)


@step
def _end_reservation(asset: Asset, now: datetime, *, of: Actor) -> None:
    held = reservation_now(asset, now)
    if held and held.actor_id == of.pk:
        _end(held, now)


@step
def _end(held: Reservation, now: datetime) -> None:
    held.period = DateTimeTZRange(held.period.lower, max(held.period.lower, now))
    held.save()
