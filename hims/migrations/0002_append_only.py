"""The trail cannot be edited unseen: audit entries and history rows are only ever added."""

from django.db import migrations

TABLES = [
    "hims_auditentry",
    "hims_historicalactor",
    "hims_historicalbuilding",
    "hims_historicaldevice",
    "hims_historicaldoor",
    "hims_historicalfloor",
    "hims_historicalpatient",
    "hims_historicalstaff",
    "hims_historicalzone",
]

FUNCTION = """
CREATE FUNCTION hims_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', tg_table_name, tg_op
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def guard(table: str) -> str:
    return f"""
    CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION hims_append_only();
    CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION hims_append_only();
    """


def unguard(table: str) -> str:
    return f"DROP TRIGGER {table}_keep ON {table}; DROP TRIGGER {table}_keep_all ON {table};"


class Migration(migrations.Migration):
    dependencies = [("hims", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION hims_append_only()"),
        *(migrations.RunSQL(guard(table), unguard(table)) for table in TABLES),
    ]
