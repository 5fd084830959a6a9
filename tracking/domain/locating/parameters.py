"""The numbers by which the engine weighs and moves; another set is another engine on the same code
(`manage.py compare`)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameters:
    """One set for every site; none is fitted to a recording.

    evidence: share of a reading's log-likelihood that counts (readings of a tag repeat each other:
    a body, a shelf stands in the way for seconds). repeated_s: readings of one gateway within so
    long count together as the root of their number. newest: how much more the newest step counts in
    the live answer. agreed: the lagged answer is this much less sharp than its readings would make
    it, since those before and after a moment share their errors.
    speed_m_s of walking; diffusion, rate per second and square metre at which a cell gives to each
    neighbour besides; start_s, stop_s, turn_s: rates of setting out, stopping, changing course;
    leap_s: rate of being anywhere else in the window, which is what the model does not know of and
    what a long silence hides.
    show, keep, back: probability from which a room (area, floor) is shown, down to which it stays
    shown, and from which a wider answer narrows to a room again. margin: lead by which another zone
    replaces the one that is answered.
    """

    evidence: float = 0.45
    repeated_s: float = 0.33
    newest: float = 1.3
    agreed: float = 0.6
    speed_m_s: float = 0.4
    diffusion: float = 0.05
    start_s: float = 0.6
    stop_s: float = 0.05
    turn_s: float = 0.08
    leap_s: float = 0.003
    show: float = 0.6
    keep: float = 0.5
    back: float = 0.7
    margin: float = 0.15
