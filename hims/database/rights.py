"""What the application role may do: everything with rows, nothing with the shape of tables.

Said by the owner at the end of each `migrate`. Tables that only ever grow (their trigger calls
`hims_append_only` for each row, tgtype & 1) also lose UPDATE and DELETE, so that the trigger is the
second lock, not the only one.
"""

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

APPEND_ONLY_TABLES = """
SELECT DISTINCT c.relname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'hims_append_only' AND NOT t.tgisinternal AND t.tgtype & 1 = 1 ORDER BY 1
"""
WHO_GOVERNS = """
SELECT current_user, current_database(), current_user = pg_get_userbyid(datdba)
FROM pg_database WHERE datname = current_database()
"""


def grant_to_application(connection: BaseDatabaseWrapper) -> bool:
    """Give the application role its rights in this database; the connection must be the owner's.

    Returns False, and does nothing, where the owner and the application are one role.
    """
    app = connection.settings_dict["ROLES"]["app"]
    with connection.cursor() as cursor:
        cursor.execute(WHO_GOVERNS)
        owner, database, governs = cursor.fetchone()
        if owner == app:
            return False
        names = {"app": sql.Identifier(app), "database": sql.Identifier(database)}
        statements = [
            "GRANT USAGE ON SCHEMA public TO {app}",
            "REVOKE CREATE ON SCHEMA public FROM {app}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}",
            "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
            "ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {app}",
            "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {app}",
        ]
        if governs:
            statements += [
                "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
                "GRANT CONNECT ON DATABASE {database} TO {app}",
            ]
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(**names))
        cursor.execute(APPEND_ONLY_TABLES)
        for (table,) in cursor.fetchall():
            revoke = "REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {app}"
            cursor.execute(sql.SQL(revoke).format(table=sql.Identifier(table), **names))
    return True
