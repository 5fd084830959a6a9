"""Is it free? True, False with reasons, or None when nobody knows."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Availability:
    """`available` is True, False or None (not known); `reasons` say why not, as codes."""

    available: bool | None
    reasons: tuple[str, ...] = ()


def availability(
    *, state: str, service_due_on: date | None, reserved: bool, today: date
) -> Availability:
    """Whether an asset can be taken now.

    What is overdue, dirty, broken, in use or spoken for is not available, whatever else is true.
    A state that nobody has given is not known, never free. `today` is the hospital's own day; an
    asset is good until the END of the day its service is due.
    """
    reasons = []
    if state in {"in_use", "dirty", "broken"}:
        reasons.append(state)
    if service_due_on is not None and service_due_on < today:
        reasons.append("overdue")
    if reserved:
        reasons.append("reserved")
    if reasons:
        return Availability(False, tuple(reasons))
    return Availability(True if state == "free" else None)
