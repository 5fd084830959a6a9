"""What the application role may not do, asked of the real test database with its own connection."""

import psycopg
import pytest
from django.db import connection

from hims.database.rights import APPEND_ONLY_TABLES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE hims_zone (id int)",
        "CREATE SCHEMA hidden",
        "ALTER TABLE hims_auditentry DISABLE TRIGGER ALL",
        "ALTER TABLE hims_zone ADD COLUMN note text",
        "DROP TRIGGER hims_auditentry_keep ON hims_auditentry",
        "TRUNCATE hims_zone",
        "DROP TABLE hims_zone",
        "CREATE OR REPLACE FUNCTION hims_append_only() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "SET ROLE hims_owner",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('hims', '9999', now())",
        "CREATE TRIGGER loose BEFORE INSERT ON hims_zone EXECUTE FUNCTION hims_append_only()",
        "COPY hims_zone TO PROGRAM 'cat'",
        "COPY hims_zone TO '/dev/null'",
    ],
)
def test_the_application_may_not(statement, as_application):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(statement)


def test_the_application_reads_and_writes_rows_of_every_ordinary_table(as_application):
    with connection.cursor() as cursor:
        cursor.execute(APPEND_ONLY_TABLES)
        append_only = {name for (name,) in cursor.fetchall()}
    assert "hims_auditentry" in append_only
    wrong = {
        (table, right)
        for table in connection.introspection.table_names()
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE")
        if (table != "django_migrations" or right == "SELECT")
        and as_application.execute("SELECT has_table_privilege(%s, %s)", (table, right)).fetchone()[
            0
        ]
        is (table in append_only and right in {"UPDATE", "DELETE"})
    }
    assert wrong == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE"])
def test_even_the_owner_is_stopped_by_the_trigger_of_an_append_only_table(verb):
    from hims.models import Actor, AuditEntry

    clock = Actor.objects.get(kind="clock")
    AuditEntry.objects.create(
        at="2026-11-22T12:00Z", actor=clock, action="test", door="console", digest=b"0" * 32
    )
    statement = {
        "UPDATE": "UPDATE hims_auditentry SET action = 'x'",
        "DELETE": "DELETE FROM hims_auditentry",
        "TRUNCATE": "TRUNCATE hims_auditentry CASCADE",
    }[verb]
    with connection.cursor() as cursor, pytest.raises(Exception, match="append-only"):
        cursor.execute(statement)


def test_new_tables_are_the_applications_to_use_without_another_grant(as_application):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(defaclacl::text LIKE %s) FROM pg_default_acl",
            [f"%{connection.settings_dict['ROLES']['app']}=arwd%"],
        )
        assert cursor.fetchone() == (True,)
