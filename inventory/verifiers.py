"""What the first floor verifies: the whole stock ledger, recounted from its lines."""

from datetime import datetime

from hims.verifying import Found, append_only, counted, first, verifier

append_only("inventory_movement", "inventory_movementline")

SINCE = "(%(since)s::timestamptz IS NULL OR m.at >= %(since)s)"


@verifier("movements")
def movements(since: datetime | None) -> Found:
    """The lines of each movement sum to zero for each lot; what reverses another mirrors it."""
    asked = {"since": since}
    count = counted(f"SELECT count(*) FROM inventory_movement m WHERE {SINCE}", asked)
    bad = first(
        "SELECT m.id, l.lot_id, coalesce(sum(l.quantity), 0) FROM inventory_movement m "
        f"LEFT JOIN inventory_movementline l ON l.movement_id = m.id WHERE {SINCE} "
        "GROUP BY m.id, l.lot_id HAVING coalesce(sum(l.quantity), 1) <> 0 ORDER BY 1 LIMIT 1",
        asked,
    )
    if bad:
        return count, (
            f"movement {bad[0]}: it has no lines"
            if bad[1] is None
            else f"movement {bad[0]}: its lines of lot {bad[1]} are off by {bad[2]}"
        )
    unlike = first(
        "SELECT m.id FROM inventory_movement m WHERE m.reverses_id IS NOT NULL AND "
        f"{SINCE} AND EXISTS (SELECT lot_id, place_id, sum(quantity) FROM inventory_movementline "
        "WHERE movement_id IN (m.id, m.reverses_id) GROUP BY 1, 2 HAVING sum(quantity) <> 0) "
        "ORDER BY 1 LIMIT 1",
        asked,
    )
    return count, f"movement {unlike[0]}: it does not mirror what it reverses" if unlike else None


@verifier("movement lines")
def movement_lines(since: datetime | None) -> Found:
    """Each lot's lines at each real place are numbered without a gap from 1, and each balance is
    the one before and the line's quantity."""
    count = counted("SELECT count(*) FROM inventory_movementline")
    bad = first(
        "SELECT id, seq, place, number, before, quantity, balance_after FROM ("
        "SELECT l.id, l.seq, l.place_id AS place, l.quantity, l.balance_after, "
        "row_number() OVER chain AS number, "
        "sum(l.quantity) OVER (chain ROWS UNBOUNDED PRECEDING) - l.quantity AS before "
        "FROM inventory_movementline l WHERE NOT l.virtual "
        "WINDOW chain AS (PARTITION BY l.lot_id, l.place_id ORDER BY l.seq)) chained "
        "WHERE seq <> number OR balance_after <> before + quantity OR balance_after < 0 "
        "ORDER BY id LIMIT 1"
    )
    if bad is None:
        return count, None
    line, seq, _, number, before, quantity, balance = bad
    if seq != number:
        return count, f"line {line}: number {seq} of its chain where {number} is due"
    return count, f"line {line}: {before} and {quantity} do not make {balance}"


@verifier("stock levels")
def stock_levels(since: datetime | None) -> Found:
    """Each level is the sum of its lines, and has counted them; no lines lack their level."""
    count = counted("SELECT count(*) FROM inventory_stocklevel")
    bad = first(
        "SELECT level.id, level.quantity, level.version, said.lot_id, said.place_id, "
        "coalesce(said.quantity, 0), coalesce(said.lines, 0) FROM inventory_stocklevel level "
        "FULL JOIN (SELECT lot_id, place_id, sum(quantity) AS quantity, count(*) AS lines "
        "FROM inventory_movementline WHERE NOT virtual GROUP BY 1, 2) said "
        "ON said.lot_id = level.lot_id AND said.place_id = level.place_id "
        "WHERE level.id IS NULL OR level.quantity <> coalesce(said.quantity, 0) "
        "OR level.version <> coalesce(said.lines, 0) OR level.quantity < 0 ORDER BY 1 LIMIT 1"
    )
    if bad is None:
        return count, None
    level, quantity, version, lot, place, summed, lines = bad
    if level is None:
        return count, f"lot {lot} at place {place}: there are lines, but no level"
    if quantity != summed:
        return count, f"stock level {level}: it says {quantity}, its lines sum to {summed}"
    return count, f"stock level {level}: it says {version} lines, there are {lines}"


@verifier("ledger proofs")
def ledger_proofs(since: datetime | None) -> Found:
    """The triggers that prove the ledger at each commit are there and enabled."""
    wanted = (
        ("inventory_movement", "inventory_movement_proof"),
        ("inventory_movementline", "inventory_line_proof"),
        ("inventory_stocklevel", "inventory_level_proof"),
        ("inventory_stocklevel", "inventory_level_stays"),
        ("inventory_stocklevel", "inventory_level_stays_all"),
    )
    for table, trigger in wanted:
        there = first(
            "SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass(%(table)s) "
            "AND tgname = %(trigger)s AND tgenabled IN ('O', 'A')",
            {"table": table, "trigger": trigger},
        )
        if there is None:
            return 0, f"table {table}: its trigger {trigger} is missing or off"
    return len(wanted), None
