"""What is verified of bed spaces: what is said of each agrees with who was put there, with what
happened to it last, and with its cleaning."""

from datetime import datetime

from hims.verifying import Found, counted, first, verifier

OPEN = "('requested', 'accepted', 'in-progress')"

# what is wrong -> the first space with that fault, by code
FAULTS = {
    "it is in use and nobody is put there": """
        SELECT s.code FROM hims_bedspace s WHERE s.state = 'occupied' AND NOT EXISTS (
            SELECT 1 FROM hims_bedassignment a WHERE a.bed_space_id = s.id
            AND a.encounter_id = s.encounter_id AND a.status = 'active')""",
    "somebody is put there and it is not in use": """
        SELECT s.code FROM hims_bedspace s JOIN hims_bedassignment a
            ON a.bed_space_id = s.id AND a.status = 'active'
        WHERE s.state NOT IN ('occupied', 'unknown') OR s.encounter_id <> a.encounter_id""",
    "it is held and no reservation says so": """
        SELECT s.code FROM hims_bedspace s WHERE s.state = 'reserved' AND NOT EXISTS (
            SELECT 1 FROM hims_bedassignment a WHERE a.bed_space_id = s.id
            AND a.encounter_id = s.encounter_id AND a.status = 'reserved'
            AND upper(a.period) = s.reserved_until)""",
    "a reservation holds it and it is not held": """
        SELECT s.code FROM hims_bedspace s JOIN hims_bedassignment a
            ON a.bed_space_id = s.id AND a.status = 'reserved' WHERE s.state <> 'reserved'""",
    "its lease has no timer": """
        SELECT s.code FROM hims_bedspace s WHERE s.state = 'reserved' AND NOT EXISTS (
            SELECT 1 FROM hims_timer t WHERE t.kind = 'bed_space.lease' AND t.done_at IS NULL
            AND t.subject = s.uid::text)""",
    "two patients are in it at the same time": """
        SELECT s.code FROM hims_bedspace s JOIN hims_bedassignment a ON a.bed_space_id = s.id
        JOIN hims_bedassignment b ON b.bed_space_id = s.id AND b.id > a.id
            AND a.period && b.period
        WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'""",
    "its patient is in another one at the same time": """
        SELECT s.code FROM hims_bedassignment a JOIN hims_bedassignment b
            ON b.patient_id = a.patient_id AND b.id > a.id AND a.period && b.period
        JOIN hims_bedspace s ON s.id = a.bed_space_id
        WHERE a.status IN ('active', 'completed') AND b.status IN ('active', 'completed')""",
    "it waits to be cleaned and no cleaning is open": f"""
        SELECT s.code FROM hims_bedspace s WHERE s.state = 'dirty' AND NOT EXISTS (
            SELECT 1 FROM hims_cleaningtask t WHERE t.bed_space_id = s.id
            AND t.status IN {OPEN})""",
    "a cleaning is open and there is nothing to clean": f"""
        SELECT s.code FROM hims_bedspace s JOIN hims_cleaningtask t
            ON t.bed_space_id = s.id AND t.status IN {OPEN}
        WHERE s.state NOT IN ('vacated', 'dirty', 'cleaning', 'unknown')
            OR (t.status = 'in-progress') <> (s.state = 'cleaning')""",
    "an isolation clean is owed and another one is under way": """
        SELECT s.code FROM hims_bedspace s JOIN hims_cleaningtask t
            ON t.bed_space_id = s.id AND t.status = 'in-progress'
        WHERE s.cleaning = 'isolation' AND t.kind <> 'isolation'""",
    "its newest event left it otherwise": """
        SELECT s.code FROM hims_bedspace s JOIN LATERAL (
            SELECT e.to_state FROM hims_bedspaceevent e WHERE e.bed_space_id = s.id
            ORDER BY e.id DESC LIMIT 1) newest ON true
        WHERE newest.to_state <> s.state""",
    "a machine called it ready": """
        SELECT s.code FROM hims_bedspaceevent e JOIN hims_bedspace s ON s.id = e.bed_space_id
        JOIN hims_actor a ON a.id = e.actor_id
        WHERE e.to_state = 'ready' AND e.from_state NOT IN ('ready', 'reserved')
            AND a.kind <> 'person' AND e.event <> 'undo'""",
}


@verifier("bed spaces")
def bed_spaces(since: datetime | None) -> Found:
    """State, assignments, events and cleaning of every bed space tell the same story."""
    for fault, query in FAULTS.items():
        if bad := first(f"{query} ORDER BY 1 LIMIT 1"):
            return 0, f"bed space {bad[0]}: {fault}"
    return counted("SELECT count(*) FROM hims_bedspace"), None
