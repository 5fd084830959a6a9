"""The trail as it is sealed: the seals, and all entries one after another, however many."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from hims.domain.seals import Entry, Seal
from hims.models import AuditSeal

AT_ONCE = 2_000
FIELDS = "e.id, e.at, a.uid, e.action, e.objects_named, e.door, e.request_id, e.digest, e.reason"
BARE = "FROM hims_auditentry e LEFT JOIN hims_auditleaf l ON l.entry_id = e.id"
WITHOUT_A_SEAL = f"""
SELECT {FIELDS} {BARE} LEFT JOIN hims_actor a ON a.id = e.actor_id
WHERE l.entry_id IS NULL ORDER BY e.id
"""
SEALED = f"""
SELECT s.number, l.position, l.entry_id, l.digest, {FIELDS}
FROM hims_auditseal s JOIN hims_auditleaf l ON l.seal_id = s.id
LEFT JOIN hims_auditentry e ON e.id = l.entry_id LEFT JOIN hims_actor a ON a.id = e.actor_id
WHERE (%(since)s::timestamptz IS NULL OR s.sealed_at >= %(since)s)
ORDER BY s.number, l.position
"""


class Sealed(NamedTuple):
    """A place under a seal: the number and digest of the entry that was sealed there, and the entry
    as it is now (None when it is gone)."""

    seal: int
    position: int
    number: int
    digest: bytes
    entry: Entry | None


def newest_seal() -> AuditSeal | None:
    """The last link of the chain; None before the first."""
    return AuditSeal.objects.order_by("-number").first()


def awaits_a_seal() -> bool:
    """Whether anything was done or seen since the newest seal, other than sealing."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT {BARE} WHERE l.entry_id IS NULL AND e.action <> 'audit.seal')"
        )
        return cursor.fetchone()[0]


def seals() -> Iterator[tuple[Seal, bytes]]:
    """All seals by number, each with its hash as it is stored."""
    for row in AuditSeal.objects.order_by("number").iterator(AT_ONCE):
        seal = Seal(row.number, row.sealed_at, row.entries, bytes(row.root), bytes(row.previous))
        yield seal, bytes(row.hash)


def sealed(since: datetime | None = None) -> Iterator[Sealed]:
    """All places under the seals (of those sealed `since` then), in order."""
    for seal, position, number, digest, *found in _rows(SEALED, {"since": since}):
        entry = None if found[0] is None else _entry(found)
        yield Sealed(seal, position, number, bytes(digest), entry)


def without_a_seal() -> Iterator[Entry]:
    """The entries that no seal covers yet, by number."""
    return map(_entry, _rows(WITHOUT_A_SEAL, {}))


def _entry(found: Any) -> Entry:
    number, at, actor, action, objects, door, request, digest, reason = found
    who = str(actor) if actor else None
    return Entry(number, at, who, action, objects, door, request, bytes(digest), reason)


def _rows(query: str, asked: dict[str, Any]) -> Iterator[Any]:
    """Rows by a cursor of the server's, some thousands in memory at a time; in a transaction."""
    connection.ensure_connection()
    with connection.connection.cursor(name="seals") as cursor:
        cursor.execute(query, asked)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows
