"""A new database is made in a fraction of the time, and is the same one."""

from contextlib import nullcontext

import pytest
from django.core.management.commands import migrate
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState

from hims.bench import scratch
from hims.database import growing

SHAPE = """
SELECT 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod),
  concat(attnotnull, attidentity, attgenerated, pg_get_expr(adbin, adrelid))
FROM pg_attribute LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
  AND NOT attisdropped
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname::text,
  pg_get_constraintdef(oid), '' FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'index', tablename::text, indexname::text, indexdef, ''
FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, pg_get_triggerdef(oid), ''
FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3, 4, 5
"""


class Step(migrations.Migration):
    """Three tables that know each other, then a change of the key that two of them hold."""

    operations = [
        migrations.CreateModel(
            "Ward", [("code", models.CharField(primary_key=True, max_length=4))]
        ),
        migrations.CreateModel("Bed", [("id", models.BigAutoField(primary_key=True))]),
        migrations.AddField("Bed", "ward", models.ForeignKey("grown.Ward", models.CASCADE)),
        migrations.CreateModel(
            "Cot",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("ward", models.ForeignKey("grown.Ward", models.CASCADE)),
            ],
        ),
        migrations.AlterField("Ward", "code", models.CharField(primary_key=True, max_length=9)),
    ]


def test_what_changes_a_table_sees_all_that_was_added_before(db):
    with growing.quickly(), connection.schema_editor() as editor:
        before = ProjectState()
        assert before.apps  # as it is when `migrate` begins
        Step("one", "grown").apply(before, editor)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid::regclass::text LIKE 'grown_%' AND attname IN ('code', 'ward_id')"
            " AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r') ORDER BY 1"
        )
        assert cursor.fetchall() == [
            (table, "character varying(9)") for table in ("grown_bed", "grown_cot", "grown_ward")
        ]


def shape(name: str) -> list[tuple]:
    """All columns, constraints, indexes and triggers after every migration."""
    with scratch._made(name), scratch.pointed_at(scratch.House(name, {}, scratch.Path())):
        migrate.Command().run_from_argv(["manage.py", "migrate", "--verbosity", "0"])
        with connection.cursor() as cursor:
            cursor.execute(SHAPE)
            return cursor.fetchall()


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_a_database_made_quickly_has_the_shape_of_one_made_slowly(
    django_db_setup, django_db_blocker, monkeypatch
):
    with django_db_blocker.unblock():
        quick = shape("hims_made_quickly")
        monkeypatch.setattr("hims.management.commands.migrate.quickly", nullcontext)
        assert quick == shape("hims_made_slowly")
    assert len(quick) > 2000
