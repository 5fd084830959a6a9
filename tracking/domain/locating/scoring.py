"""How good the answers were: accuracy, F1, moves, calibration, metres."""

import numpy as np
from numpy.typing import NDArray

MARGIN = 0.15
"""A zone gives way to another that is likelier by this much: no flicker at a doorway."""
CALIBRATION_BINS = 10


def decided(p: NDArray[np.float64], margin: float = MARGIN) -> NDArray[np.int64]:
    """The zone answered at each moment of one tag, from T x Z probabilities in time order."""
    zones = np.empty(len(p), dtype=np.int64)
    held = -1
    for moment, row in enumerate(p):
        best = int(row.argmax())
        if held < 0 or row[best] - row[held] > margin:
            held = best
        zones[moment] = held
    return zones


def figures(tag, zone, probability, xy, true_zone, true_xy) -> dict:
    """The figures over rows of all tags (time order per tag): zones as places, xy in metres.

    `true_zone` -1 and `true_xy` NaN where unknown; figures that need them are then None.
    """
    known = true_zone >= 0
    right = zone == true_zone
    same_tag = (tag[1:] == tag[:-1]) & known[1:] & known[:-1]
    metres = np.hypot(*(xy - true_xy).T)
    metres = metres[np.isfinite(metres)]

    def of_metres(function, *arguments):
        return round(float(function(metres, *arguments)), 3) if len(metres) else None

    def of_zones(value):
        return round(float(value), 4) if known.any() else None

    return {
        "samples": len(zone),
        "zone_accuracy": of_zones(right[known].mean() if known.any() else 0.0),
        "macro_f1": of_zones(macro_f1(zone[known], true_zone[known])),
        "transitions": int(((zone[1:] != zone[:-1]) & (tag[1:] == tag[:-1])).sum()),
        "true_transitions": int(((true_zone[1:] != true_zone[:-1]) & same_tag).sum())
        if known.any()
        else None,
        "calibration_error": of_zones(calibration_error(probability[known], right[known])),
        "median_error_m": of_metres(np.median),
        "mean_error_m": of_metres(np.mean),
        "p90_error_m": of_metres(np.percentile, 90),
    }


def macro_f1(answered: NDArray[np.integer], true: NDArray[np.integer]) -> float:
    """Mean over the zones that occur of the harmonic mean of precision and recall."""
    scores = []
    for zone in np.union1d(answered, true):
        both = ((answered == zone) & (true == zone)).sum()
        scores.append(2.0 * both / ((answered == zone).sum() + (true == zone).sum()))
    return float(np.mean(scores)) if scores else 0.0


def calibration_error(probability: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over ten equal bins (Naeini et al. 2015)."""
    bin_ = np.clip((probability * CALIBRATION_BINS).astype(int), 0, CALIBRATION_BINS - 1)
    total = np.bincount(bin_, minlength=CALIBRATION_BINS)
    gap = np.bincount(bin_, probability - right, minlength=CALIBRATION_BINS)
    return float(np.abs(gap).sum() / max(total.sum(), 1))
