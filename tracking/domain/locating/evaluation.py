"""A labelled recording through the engine: predictions, and the figures they earn."""

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tracking.domain import engine
from tracking.domain.locating import latency, references, scoring, tracker
from tracking.domain.locating.fingerprints import Fingerprints
from tracking.domain.locating.grid import Window
from tracking.domain.locating.parameters import Parameters
from tracking.domain.readings import READING
from tracking.domain.site import FloorIn, GatewayIn, Site, ZoneIn, build
from tracking.domain.state import empty, enrolled


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


def learned(
    recording: Recording, window: Window | None = None, parameters: Parameters | None = None
) -> Site:
    """The site as the engine knows it, with the best radio map the recording allows. Keys are
    places plus one."""
    floors = range(int(recording.zone_floor.max()) + 1)
    fingerprints, late = _fingerprints(recording)
    return build(
        [FloorIn(f + 1, 1, f) for f in floors],
        [
            ZoneIn(z + 1, int(floor) + 1, "room", None, "" if shape is None else shape.wkt)
            for z, (shape, floor) in enumerate(
                zip(recording.shapes, recording.zone_floor, strict=True)
            )
        ],
        [
            GatewayIn(g + 1, int(floor) + 1, None, *(None if np.isnan(v) else v for v in xyz))
            for g, (floor, xyz) in enumerate(
                zip(recording.gateway_floor, recording.gateway_xyz.tolist(), strict=True)
            )
        ],
        [(a + 1, b + 1) for a, b in recording.neighbours or ()],
        fingerprints,
        window=window,
        lateness=late,
        parameters=parameters,
    )


def predicted(recording: Recording, site: Site | None = None) -> Predictions:
    """What the engine answers at each truth row, from readings only: one step at each, and one a
    second in between."""
    site = site or learned(recording)
    truth, zones = recording.truth, len(recording.zones)
    number = len(truth.at)
    zone, history_zone = np.zeros(number, np.int64), np.zeros(number, np.int64)
    sure, history_sure = np.zeros(number), np.zeros(number)
    xy, history_xy = np.full((number, 2), np.nan), np.full((number, 2), np.nan)
    for tag in dict.fromkeys(truth.tag.tolist()):
        rows = np.flatnonzero(truth.tag == tag)
        rows = rows[np.argsort(truth.at[rows], kind="stable")]
        live, lagged = np.zeros((len(rows), zones)), np.zeros((len(rows), zones))
        for moment, late, p, place in _followed(recording, site, tag, truth.at[rows]):
            (lagged if late else live)[moment] = p
            (history_xy if late else xy)[rows[moment]] = place
        for by_zone, answered, probability in (
            (live, zone, sure),
            (lagged, history_zone, history_sure),
        ):
            answered[rows] = scoring.decided(by_zone)
            probability[rows] = by_zone[np.arange(len(rows)), answered[rows]]
    return Predictions(zone, sure, xy, history_zone, history_sure, history_xy)


def _followed(recording: Recording, site: Site, tag: str, moments: NDArray[np.float64]):
    """The engine's answers for one tag: which moment, whether it is the lagged answer, the
    probability of each zone, metres."""
    heard = recording.readings
    mine = np.flatnonzero(heard.tag == tag)
    mine = mine[np.argsort(heard.at[mine], kind="stable")]
    readings = np.zeros(len(mine), READING)
    readings["gateway"], readings["rssi"] = heard.gateway[mine], heard.rssi[mine]
    readings["at"] = heard.at[mine]
    only = np.array([0])
    state = enrolled(empty(site), only + 1, only + 1, only + 1)
    ticks, asked = _ticks(moments, readings["at"])
    used = np.searchsorted(readings["at"], ticks, side="right")
    waiting: list[int] = []
    first = 0
    for tick, last, places in zip(ticks.tolist(), used.tolist(), asked, strict=True):
        while waiting and tick > moments[waiting[0]] + tracker.LAG_S:
            yield _later(state, site, waiting.pop(0), moments)
        evidence = engine.Evidence(readings[first:last])
        state, _, _ = engine.step(state, evidence, site, tick)
        for moment in places:
            p = engine.beliefs(state, site, only, tick)[0, : site.zones]
            yield moment, False, p, (state.tracks.x[0], state.tracks.y[0])
            waiting.append(moment)
        first = last
    for moment in waiting:
        yield _later(state, site, moment, moments)


def _later(state, site, moment, moments):
    p, xy = engine.zones_then(state, site, np.array([0]), float(moments[moment]))
    return moment, True, p[0], xy[0]


def _ticks(moments, at):
    """Times of the steps, and for each the moments (places) answered at it."""
    if not len(moments):
        return np.empty(0), []
    first = [at[:1]] if len(at) and at[0] < moments[0] else []
    known = np.unique(np.concatenate([*first, moments]))
    edges = np.append(known, known[-1] + tracker.LAG_S)
    pieces = [
        np.linspace(a, b, int(np.ceil((b - a) / STEP_S - 1e-9)), endpoint=False)
        for a, b in itertools.pairwise(edges)
    ]
    ticks = np.unique(np.concatenate([*pieces, edges]))
    asked: list[list[int]] = [[] for _ in ticks]
    for moment, tick in enumerate(np.searchsorted(ticks, moments)):
        asked[tick].append(moment)
    return ticks, asked


STEP_S = 1.0
"""The longest step."""


def evaluated(recording: Recording, predictions: Predictions) -> dict:
    """The figures of `manage.py evaluate`: live, under `history` the lagged ones, and under
    `references` those of plain methods on the same readings."""
    truth, p = recording.truth, predictions
    known = truth.zone, truth.xy
    live = scoring.figures(truth.tag, p.zone, p.probability, p.xy, *known)
    later = scoring.figures(truth.tag, p.history_zone, p.history_probability, p.history_xy, *known)
    plain = {
        name: scoring.figures(truth.tag, zone, probability, xy, *known)
        for name, (zone, probability, xy) in references.answered(
            recording, samples_of(recording)
        ).items()
    }
    return {**live, "history": {"lag_s": p.lag_s, **later}, "references": plain}


def _fingerprints(recording: Recording) -> tuple[Fingerprints | None, float]:
    """The survey as labels, each where its readings tell of, and their lateness in seconds."""
    samples = samples_of(recording)
    if samples is None or not len(samples[0]):
        return None, 0.0
    at, xy, zone, rssi = samples
    late = latency.of_survey(at, xy, rssi)
    xy, zone = latency.shifted(at, xy, zone, late)
    known = zone >= 0
    at, xy, zone, rssi = at[known], xy[known], zone[known], rssi[known]
    label, gateway = np.nonzero(~np.isnan(rssi))
    start = np.searchsorted(label, np.arange(len(at) + 1))
    heard = rssi[label, gateway].astype(np.float32)
    return Fingerprints(np.arange(len(at)), zone + 1, xy, at, start, gateway + 1, heard), late


def samples_of(recording: Recording):
    """The survey by labelled moment: at S, xy S x 2, zone S, mean strength S x G (NaN silent);
    None if there is no survey, or nobody labelled it."""
    if recording.survey is None:
        return None
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
