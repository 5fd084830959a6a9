"""What is believed of a bed space at a time: what was last said, as far as it still holds.

Nothing is written when evidence grows old or a lease runs out: whoever reads works it out anew, and
the next change of the space writes down that it was so.
"""

from datetime import datetime, timedelta

from hims.domain.rooms import EVIDENCE_LASTS_MIN, State

EVIDENCE_LASTS = timedelta(minutes=EVIDENCE_LASTS_MIN)
UNDO_WITHIN = timedelta(minutes=10)
RESTS_ON_EVIDENCE = frozenset({State.READY, State.OCCUPIED, State.VACATED})


def believed(
    state: str, *, evidence_at: datetime, reserved_until: datetime | None, now: datetime
) -> State:
    """The state to show and to decide upon at `now`.

    A reservation holds until its lease ends, exclusive; then the space is what it was, READY, if
    the evidence for that is still young. Evidence holds EVIDENCE_LASTS, inclusive.
    """
    held = State(state)
    if held is State.RESERVED and reserved_until is not None and now >= reserved_until:
        held = State.READY
    if held in RESTS_ON_EVIDENCE and now - evidence_at > EVIDENCE_LASTS:
        return State.UNKNOWN
    return held


def may_be_undone(recorded_at: datetime, now: datetime) -> bool:
    """Whether what was done to a space is young enough to be taken back with one tap."""
    return timedelta(0) <= now - recorded_at <= UNDO_WITHIN
