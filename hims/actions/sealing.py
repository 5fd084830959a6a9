"""The trail is sealed: all entries that have no seal yet are closed under one, chained to the last.

An entry is sealed by name, whatever its number: one that commits late stands under the next seal.
"""

from datetime import datetime
from itertools import islice

from django.db import connection

from hims.action import action, step, touches
from hims.domain.seals import NOTHING_BEFORE, Entry, Root, Seal
from hims.models import Actor, AuditSeal
from hims.queries.seals import AT_ONCE, newest_seal, without_a_seal

ONE_AT_A_TIME = 7_345_610_001  # the advisory lock of whoever seals


@action("audit.seal")
def seal(*, actor: Actor, now: datetime) -> AuditSeal | None:
    """Seal every entry that has no seal; None, and nothing is done, when there is none.

    Whoever seals at the same time waits, and then finds what is left. The entry that records the
    sealing stands under the next seal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        cursor.execute("SELECT nextval(pg_get_serial_sequence('hims_auditseal', 'id'))")
        key = cursor.fetchone()[0]
    root = Root()
    waiting = without_a_seal()
    while entries := list(islice(waiting, AT_ONCE)):
        _name(key, root, entries)
    if root.count == 0:
        return None
    before = newest_seal()
    link = Seal(
        number=before.number + 1 if before else 1,
        sealed_at=now,
        entries=root.count,
        root=root.digest(),
        previous=bytes(before.hash) if before else NOTHING_BEFORE,
    )
    made = AuditSeal.objects.create(
        pk=key,
        number=link.number,
        sealed_at=link.sealed_at,
        entries=link.entries,
        root=link.root,
        previous=link.previous,
        hash=link.hash(),
    )
    touches(made)
    return made


@step
def _name(key: int, root: Root, entries: list[Entry]) -> None:
    """Give these entries the next places under the seal."""
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY hims_auditleaf (entry_id, seal_id, position, digest) FROM STDIN") as copy,
    ):
        for entry in entries:
            leaf = entry.leaf()
            copy.write_row((entry.number, key, root.count, leaf))
            root.add(leaf)
