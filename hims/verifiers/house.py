"""What the ground verifies: the trail, the guards on tables, constraints, references and files."""

from datetime import datetime

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import FileField

from hims.verifying import Found, append_only, append_only_tables, counted, first, verifier

append_only("hims_auditentry", "hims_bedspaceevent", "hims_alertevent")

ENTRIES = "FROM hims_auditentry e LEFT JOIN hims_actor a ON a.id = e.actor_id"
SINCE = "(%(since)s::timestamptz IS NULL OR e.at >= %(since)s)"


@verifier("audit entries")
def audit_entries(since: datetime | None) -> Found:
    """Each entry names an actor that exists, an action and a door, and has a whole digest."""
    asked = {"since": since}
    bad = first(
        f"SELECT e.id, a.id IS NULL, e.action, e.door, octet_length(e.digest) {ENTRIES} "
        f"WHERE {SINCE} AND (a.id IS NULL OR e.action = '' OR e.door = '' "
        "OR octet_length(e.digest) <> 32) ORDER BY e.id LIMIT 1",
        asked,
    )
    if bad is None:
        return counted(f"SELECT count(*) {ENTRIES} WHERE {SINCE}", asked), None
    number, nobody, action, door, length = bad
    reason = (
        "its actor does not exist"
        if nobody
        else "it names no action"
        if not action
        else "it names no door"
        if not door
        else f"its digest has {length} bytes, not 32"
    )
    return 0, f"audit entry {number}: {reason}"


@verifier("history entries")
def history_entries(since: datetime | None) -> Found:
    """Each history row is one of a creation, a change or a deletion, and says when."""
    count = 0
    for table in _history_tables():
        asked = {"since": since}
        where = "WHERE (%(since)s::timestamptz IS NULL OR history_date >= %(since)s)"
        bad = first(
            f"SELECT history_id FROM {_quoted(table)} {where} "
            "AND history_type NOT IN ('+', '~', '-') ORDER BY 1 LIMIT 1",
            asked,
        )
        if bad:
            return count, f"{table} row {bad[0]}: it is no creation, change or deletion"
        count += counted(f"SELECT count(*) FROM {_quoted(table)} {where}", asked)
    return count, None


@verifier("append-only guards")
def append_only_guards(since: datetime | None) -> Found:
    """Tables that only grow have their triggers, enabled, and the application has no way round."""
    tables = sorted({*append_only_tables(), *_history_tables()})
    app = connection.settings_dict["ROLES"]["app"]
    owner = connection.settings_dict["ROLES"]["owner"]
    for table in tables:
        events = first(
            # tgtype: 8 is DELETE, 16 is UPDATE, 32 is TRUNCATE.
            "SELECT coalesce(bit_or(t.tgtype & 56), 0) FROM pg_trigger t "
            "JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgrelid = to_regclass(%(table)s) "
            "AND p.proname = 'hims_append_only' AND t.tgenabled IN ('O', 'A')",
            {"table": table},
        )[0]
        missing = [
            name
            for bit, name in ((8, "DELETE"), (16, "UPDATE"), (32, "TRUNCATE"))
            if not events & bit
        ]
        if missing:
            return 0, f"table {table}: nothing refuses {' and '.join(missing)}"
        if app != owner:
            for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER"):
                asked = {"role": app, "table": table, "right": right}
                if first("SELECT has_table_privilege(%(role)s, %(table)s, %(right)s)", asked)[0]:
                    return 0, f"table {table}: the application role {app} holds the right {right}"
    return len(tables), None


@verifier("constraints")
def constraints(since: datetime | None) -> Found:
    """Every constraint that a model declares is in the database and was checked against all rows.

    Unique constraints with a condition are unique indexes there.
    """
    count = 0
    for model in apps.get_models():
        if not model._meta.managed:
            continue
        for constraint in model._meta.constraints:
            count += 1
            asked = {"table": model._meta.db_table, "name": constraint.name}
            there = first(
                "SELECT 1 FROM pg_constraint WHERE conrelid = to_regclass(%(table)s) "
                "AND conname = %(name)s AND convalidated UNION ALL "
                "SELECT 1 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "WHERE i.indrelid = to_regclass(%(table)s) AND c.relname = %(name)s "
                "AND i.indisunique AND i.indisvalid",
                asked,
            )
            if there is None:
                return count, f"table {asked['table']}: its constraint {constraint.name} is missing"
    unchecked = first(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint "
        "WHERE NOT convalidated ORDER BY 1, 2 LIMIT 1"
    )
    if unchecked:
        return count, f"table {unchecked[0]}: its constraint {unchecked[1]} was never checked"
    return count, None


@verifier("references")
def references(since: datetime | None) -> Found:
    """Every foreign key of every row leads to a row that is there, also after a restore."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, b.attname "
            "FROM pg_constraint c "
            "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] "
            "JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1] "
            "WHERE c.contype = 'f' AND cardinality(c.conkey) = 1 AND c.conparentid = 0 "
            "ORDER BY 1, 2"
        )
        keys = cursor.fetchall()
    for table, column, parent, key in keys:
        lost = first(
            f"SELECT t.{_quoted(column)} FROM {table} t WHERE t.{_quoted(column)} IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.{_quoted(key)} = "
            f"t.{_quoted(column)}) LIMIT 1"
        )
        if lost:
            return len(keys), f"table {table}: {column} {lost[0]} is not in {parent}"
    return len(keys), None


@verifier("uploaded files")
def uploaded_files(since: datetime | None) -> Found:
    """Every file that a row names is in the store."""
    count = 0
    for model in apps.get_models():
        if hasattr(model, "history_object"):  # history may name files of long ago
            continue
        for field in model._meta.fields:
            if not isinstance(field, FileField):
                continue
            named = model._base_manager.exclude(**{field.name: ""}).exclude(**{field.name: None})
            for key, name in named.values_list("pk", field.name).iterator():
                count += 1
                if not default_storage.exists(name):
                    return count, f"{model._meta.verbose_name} {key}: its file {name} is missing"
    return count, None


def _history_tables() -> list[str]:
    return sorted(
        model._meta.db_table for model in apps.get_models() if hasattr(model, "history_object")
    )


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
