"""A labelled recording through the engine: predictions, and the figures they earn."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from tracking.domain.locating import cells, latency, radio_map, scoring, tracker
from tracking.domain.locating.motion import Motion


@dataclass(frozen=True)
class Rows:
    """Readings: `at` s, `tag` names, `gateway` places, `rssi` dBm; in any order."""

    at: NDArray[np.float64]
    tag: NDArray[np.str_]
    gateway: NDArray[np.integer]
    rssi: NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """Truth: `zone` places (-1 unknown), `xy` metres (NaN unknown)."""

    at: NDArray[np.float64]
    tag: NDArray[np.str_]
    zone: NDArray[np.integer]
    xy: NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """One site and what was recorded there; names in the order of their places."""

    gateways: list[str]
    gateway_xyz: NDArray[np.float64]
    gateway_floor: NDArray[np.integer]
    zones: list[str]
    shapes: list
    zone_floor: NDArray[np.integer]
    neighbours: list[tuple[int, int]] | None
    readings: Rows
    truth: Labels
    survey: tuple[Rows, Labels] | None = None


@dataclass(frozen=True)
class Predictions:
    """One row per truth row: zones as places with probability, xy in metres, live and lagged."""

    zone: NDArray[np.int64]
    probability: NDArray[np.float64]
    xy: NDArray[np.float64]
    history_zone: NDArray[np.int64]
    history_probability: NDArray[np.float64]
    history_xy: NDArray[np.float64]
    lag_s: float = field(default=tracker.LAG_S)


def learned(recording: Recording) -> tracker.Site:
    """The site as the engine knows it: its cells, and the best radio map the recording allows."""
    layout = cells.cut(recording.shapes, recording.zone_floor, recording.neighbours)
    xyz = recording.gateway_xyz
    samples = _samples(recording) if recording.survey else None
    if samples is None or not len(samples[0]):
        home = _zone_of(recording, xyz[:, :2], recording.gateway_floor)
        table = radio_map.from_geometry(layout, xyz, recording.gateway_floor, home)
        return tracker.Site(Motion(layout), table)
    at, xy, zone, rssi = samples
    late = latency.of_survey(at, xy, rssi)
    xy, zone = latency.shifted(at, xy, zone, late)
    table = radio_map.from_survey(layout, xyz, xy, zone, rssi)
    return tracker.Site(Motion(layout), table, late)


def predicted(recording: Recording, site: tracker.Site | None = None) -> Predictions:
    """What the engine answers at each truth row, from readings only."""
    site = site or learned(recording)
    layout, truth = site.motion.cells, recording.truth
    number = len(truth.at)
    zone, history_zone = np.zeros(number, np.int64), np.zeros(number, np.int64)
    sure, history_sure = np.zeros(number), np.zeros(number)
    xy, history_xy = np.full((number, 2), np.nan), np.full((number, 2), np.nan)
    heard = recording.readings
    for tag in dict.fromkeys(truth.tag.tolist()):
        rows = np.flatnonzero(truth.tag == tag)
        rows = rows[np.argsort(truth.at[rows], kind="stable")]
        mine = np.flatnonzero(heard.tag == tag)
        mine = mine[np.argsort(heard.at[mine], kind="stable")]
        live, lagged = np.zeros((len(rows), len(layout))), np.zeros((len(rows), len(layout)))
        for answer in tracker.follow(
            site, heard.at[mine], heard.gateway[mine], heard.rssi[mine], truth.at[rows]
        ):
            if answer.live is not None:
                live[answer.moment] = answer.live
            else:
                lagged[answer.moment] = answer.history
        for p, zones, probability, place in (
            (live, zone, sure, xy),
            (lagged, history_zone, history_sure, history_xy),
        ):
            by_zone = layout.per_zone(p)
            zones[rows] = scoring.decided(by_zone)
            probability[rows] = by_zone[np.arange(len(rows)), zones[rows]]
            place[rows] = p @ layout.xy
    return Predictions(zone, sure, xy, history_zone, history_sure, history_xy)


def evaluated(recording: Recording, predictions: Predictions) -> dict:
    """The figures of `manage.py evaluate`: live, and under `history` the lagged ones."""
    truth, p = recording.truth, predictions
    known = truth.zone, truth.xy
    live = scoring.figures(truth.tag, p.zone, p.probability, p.xy, *known)
    later = scoring.figures(truth.tag, p.history_zone, p.history_probability, p.history_xy, *known)
    return {**live, "history": {"lag_s": p.lag_s, **later}}


def _zone_of(recording, xy, floor) -> NDArray[np.int64]:
    found = np.full(len(xy), -1)
    for z, shape in enumerate(recording.shapes):
        if shape is not None:
            inside = shapely.contains_xy(shape, xy[:, 0], xy[:, 1])
            found[inside & (found < 0) & (floor == recording.zone_floor[z])] = z
    return found


def _samples(recording):
    """The survey by labelled moment: at S, xy S x 2, zone S, mean strength S x G (NaN silent)."""
    readings, labels = recording.survey
    labelled = np.flatnonzero(np.isfinite(labels.xy).all(axis=1))
    order = labelled[np.argsort(labels.at[labelled], kind="stable")]
    at, xy, zone = labels.at[order], labels.xy[order], labels.zone[order]
    if not len(at):
        return None
    after = np.clip(np.searchsorted(at, readings.at), 1, max(len(at) - 1, 1))
    nearest = np.where(
        np.abs(readings.at - at[after - 1]) <= np.abs(at[np.minimum(after, len(at) - 1)]
        - readings.at), after - 1, np.minimum(after, len(at) - 1)
    )  # fmt: skip
    close = np.abs(readings.at - at[nearest]) <= SAMPLE_S
    shape = len(at), len(recording.gateways)
    total, times = np.zeros(shape), np.zeros(shape)
    cell = nearest[close], readings.gateway[close]
    np.add.at(total, cell, readings.rssi[close])
    np.add.at(times, cell, 1.0)
    rssi = np.divide(total, times, out=np.full(shape, np.nan), where=times > 0)
    useful = (times > 0).any(axis=1)
    return at[useful], xy[useful], zone[useful], rssi[useful]


SAMPLE_S = 2.0
"""A survey reading belongs to the nearest labelled moment, if that is no further away."""
