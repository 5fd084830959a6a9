"""First expired, first out: which lots to take from, and why not the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class OnHand:
    """`quantity` base units (>= 0) of a lot at a place. `expiry` None: it carries none."""

    lot: int
    place: int
    quantity: int
    expiry: date | None
    status: str
    number: str = ""


@dataclass(frozen=True)
class Take:
    """Take `quantity` base units of this."""

    lot: int
    place: int
    quantity: int


def unusable(lot_status: str, expiry: date | None, today: date, supply_days: int = 0) -> str:
    """Why a lot may not be given: recalled, quarantined, expired or expires_within_supply; "" if
    it may.

    A day-granular lot is good until the end of the day printed on it, and must last `supply_days`
    days more: a supply of n days begun today ends on today + n - 1.
    """
    if lot_status in ("recalled", "quarantined"):
        return lot_status
    if lot_status == "expired" or (expiry is not None and expiry < today):
        return "expired"
    if expiry is not None and expiry < today + timedelta(days=max(supply_days - 1, 0)):
        return "expires_within_supply"
    return ""


def in_order(stock: Iterable[OnHand], today: date, supply_days: int = 0) -> list[OnHand]:
    """The usable stock, the soonest to expire first; what carries no expiry comes last.

    Of lots with one day the smaller rest goes first, so that a shelf is emptied.
    """
    usable = [
        held
        for held in stock
        if held.quantity > 0 and not unusable(held.status, held.expiry, today, supply_days)
    ]
    return sorted(usable, key=lambda held: (held.expiry or date.max, held.quantity, held.lot))


def suggested(
    stock: Iterable[OnHand], wanted: int, today: date, supply_days: int = 0
) -> tuple[list[Take], int]:
    """What to take for `wanted` base units, and how many cannot be had."""
    takes = []
    for held in in_order(stock, today, supply_days):
        if wanted == 0:
            break
        part = min(held.quantity, wanted)
        takes.append(Take(held.lot, held.place, part))
        wanted -= part
    return takes, wanted


def why_first(held: OnHand, others: Iterable[OnHand]) -> str:
    """Why `held` leaves before `others`, which are in order behind it: only, soonest, smaller_rest
    (one day, the shelf is emptied) or no_expiry (none of them carries one)."""
    following = next(iter(others), None)
    if following is None:
        return "only"
    if held.expiry is None:
        return "no_expiry"
    return "smaller_rest" if following.expiry == held.expiry else "soonest"
