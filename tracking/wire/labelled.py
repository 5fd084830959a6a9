"""A labelled recording in its folder of CSV files, and predictions back into one."""

import csv
from pathlib import Path

import numpy as np
import shapely

from tracking.domain.locating.evaluation import Labels, Predictions, Recording, Rows

PREDICTED = (
    "at", "tag", "zone", "probability", "x", "y", "history_zone", "history_x", "history_y",
)  # fmt: skip


class Unreadable(Exception):
    """The folder is no labelled recording; says which file and line."""


def read(folder: Path) -> Recording:
    """The recording in `folder`. Survey and neighbours may be missing; truth may lack labels."""
    gateways = _rows(folder / "gateways.csv", "gateway", "x", "y")
    zones = _rows(folder / "zones.csv", "zone", "polygon")
    names, zone_names = [r["gateway"] for r in gateways], [r["zone"] for r in zones]
    place = {name: i for i, name in enumerate(names)}
    zone_place = {name: i for i, name in enumerate(zone_names)}
    floors = {f: i for i, f in enumerate(sorted({r.get("floor") or "" for r in zones}, key=_level))}
    neighbours = None
    if (folder / "neighbours.csv").exists():
        pairs = _rows(folder / "neighbours.csv", "zone", "neighbour")
        neighbours = [
            (zone_place[r["zone"]], zone_place[r["neighbour"]])
            for r in pairs
            if r["zone"] in zone_place and r["neighbour"] in zone_place
        ]
    shapes = [_shape(folder, row) for row in zones]
    if not any(shape is not None for shape in shapes):
        raise Unreadable("zones.csv: no zone has a polygon, so no place can be told from another.")
    if not gateways:
        raise Unreadable("gateways.csv: there is no gateway.")
    survey = None
    if (folder / "survey_readings.csv").exists() and (folder / "survey_truth.csv").exists():
        survey = (
            _readings(folder / "survey_readings.csv", place),
            _labels(folder / "survey_truth.csv", zone_place),
        )
    return Recording(
        gateways=names,
        gateway_xyz=np.array(
            [[_number(r.get(k)) for k in "xyz"] for r in gateways], dtype=float
        ).reshape(-1, 3),
        gateway_floor=np.array([floors.get(r.get("floor") or "", 0) for r in gateways], dtype=int),
        zones=zone_names,
        shapes=shapes,
        zone_floor=np.array([floors[r.get("floor") or ""] for r in zones], dtype=int),
        neighbours=neighbours,
        readings=_readings(folder / "readings.csv", place),
        truth=_labels(folder / "truth.csv", zone_place),
        survey=survey,
    )


def write(file: Path, recording: Recording, predictions: Predictions) -> None:
    """One CSV row per truth row: the live answer, and the one given seconds later."""
    truth, p = recording.truth, predictions
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(PREDICTED)
        for i in range(len(truth.at)):
            writer.writerow([
                repr(float(truth.at[i])), truth.tag[i],
                recording.zones[p.zone[i]], f"{p.probability[i]:.4f}",
                f"{p.xy[i, 0]:.3f}", f"{p.xy[i, 1]:.3f}",
                recording.zones[p.history_zone[i]],
                f"{p.history_xy[i, 0]:.3f}", f"{p.history_xy[i, 1]:.3f}",
            ])  # fmt: skip


def _rows(file: Path, *needed: str) -> list[dict[str, str]]:
    if not file.exists():
        raise Unreadable(f"{file.name} is missing.")
    with file.open(newline="", encoding="utf-8-sig") as source:
        reader = csv.DictReader(source)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise Unreadable(f"{file.name} has no column {missing[0]}.")
        return list(reader)


def _readings(file: Path, place: dict[str, int]) -> Rows:
    rows = _rows(file, "at", "tag", "gateway", "rssi")
    rows = [r for r in rows if r["gateway"] in place]
    at = np.array([_number(r["at"]) for r in rows], dtype=float)
    rssi = np.array([_number(r["rssi"]) for r in rows], dtype=float)
    sound = np.isfinite(at) & np.isfinite(rssi)
    gateway = np.array([place[r["gateway"]] for r in rows], dtype=int)
    tag = np.array([r["tag"] for r in rows], dtype=str)
    return Rows(at[sound], tag[sound], gateway[sound], rssi[sound])


def _labels(file: Path, zone_place: dict[str, int]) -> Labels:
    rows = _rows(file, "at", "tag")
    at = np.array([_number(r["at"]) for r in rows], dtype=float)
    if not np.isfinite(at).all():
        line = int(np.flatnonzero(~np.isfinite(at))[0]) + 2
        raise Unreadable(f"{file.name} line {line}: 'at' is not a number.")
    return Labels(
        at,
        np.array([r["tag"] for r in rows], dtype=str),
        np.array([zone_place.get(r.get("zone") or "", -1) for r in rows], dtype=int),
        np.array([[_number(r.get("x")), _number(r.get("y"))] for r in rows], dtype=float)
        .reshape(-1, 2),
    )  # fmt: skip


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return float("nan")


def _level(floor: str) -> tuple[float, str]:
    number = _number(floor)
    return (number if np.isfinite(number) else 0.0, floor)


def _shape(folder: Path, row: dict[str, str]):
    text = (row.get("polygon") or "").strip()
    if not text:
        return None
    try:
        return shapely.from_wkt(text)
    except shapely.errors.ShapelyError as error:
        raise Unreadable(f"zones.csv, zone {row['zone']}: the polygon is no WKT.") from error
