"""The ledger proves itself when a transaction commits, and only ever grows.

Checked by deferred triggers, each in constant time: a movement has lines, and they sum to zero
per lot; a line belongs to a movement of its own transaction, and continues the chain of its lot
at its place; a level is what its newest line says, and is never deleted.
"""

from importlib import import_module

from django.db import migrations

ground = import_module("hims.migrations.0002_append_only")
TABLES = [
    "inventory_movement",
    "inventory_movementline",
    "inventory_historicallot",
    "inventory_historicalpack",
    "inventory_historicalpar",
    "inventory_historicalproduct",
    "inventory_historicalpurchaseorder",
    "inventory_historicalrecall",
    "inventory_historicalstockplace",
    "inventory_historicalsupplier",
    "inventory_historicaltopup",
]

SHAPE = """
ALTER TABLE inventory_movement ADD COLUMN made_in xid8 NOT NULL DEFAULT pg_current_xact_id();
ALTER TABLE inventory_movementline ADD CONSTRAINT line_place_virtual
    FOREIGN KEY (place_id, virtual) REFERENCES inventory_stockplace (id, virtual);
ALTER TABLE inventory_stocklevel ADD CONSTRAINT level_place_virtual
    FOREIGN KEY (place_id, virtual) REFERENCES inventory_stockplace (id, virtual);
"""
SHAPE_BACK = """
ALTER TABLE inventory_stocklevel DROP CONSTRAINT level_place_virtual;
ALTER TABLE inventory_movementline DROP CONSTRAINT line_place_virtual;
ALTER TABLE inventory_movement DROP COLUMN made_in;
"""

PROOFS = """
CREATE FUNCTION inventory_prove_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE off_lot bigint; off_by numeric;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inventory_movementline WHERE movement_id = NEW.id) THEN
        RAISE EXCEPTION 'movement % has no lines', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT lot_id, sum(quantity) INTO off_lot, off_by FROM inventory_movementline
        WHERE movement_id = NEW.id GROUP BY lot_id HAVING sum(quantity) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'movement %: lot % is off by %', NEW.id, off_lot, off_by
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_movement_proof AFTER INSERT ON inventory_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_prove_movement();

CREATE FUNCTION inventory_prove_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE before bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM inventory_movement
                   WHERE id = NEW.movement_id AND made_in = pg_current_xact_id()) THEN
        RAISE EXCEPTION 'line %: its movement was made in another transaction', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.seq IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT balance_after INTO before FROM inventory_movementline
        WHERE lot_id = NEW.lot_id AND place_id = NEW.place_id AND seq = NEW.seq - 1;
    IF NEW.seq > 1 AND before IS NULL THEN
        RAISE EXCEPTION 'line %: there is no line % before it', NEW.id, NEW.seq - 1
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF coalesce(before, 0) + NEW.quantity <> NEW.balance_after THEN
        RAISE EXCEPTION 'line %: % and % do not make %', NEW.id, coalesce(before, 0), NEW.quantity,
            NEW.balance_after USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM inventory_stocklevel
                   WHERE lot_id = NEW.lot_id AND place_id = NEW.place_id AND version >= NEW.seq) THEN
        RAISE EXCEPTION 'line %: the level is behind it', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_line_proof AFTER INSERT ON inventory_movementline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_prove_line();

CREATE FUNCTION inventory_prove_level() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE level inventory_stocklevel; newest bigint;
BEGIN
    SELECT * INTO level FROM inventory_stocklevel WHERE id = NEW.id;
    IF EXISTS (SELECT 1 FROM inventory_movementline WHERE lot_id = level.lot_id
               AND place_id = level.place_id AND seq = level.version + 1) THEN
        RAISE EXCEPTION 'level %: a line is ahead of it', level.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    SELECT balance_after INTO newest FROM inventory_movementline WHERE lot_id = level.lot_id
        AND place_id = level.place_id AND seq = level.version;
    IF (level.version > 0 AND newest IS NULL) OR coalesce(newest, 0) <> level.quantity THEN
        RAISE EXCEPTION 'level %: % is not what its newest line says', level.id, level.quantity
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER inventory_level_proof AFTER INSERT OR UPDATE ON inventory_stocklevel
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION inventory_prove_level();

CREATE FUNCTION inventory_level_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.id, NEW.lot_id, NEW.place_id) = (OLD.id, OLD.lot_id, OLD.place_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a stock level stays where it is: % refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER inventory_level_stays BEFORE UPDATE OR DELETE ON inventory_stocklevel
    FOR EACH ROW EXECUTE FUNCTION inventory_level_stays();
CREATE TRIGGER inventory_level_stays_all BEFORE TRUNCATE ON inventory_stocklevel
    FOR EACH STATEMENT EXECUTE FUNCTION inventory_level_stays();
"""
PROOFS_BACK = """
DROP TRIGGER inventory_level_stays_all ON inventory_stocklevel;
DROP TRIGGER inventory_level_stays ON inventory_stocklevel;
DROP FUNCTION inventory_level_stays();
DROP TRIGGER inventory_level_proof ON inventory_stocklevel;
DROP FUNCTION inventory_prove_level();
DROP TRIGGER inventory_line_proof ON inventory_movementline;
DROP FUNCTION inventory_prove_line();
DROP TRIGGER inventory_movement_proof ON inventory_movement;
DROP FUNCTION inventory_prove_movement();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_stock"), ("hims", "0002_append_only")]
    operations = [
        migrations.RunSQL(SHAPE, SHAPE_BACK),
        migrations.RunSQL(PROOFS, PROOFS_BACK),
        *(migrations.RunSQL(ground.guard(table), ground.unguard(table)) for table in TABLES),
    ]
