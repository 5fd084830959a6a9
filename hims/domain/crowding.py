"""How crowded the emergency department is: NEDOCS and EDWIN.

A trend to look at, never a reason to page somebody: against the judgement of staff NEDOCS agrees
poorly (kappa 0.31, Raj and others 2006).
"""

from collections.abc import Mapping

NEDOCS_BANDS = (
    (20, "not_busy"),
    (60, "busy"),
    (100, "extremely_busy"),
    (140, "overcrowded"),
    (180, "severe"),
    (float("inf"), "dangerous"),
)


def nedocs(
    *,
    patients: int,
    ed_beds: int,
    admitted_held: int,
    hospital_beds: int,
    one_to_one: int,
    longest_admit_h: float,
    last_door_to_bed_h: float,
) -> float | None:
    """The National Emergency Department Overcrowding Score (Weiss and others 2004), or None.

    patients: all in the department, the waiting room too. ed_beds: staffed spaces with the opened
    hallway ones. admitted_held: admitted patients still here. one_to_one: ventilated or one-to-one
    patients. longest_admit_h: hours since the decision to admit of whoever waits longest.
    last_door_to_bed_h: hours from door to bed of the patient bedded most recently, however long
    ago. None (not defined) without beds.
    """
    if ed_beds <= 0 or hospital_beds <= 0:
        return None
    return (
        -20
        + 85.8 * patients / ed_beds
        + 600 * admitted_held / hospital_beds
        + 13.4 * one_to_one
        + 0.93 * longest_admit_h
        + 5.64 * last_door_to_bed_h
    )


def edwin(
    *, by_acuity: Mapping[int, int], physicians: int, bays: int, boarders: int
) -> float | None:
    """The Emergency Department Work Index (Bernstein and others 2003), or None.

    by_acuity: ESI level (1 most urgent .. 5) -> patients. EDWIN counts the other way round, 5 for
    the sickest, so ESI is turned here. None (not defined) without a physician or a free bay.
    """
    if physicians <= 0 or boarders >= bays:
        return None
    load = sum(patients * (6 - esi) for esi, patients in by_acuity.items())
    return load / (physicians * (bays - boarders))


def nedocs_band(score: float | None) -> str | None:
    """The band of a score (see NEDOCS_BANDS, each to its upper limit), None for none.

    The bands are printed in whole points, so the score is rounded first.
    """
    if score is None:
        return None
    return next(name for limit, name in NEDOCS_BANDS if round(score) <= limit)


def edwin_band(score: float | None) -> str | None:
    """manageable below 1.5, busy to 2, crowded above."""
    if score is None:
        return None
    if score < 1.5:
        return "manageable"
    return "busy" if score <= 2 else "crowded"
