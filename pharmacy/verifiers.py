"""What the third floor verifies: that dispenses and the ledger tell the same story."""

from datetime import datetime

from hims.verifying import Found, append_only, counted, first, verifier

append_only("pharmacy_rulefiring")


@verifier("dispenses")
def dispenses(since: datetime | None) -> Found:
    """What a dispense says it gave is what its movement took, lot by lot and place by place."""
    asked = {"since": since}
    where = "(%(since)s::timestamptz IS NULL OR d.dispensed_at >= %(since)s)"
    count = counted(
        f"SELECT count(*) FROM pharmacy_dispense d WHERE d.movement_id IS NOT NULL AND {where}",
        asked,
    )
    bad = first(
        "SELECT id FROM (SELECT d.id, l.lot_id, l.place_id, l.quantity FROM pharmacy_dispense d "
        "JOIN pharmacy_dispenseline l ON l.dispense_id = d.id WHERE d.movement_id IS NOT NULL "
        f"AND {where} UNION ALL SELECT d.id, m.lot_id, m.place_id, m.quantity "
        "FROM pharmacy_dispense d JOIN inventory_movementline m ON m.movement_id = d.movement_id "
        f"WHERE NOT m.virtual AND {where}) told GROUP BY id, lot_id, place_id "
        "HAVING sum(quantity) <> 0 ORDER BY id LIMIT 1",
        asked,
    )
    return count, f"dispense {bad[0]}: its lines are not what its movement took" if bad else None
