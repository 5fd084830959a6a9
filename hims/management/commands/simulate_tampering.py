"""`manage.py simulate_tampering [--undo]`: edit a sealed entry of the trail, to see it being found.

What a forger does who is the owner of the database: the trigger is off for a moment, the reason of
one entry becomes another, and nothing else shows it. Never in production.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

FORGED = "nothing to see here"
VICTIM = """
SELECT e.id, e.reason FROM hims_auditleaf l JOIN hims_auditentry e ON e.id = l.entry_id
ORDER BY e.reason <> '' DESC, e.id DESC LIMIT 1
"""


class Command(BaseCommand):
    """Edits one entry; --undo puts it back exactly. Runs as the owner of the database."""

    help = "Edit one sealed entry of the audit trail, to see verify name it (demonstration only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--undo", action="store_true", help="put the entry back as it was")

    def handle(self, *args: Any, undo: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Nobody edits the trail with HIMS_ENV=production.")
        note = Path(settings.HIMS_VAR) / "tampered.json"
        with transaction.atomic(), connection.cursor() as cursor:
            kept: dict[str, Any] = json.loads(note.read_text()) if note.exists() else {}
            cursor.execute("SELECT id FROM hims_auditentry WHERE reason = %s", [FORGED])
            edited = {number for (number,) in cursor.fetchall()}
            there = kept.get("entry") in edited
            if undo and not there:
                raise CommandError("No entry is as this command leaves it: nothing to undo.")
            if there and not undo:
                raise CommandError(f"Entry {kept['entry']} is edited already; --undo puts it back.")
            if undo:
                self._edit(cursor, kept["entry"], kept["reason"])
            else:
                cursor.execute(VICTIM)
                found = cursor.fetchone()
                if found is None:
                    raise CommandError("Nothing is sealed yet: run manage.py seal first.")
                kept = {"entry": found[0], "reason": found[1]}
                note.write_text(json.dumps(kept))
                self._edit(cursor, found[0], FORGED)
        if undo:
            note.unlink()
            self.stdout.write(f"Entry {kept['entry']} says again: {kept['reason']!r}.")
            return
        self.stdout.write(
            f"Entry {kept['entry']} had the reason {kept['reason']!r} and has {FORGED!r} now.\n"
            "See it being found: manage.py verify; or manage.py audit_export FILE and then\n"
            "python hims/verify_audit.py FILE. Put it back: manage.py simulate_tampering --undo."
        )

    def _edit(self, cursor: Any, entry: int, reason: str) -> None:
        """Only the owner of the table can do this."""
        cursor.execute("ALTER TABLE hims_auditentry DISABLE TRIGGER hims_auditentry_keep")
        cursor.execute("UPDATE hims_auditentry SET reason = %s WHERE id = %s", [reason, entry])
        cursor.execute("ALTER TABLE hims_auditentry ENABLE TRIGGER hims_auditentry_keep")
