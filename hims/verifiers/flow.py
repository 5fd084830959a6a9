"""What is verified of visits and bookings: what was said stands once, and nothing overlaps."""

from datetime import datetime

from hims.verifying import Found, counted, first, verifier


@verifier("visits")
def visits(since: datetime | None) -> Found:
    """Each visit that began has an arrival that stands, and each that is over says when."""
    asked = {"since": since}
    of = "FROM hims_encounter e WHERE (%(since)s::timestamptz IS NULL OR e.started_at >= %(since)s)"
    stands = "SELECT FROM hims_milestone m WHERE m.encounter_id = e.id AND m.stands AND m.kind = "
    bad = first(
        "SELECT v.uid, v.fault FROM (SELECT e.id, e.uid, CASE "
        f"  WHEN NOT EXISTS ({stands}'arrival') THEN 'nothing says that it began' "
        f"  WHEN e.status = 'finished' AND NOT EXISTS ({stands}'left') "
        "    THEN 'it is over and nothing says so' "
        "  WHEN e.status <> 'finished' AND e.ended_at IS NOT NULL "
        "    THEN 'it is open and has an end' END AS fault "
        f"{of} AND e.status NOT IN ('planned', 'cancelled')) v "
        "WHERE v.fault IS NOT NULL ORDER BY v.id LIMIT 1",
        asked,
    )
    if bad:
        return 0, f"visit {bad[0]}: {bad[1]}"
    return counted(f"SELECT count(*) {of}", asked), None


@verifier("milestones")
def milestones(since: datetime | None) -> Found:
    """Of what was said of a visit and neither withdrawn nor corrected, one of each kind stands."""
    asked = {"since": since}
    of = (
        "FROM hims_milestone m WHERE (%(since)s::timestamptz IS NULL OR m.recorded_at >= %(since)s)"
    )
    bad = first(
        "SELECT e.uid, n.kind, n.standing FROM ("
        "  SELECT m.encounter_id, m.kind, count(*) FILTER (WHERE m.stands) AS standing, "
        "         bool_or(m.withdrawn_at IS NULL AND c.id IS NULL) AS said "
        "  FROM hims_milestone m LEFT JOIN hims_milestone c ON c.corrects_id = m.id "
        f"  WHERE m.encounter_id IN (SELECT m.encounter_id {of}) "
        "  GROUP BY m.encounter_id, m.kind) n "
        "JOIN hims_encounter e ON e.id = n.encounter_id "
        "WHERE n.standing <> n.said::int ORDER BY e.id LIMIT 1",
        asked,
    )
    if bad:
        return 0, f"visit {bad[0]}: {bad[2]} milestones {bad[1]} stand"
    return counted(f"SELECT count(*) {of}", asked), None


@verifier("appointments")
def appointments(since: datetime | None) -> Found:
    """Recomputed from the rows: nobody and no room has two appointments at a time, and no bed is
    reserved for another patient in a room while it is booked."""
    asked = {"since": since}
    held = (
        "FROM hims_appointment a WHERE a.status IN ('booked', 'arrived', 'fulfilled') "
        "AND (%(since)s::timestamptz IS NULL OR upper(a.period) > %(since)s)"
    )
    for party in ("practitioner_id", "zone_id", "patient_id"):
        twice = first(
            f"SELECT uid, {party} FROM (SELECT a.uid, a.{party}, lower(a.period) AS begins, "
            f"max(upper(a.period)) OVER (PARTITION BY a.{party} ORDER BY lower(a.period), a.id "
            f"ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until {held} "
            f"AND a.{party} IS NOT NULL) AS each WHERE taken_until > begins ORDER BY uid LIMIT 1",
            asked,
        )
        if twice:
            who = party.removesuffix("_id")
            return 0, f"appointment {twice[0]}: its {who} {twice[1]} has another at that time"
    both = first(
        "SELECT a.uid, s.code FROM hims_bedassignment b JOIN hims_bedspace s "
        "ON s.id = b.bed_space_id JOIN hims_appointment a ON a.zone_id = s.zone_id "
        "AND a.period && b.period AND a.patient_id <> b.patient_id "
        "WHERE b.status = 'reserved' AND a.status IN ('booked', 'arrived', 'fulfilled') "
        "ORDER BY a.uid LIMIT 1"
    )
    if both:
        return 0, f"appointment {both[0]}: bed space {both[1]} in its room is reserved at that time"
    return counted(f"SELECT count(*) {held}", asked), None
