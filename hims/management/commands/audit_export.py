"""`manage.py audit_export FILE`: the whole trail with its seals, for hims/verify_audit.py."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from hims.action import look
from hims.management.commands.verify import one_moment
from hims.queries import seals
from hims.queries.actors import console
from hims.verifying import counted
from hims.wire.audit_file import AuditFile

COUNTS = {
    "seals": "SELECT count(*) FROM hims_auditseal",
    "entries": "SELECT count(*) FROM hims_auditleaf l JOIN hims_auditseal s ON s.id = l.seal_id",
    "unsealed": "SELECT count(*) FROM hims_auditentry e WHERE NOT EXISTS"
    " (SELECT FROM hims_auditleaf l WHERE l.entry_id = e.id)",
}


class Command(BaseCommand):
    """Write a new file; it says who did what, and is readable by this user only."""

    help = "Write the audit trail and its seals of one moment into a new file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        now = timezone.now()
        try:
            opened = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            raise CommandError(f"{file} exists already: name a new file.") from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        try:
            look(viewer=console(), now=now, what="audit.export", things=[])
            with open(opened, "wb") as stream, one_moment():
                counts = {name: counted(query) for name, query in COUNTS.items()}
                stream.writelines(_lines(now, counts))
        except BaseException as error:
            file.unlink()
            if isinstance(error, OSError):
                raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
            raise
        self.stdout.write(
            f"{file}: {counts['seals']} seals over {counts['entries']} entries, "
            f"{counts['unsealed']} entries not sealed yet. Check it with hims/verify_audit.py."
        )


def _lines(now: datetime, counts: dict[str, int]) -> Iterator[bytes]:
    written = AuditFile()
    yield written.header(exported_at=now, **counts)
    for seal, stored in seals.seals():
        yield written.seal(seal, stored)
    for place in seals.sealed():
        yield written.sealed(
            place.entry,
            number=place.number,
            seal=place.seal,
            position=place.position,
            leaf=place.digest,
        )
    for entry in seals.without_a_seal():
        yield written.unsealed(entry)
    yield written.trailer()
