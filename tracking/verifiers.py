"""What tracking verifies: one bearer to a tag, one place at a time, positions that exist."""

from datetime import datetime

from hims.verifying import Found, append_only, counted, first, verifier

append_only("tracking_scan", "tracking_sighting")

BEARER = "num_nonnulls({0}.asset_id, {0}.patient_id, {0}.staff_id)"
NAMED = (
    "concat_ws(', ', 'asset ' || {0}.asset_id, 'patient ' || {0}.patient_id, "
    "'staff member ' || {0}.staff_id)"
)


@verifier("tag assignments")
def tag_assignments(since: datetime | None) -> Found:
    """A tag has one bearer at a time, and an assignment names exactly one."""
    asked = {"since": since}
    where = (
        "(%(since)s::timestamptz IS NULL OR upper(a.period) IS NULL "
        "OR upper(a.period) >= %(since)s)"
    )
    bad = first(
        "SELECT t.address, a.id, b.id FROM tracking_tagassignment a "
        "JOIN tracking_tagassignment b ON b.tag_id = a.tag_id AND b.id > a.id "
        f"AND b.period && a.period JOIN tracking_tag t ON t.id = a.tag_id WHERE {where} "
        "ORDER BY a.id, b.id LIMIT 1",
        asked,
    )
    if bad:
        return 0, f"tag {bad[0]}: its assignments {bad[1]} and {bad[2]} overlap"
    bad = first(
        f"SELECT a.id, {BEARER.format('a')} FROM tracking_tagassignment a WHERE {where} "
        f"AND ({BEARER.format('a')} <> 1 OR isempty(a.period)) ORDER BY a.id LIMIT 1",
        asked,
    )
    if bad:
        what = "it lasts no time" if bad[1] == 1 else f"it names {bad[1]} bearers"
        return 0, f"tag assignment {bad[0]}: {what}"
    return counted(f"SELECT count(*) FROM tracking_tagassignment a WHERE {where}", asked), None


ALL_STAYS = """
WITH stays AS (
    SELECT id, false AS open, asset_id, patient_id, staff_id, zone_id, floor_id,
           started_at, ended_at
    FROM tracking_stay WHERE %(since)s::timestamptz IS NULL OR ended_at >= %(since)s
    UNION ALL
    SELECT id, true, asset_id, patient_id, staff_id, zone_id, floor_id, started_at, NULL
    FROM tracking_openstay
)
"""


@verifier("stays")
def stays(since: datetime | None) -> Found:
    """A bearer is in one place at a time; a stay ends after it began, in a zone that exists."""
    asked = {"since": since}
    bad = first(
        ALL_STAYS + f"SELECT s.id, s.open, {NAMED.format('s')}, {BEARER.format('s')}, "
        "s.ended_at < s.started_at, z.id IS NULL, f.id IS NULL FROM stays s "
        "LEFT JOIN hims_zone z ON z.id = s.zone_id LEFT JOIN hims_floor f ON f.id = s.floor_id "
        f"WHERE {BEARER.format('s')} <> 1 OR s.ended_at < s.started_at OR z.id IS NULL "
        "OR f.id IS NULL ORDER BY s.open, s.id LIMIT 1",
        asked,
    )
    if bad:
        number, is_open, bearer, bearers, backwards, no_zone, _no_floor = bad
        what = (
            f"it names {bearers} bearers"
            if bearers != 1
            else "it ends before it begins"
            if backwards
            else f"its {'zone' if no_zone else 'floor'} does not exist"
        )
        kind = "open stay" if is_open else "stay"
        return 0, f"{kind} {number} ({bearer}): {what}"
    bad = first(
        ALL_STAYS + ", ordered AS (SELECT *, max(coalesce(ended_at, 'infinity')) OVER ("
        "PARTITION BY asset_id, patient_id, staff_id ORDER BY started_at, id "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until FROM stays) "
        f"SELECT o.id, {NAMED.format('o')}, o.started_at::text, "
        "CASE o.until WHEN 'infinity' THEN 'now' ELSE o.until::text END FROM ordered o "
        "WHERE o.started_at < o.until AND coalesce(o.ended_at, 'infinity') > o.started_at "
        "ORDER BY o.started_at, o.id LIMIT 1",
        asked,
    )
    if bad:
        return 0, (
            f"stay {bad[0]} ({bad[1]}): it begins {bad[2]} while an earlier stay "
            f"lasts until {bad[3]}"
        )
    return counted(ALL_STAYS + "SELECT count(*) FROM stays", asked), None


@verifier("positions")
def positions(since: datetime | None) -> Found:
    """A position lies on the floor of its zone, is between impossible and sure, and names zones."""
    bad = first(
        f"SELECT p.id, {NAMED.format('p')}, p.floor_id <> z.floor_id, "
        "(SELECT c ->> 0 FROM jsonb_array_elements(p.candidates) c WHERE NOT EXISTS "
        "(SELECT 1 FROM hims_zone k WHERE k.id = (c ->> 0)::bigint) LIMIT 1) AS lost "
        "FROM tracking_position p LEFT JOIN hims_zone z ON z.id = p.zone_id "
        "WHERE p.floor_id <> z.floor_id OR EXISTS (SELECT 1 FROM jsonb_array_elements"
        "(p.candidates) c WHERE NOT EXISTS (SELECT 1 FROM hims_zone k "
        "WHERE k.id = (c ->> 0)::bigint)) ORDER BY p.id LIMIT 1"
    )
    if bad:
        what = (
            "its zone lies on another floor"
            if bad[2]
            else f"its candidate zone {bad[3]} does not exist"
        )
        return 0, f"position {bad[0]} ({bad[1]}): {what}"
    return counted("SELECT count(*) FROM tracking_position"), None
