"""Between the engine's arrays and rows: places to keys, numbers to words, and back."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracking.actions.positions import Moved, Placed, Written
from tracking.domain import belief, hearing
from tracking.domain.readings import SIGHTING
from tracking.domain.site import NOWHERE, places_of
from tracking.domain.state import State, places, remembered
from tracking.queries.evidence import Said
from tracking.queries.roster import Roster

LEVELS = ("unknown", "floor", "area", "zone")
SOURCES = ("radio", "sighting")
TOLD_AS = {"asset": "position", "patient": "patient_position"}
MOST_GATEWAYS = 4
"""Gateways named as evidence of an answer."""


class Wording:
    """Knows which bearer, zone and gateway each place in the arrays is, for one roster."""

    def __init__(self, state: State, roster: Roster, staff_zone: dict[int, str]) -> None:
        """`staff_zone`: the zone each staff bearer was last counted in; kept across rosters."""
        self.roster, self.staff_zone = roster, staff_zone
        self.bearer_key = state.bearers.key[: state.bearers.count].copy()

    def sightings(self, said: list[Said], state: State) -> NDArray[np.void]:
        """SIGHTING records of these rows; those of strangers to the roster are left out."""
        out = np.zeros(len(said), SIGHTING)
        bearer = places(state.bearers, np.array([row.bearer for row in said], dtype=np.int64))
        zone = places_of(
            self.roster.site.zone_key, np.array([row.zone for row in said], dtype=np.int64)
        )
        out["at"] = [row.at.timestamp() for row in said]
        out["present"] = [row.present for row in said]
        out["weight"] = [row.weight for row in said]
        known = (bearer != NOWHERE) & (zone != NOWHERE)
        out["bearer"], out["zone"] = np.where(known, bearer, 0), np.where(known, zone, 0)
        return out[known]

    def write(self, written: Written, state: State, placed, moved, now: float) -> None:
        """Add POSITION and MOVE records to what is to be written and told."""
        wearing = self._tags_of(state, placed["bearer"][placed["store"]])
        lost = hearing.lost(state, now)
        for row in placed:
            bearer = self.roster.bearers.get(int(self.bearer_key[row["bearer"]]))
            if bearer is None:
                continue
            if row["store"]:
                tags = wearing[int(row["bearer"])]
                evidence = self._evidence(state, int(row["bearer"]), tags, lost, now)
                written.positions.setdefault(bearer.kind, {})[bearer.pk] = self._placed(
                    bearer.pk, row, evidence, now
                )
            self._tell(written, bearer, row)
        for row in moved:
            bearer = self.roster.bearers.get(int(self.bearer_key[row["bearer"]]))
            # Where a colleague is counts now and for help; where they were is kept of nobody.
            if bearer is not None and bearer.kind != "staff":
                written.moves.setdefault(bearer.kind, []).append(
                    Moved(
                        bearer.pk,
                        _aware(row["left_at"], now),
                        self._zone_key(row["entered"]),
                        _aware(row["at"], now),
                        _probability(row["p"]),
                        SOURCES[row["source"]],
                    )
                )

    def _placed(self, pk: int, row, evidence: list[dict[str, Any]], now: float) -> Placed:
        return Placed(
            bearer=pk,
            zone=self._zone_key(row["zone"]),
            floor=_key(self.roster.site.floor_key, row["floor"]),
            level=LEVELS[row["level"]],
            probability=_probability(row["p"]),
            x=_metres(row["x"]),
            y=_metres(row["y"]),
            candidates=[
                [self._zone_key(zone), round(float(p), 3)]
                for zone, p in zip(row["candidates"], row["candidate_p"], strict=True)
                if zone != NOWHERE
            ],
            evidence=evidence,
            source=SOURCES[row["source"]],
            since=_aware(row["since"], now),
            heard_at=None if row["heard"] else _aware(row["heard_at"], now),
        )

    def _tell(self, written: Written, bearer, row) -> None:
        zone = self._zone_key(row["zone"])
        zone_uid = self.roster.zone_uid.get(zone) if zone is not None else None
        if bearer.kind == "staff":
            before = self.staff_zone.get(bearer.pk)
            if before != zone_uid:
                counts = written.told.setdefault("staff_count", {})
                for uid in (before, zone_uid):
                    if uid:
                        counts[uid] = {"zone": uid}
                self.staff_zone[bearer.pk] = zone_uid or ""
            return
        floor = _key(self.roster.site.floor_key, row["floor"])
        written.told.setdefault(TOLD_AS[bearer.kind], {})[bearer.uid] = {
            "bearer": bearer.kind,
            "id": bearer.uid,
            "floor": self.roster.floor_uid.get(floor) if floor is not None else None,
            "zone": zone_uid,
            "x": _metres(row["x"]),
            "y": _metres(row["y"]),
            "p": round(_probability(row["p"]), 3),
            "level": LEVELS[row["level"]],
            "heard": bool(row["heard"]),
        }

    def _tags_of(self, state: State, bearers: NDArray[np.integer]) -> dict[int, list[int]]:
        worn = state.tags.bearer[: state.tags.count]
        found: dict[int, list[int]] = defaultdict(list)
        for tag in np.flatnonzero(np.isin(worn, bearers) & (worn != NOWHERE)).tolist():
            found[int(worn[tag])].append(tag)
        return found

    def _evidence(
        self, state: State, who: int, tags: list[int], lost, now: float
    ) -> list[dict[str, Any]]:
        """What the answer rests on and what speaks against it, for people: radio with the mean
        strength in dBm, sightings, "not there", gateways that fell silent."""
        lines: list[dict[str, Any]] = []
        people = state.bearers
        share = belief.strengths(state, np.array(tags, dtype=np.int64))
        heard: dict[int, tuple[float, float]] = {}
        for tag, parts in zip(tags, share, strict=True):
            for slot in np.flatnonzero(parts >= 0.02):
                place = int(state.tags.gateway[tag, slot])
                known = heard.get(place, (0.0, 0.0))
                heard[place] = max(known, (float(parts[slot]), float(state.tags.rssi[tag, slot])))
        for place, (_, rssi) in sorted(heard.items(), key=lambda item: -item[1][0])[:MOST_GATEWAYS]:
            name = self.roster.gateway_name.get(int(self.roster.site.gateway_key[place]), "")
            line = {"kind": "radio", "gateway": name, "rssi": round(rssi)}
            lines.append(line | ({"silent": True} if lost[place] else {}))
        if people.seen_zone[who] != NOWHERE:
            lines.append(
                {
                    "kind": "sighting",
                    "zone": self._zone_name(people.seen_zone[who]),
                    "at": _aware(people.seen_at[who], 0.0).isoformat(timespec="seconds"),
                }
            )
        for zone, at in zip(people.denied_zone[who], people.denied_at[who], strict=True):
            if zone != NOWHERE and now - at < belief.DENIAL_S:
                when = _aware(at, 0.0).isoformat(timespec="seconds")
                lines.append({"kind": "not_there", "zone": self._zone_name(zone), "at": when})
        return lines

    def _zone_key(self, place: int) -> int | None:
        return _key(self.roster.site.zone_key, place)

    def _zone_name(self, place: int) -> str:
        return self.roster.zone_name.get(self._zone_key(place) or 0, "")


def recall(
    state: State, roster: Roster, rows: list[tuple], stays: dict[int, int], now: float, beat: float
) -> State:
    """The state with the positions and open stays that the last run left; `beat` is when that
    run was last alive, in seconds since 1970."""
    bearer = places(state.bearers, np.array([row[0] for row in rows], dtype=np.int64))
    kept = [(who, row) for who, row in zip(bearer.tolist(), rows, strict=True) if who != NOWHERE]
    if not kept:
        return state
    site = roster.site

    def zone(keys: list[int | None]) -> NDArray[np.int32]:
        return places_of(site.zone_key, np.array([k or NOWHERE for k in keys], dtype=np.int64))

    columns: list[list[Any]] = [
        list(column) for column in zip(*(row for _, row in kept), strict=True)
    ]
    key, shown, floor, level, p, x, y, candidates, source, since, heard_at = columns
    likeliest = [c[0] if c else (None, 0.0) for c in candidates]
    narrow = [word in ("zone", "area") for word in level]
    heard = [at is None for at in heard_at]
    return remembered(
        state,
        np.array([who for who, _ in kept]),
        now,
        zone=zone([s if n else c[0] for s, n, c in zip(shown, narrow, likeliest, strict=True)]),
        prior_p=np.array([q if n else c[1] for q, n, c in zip(p, narrow, likeliest, strict=True)]),
        shown=zone(shown),
        floor=places_of(site.floor_key, np.array([k or NOWHERE for k in floor], dtype=np.int64)),
        stay=zone([stays.get(k) for k in key]),
        level=np.array([LEVELS.index(word) for word in level], dtype=np.int8),
        p=np.array(p),
        x=np.array([np.nan if v is None else v for v in x]),
        y=np.array([np.nan if v is None else v for v in y]),
        since=np.array([at.timestamp() for at in since]),
        heard=np.array(heard),
        heard_at=np.array([beat if at is None else at.timestamp() for at in heard_at]),
        source=np.array([SOURCES.index(word) for word in source], dtype=np.int8),
    )


def _key(keys: NDArray[np.int64], place: int) -> int | None:
    return None if place == NOWHERE else int(keys[place])


def _metres(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def _probability(value: float) -> float:
    return min(max(float(value), 0.0), 1.0) if value == value else 0.0


def _aware(seconds: float, otherwise: float) -> datetime:
    return datetime.fromtimestamp(float(seconds if np.isfinite(seconds) else otherwise), UTC)
