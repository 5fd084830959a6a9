"""Seals, signatures and signed papers are only added; a report that is done never changes, and one
that is signed stays."""

from importlib import import_module

from django.db import migrations

guards = import_module("hims.migrations.0002_append_only")

TABLES = [
    "hims_auditseal",
    "hims_auditleaf",
    "hims_reportsignature",
    "hims_reportdocument",
    "hims_historicalreportrule",
    "hims_historicalreportschedule",
    "hims_historicalbreach",
]

KEEP = """
CREATE FUNCTION hims_report_is_signed(edition bigint) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT 1 FROM hims_reportsignature s WHERE s.edition_id = edition) $$;

CREATE FUNCTION hims_edition_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'DELETE' THEN
        IF hims_report_is_signed(OLD.id) THEN
            RAISE EXCEPTION 'report % is signed and stays', OLD.check_code
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = 'done' THEN
        RAISE EXCEPTION 'report % is done and does not change', OLD.check_code
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hims_edition_keep BEFORE UPDATE OR DELETE ON hims_reportedition
    FOR EACH ROW EXECUTE FUNCTION hims_edition_keeps();
CREATE TRIGGER hims_edition_keep_all BEFORE TRUNCATE ON hims_reportedition
    FOR EACH STATEMENT EXECUTE FUNCTION hims_append_only();

CREATE FUNCTION hims_report_row_keeps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op = 'UPDATE' OR hims_report_is_signed(OLD.edition_id) THEN
        RAISE EXCEPTION 'hims_reportrow keeps what was reported: % refused', tg_op
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER hims_report_row_keep BEFORE UPDATE OR DELETE ON hims_reportrow
    FOR EACH ROW EXECUTE FUNCTION hims_report_row_keeps();
CREATE TRIGGER hims_report_row_keep_all BEFORE TRUNCATE ON hims_reportrow
    FOR EACH STATEMENT EXECUTE FUNCTION hims_append_only();

CREATE FUNCTION hims_report_rows_come_before() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT edition_id FROM added) a
               JOIN hims_reportedition e ON e.id = a.edition_id WHERE e.status <> 'queued') THEN
        RAISE EXCEPTION 'hims_reportrow: a report that is done gets no more rows'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER hims_report_row_before AFTER INSERT ON hims_reportrow
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION hims_report_rows_come_before();
"""

UNKEEP = """
DROP TRIGGER hims_report_row_before ON hims_reportrow;
DROP TRIGGER hims_report_row_keep ON hims_reportrow;
DROP TRIGGER hims_report_row_keep_all ON hims_reportrow;
DROP TRIGGER hims_edition_keep ON hims_reportedition;
DROP TRIGGER hims_edition_keep_all ON hims_reportedition;
DROP FUNCTION hims_report_rows_come_before();
DROP FUNCTION hims_report_row_keeps();
DROP FUNCTION hims_edition_keeps();
DROP FUNCTION hims_report_is_signed(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("hims", "0013_reports_and_seals")]
    operations = [
        *(migrations.RunSQL(guards.guard(table), guards.unguard(table)) for table in TABLES),
        migrations.RunSQL(KEEP, UNKEEP),
    ]
