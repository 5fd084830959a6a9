"""What is verified of the seals: the chain, and that each entry is what was sealed in its place."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from hims.domain.seals import NOTHING_BEFORE, Root
from hims.models import AuditSeal
from hims.queries.seals import Sealed, sealed, seals
from hims.verifying import Found, append_only, first, verifier

append_only("hims_auditseal", "hims_auditleaf")

GRACE = timedelta(hours=1)  # so long the longest action may take until it is seen
OVERLOOKED = """
SELECT e.id FROM hims_auditentry e LEFT JOIN hims_auditleaf l ON l.entry_id = e.id
WHERE l.entry_id IS NULL AND e.at < %(until)s
AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s) ORDER BY e.id LIMIT 1
"""


@verifier("seals")
def chain_of_seals(since: datetime | None) -> Found:
    """Numbers without a gap, each seal with the hash of the one before it, each hash its own."""
    count, before = 0, NOTHING_BEFORE
    for seal, stored in seals():
        if seal.number != count + 1:
            return count, f"seal {count + 1}: it is missing before seal {seal.number}"
        if seal.previous != before:
            return count, f"seal {seal.number}: it does not follow the seal before it"
        if seal.hash() != stored:
            return count, f"seal {seal.number}: its hash is not that of what it says"
        count, before = seal.number, stored
    return count, None


@verifier("sealed entries")
@transaction.atomic
def sealed_entries(since: datetime | None) -> Found:
    """Under each seal (made since then) stand as many entries as it says, each as it was when it
    was sealed, with the root that it says; and no older entry stands under none."""
    made = AuditSeal.objects.order_by("number")
    if since:
        made = made.filter(sealed_at__gte=since)
    count = 0
    places = sealed(since)
    waiting: Sealed | None = next(places, None)
    for number, entries, root in made.values_list("number", "entries", "root").iterator():
        found, begins, last = Root(), 0, 0
        while waiting and waiting.seal == number:
            if fault := _fault(waiting, found.count, last):
                return count, fault
            found.add(waiting.digest)
            last = waiting.number
            begins = begins or last
            count += 1
            waiting = next(places, None)
        if found.count != entries or not entries:
            told = f"{found.count} stand under seal {number}, of {entries}"
            return count, f"audit entry after {last}: {told}"
        if found.digest() != bytes(root):
            return count, f"audit entries {begins} to {last}: seal {number} has another root"
    if (lost := _overlooked(since)) is not None:
        return count, f"audit entry {lost}: it is older than the newest seal and under none"
    return count, None


def _fault(place: Sealed, position: int, last: int) -> str | None:
    """What is wrong with the place that should be `position`, after entry `last`."""
    if place.position != position:
        return f"audit entry after {last}: place {position} under seal {place.seal} is empty"
    if place.number <= last:
        return f"audit entry {place.number}: it stands after {last} under seal {place.seal}"
    if place.entry is None:
        return f"audit entry {place.number}: seal {place.seal} covers it, and it is gone"
    if place.entry.leaf() != place.digest:
        return f"audit entry {place.number}: it is not what seal {place.seal} covers"
    return None


def _overlooked(since: datetime | None) -> int | None:
    newest = AuditSeal.objects.aggregate(at=Max("sealed_at"))["at"]
    if newest is None:
        return None
    lost = first(OVERLOOKED, {"since": since, "until": newest - GRACE})
    return lost[0] if lost else None
