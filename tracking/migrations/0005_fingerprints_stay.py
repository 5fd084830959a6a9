"""A label stays as it was made: only its withdrawal may be noted, and whether it is held out of
teaching cannot be chosen afterwards."""

from django.db import migrations

KEEP = """
CREATE FUNCTION tracking_fingerprint_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(new) - 'withdrawn_at' IS DISTINCT FROM to_jsonb(old) - 'withdrawn_at'
        OR (old.withdrawn_at IS NOT NULL AND new.withdrawn_at IS DISTINCT FROM old.withdrawn_at)
    THEN
        RAISE EXCEPTION 'a fingerprint can be withdrawn once and is not changed otherwise'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new;
END $$;
CREATE TRIGGER tracking_fingerprint_keep BEFORE UPDATE ON tracking_fingerprint
    FOR EACH ROW EXECUTE FUNCTION tracking_fingerprint_keep();
"""
LET_GO = """
DROP TRIGGER tracking_fingerprint_keep ON tracking_fingerprint;
DROP FUNCTION tracking_fingerprint_keep();
"""


class Migration(migrations.Migration):
    dependencies = [("tracking", "0004_fingerprints_and_maps")]
    operations = [migrations.RunSQL(KEEP, LET_GO)]
