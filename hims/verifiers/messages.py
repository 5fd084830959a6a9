"""What is verified of messages: each is as it came, and what was accepted has its effect, once."""

import hashlib
from datetime import datetime

from django.db import connection

from hims.verifying import Found, counted, first, verifier

SINCE = "(%(since)s::timestamptz IS NULL OR m.received_at >= %(since)s)"
WRONG = [
    ("it was accepted, and was neither applied nor settled", """
        m.acknowledgement = 'AA' AND m.status IN ('dead', 'refused')"""),
    ("it was applied, and its sender was told otherwise", """
        m.status IN ('applied', 'shadow', 'unused', 'settled') AND m.acknowledgement <> 'AA'"""),
    ("it was applied and is about nobody", """
        m.status = 'applied' AND m.patient_id IS NULL AND m.message_type NOT LIKE 'ADT^A20'"""),
    ("it was applied to a visit that is of another patient", """
        m.status = 'applied' AND m.encounter_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM hims_encounter e JOIN hims_patient p ON p.id = m.patient_id
            WHERE e.id = m.encounter_id
            AND e.patient_id IN (p.id, coalesce(p.merged_into_id, p.id)))"""),
    ("it says that a visit began, and there is no such visit", """
        m.status = 'applied' AND m.encounter_id IS NULL
        AND m.notes @> '[{"kind": "did"}]' AND m.message_type ~ '^ADT.A(01|02|03|04|05|11|12|13)$'
        AND NOT m.notes @> '[{"kind": "not_owned"}]'"""),
    ("it was applied and the trail does not say so", """
        m.status = 'applied' AND NOT EXISTS (SELECT FROM hims_auditentry a
            WHERE a.objects_named @> ARRAY['inboxmessage:' || m.uid]::varchar[]
            AND a.action IN ('hl7.receive', 'inbox.replay'))"""),
]  # fmt: skip
AT_ONCE = 500


@verifier("messages")
def messages(since: datetime | None) -> Found:
    """What was accepted was applied or settled, about somebody, and stands in the trail; and every
    message is what it was when it came."""
    asked = {"since": since}
    for reason, where in WRONG:
        bad = first(
            f"SELECT m.uid FROM hims_inboxmessage m WHERE {SINCE} AND {where}"
            " ORDER BY m.id LIMIT 1",
            asked,
        )
        if bad:
            return 0, f"message {bad[0]}: {reason}"
    if changed := _changed(since):
        return 0, f"message {changed}: it is not what came"
    return counted(f"SELECT count(*) FROM hims_inboxmessage m WHERE {SINCE}", asked), None


def _changed(since: datetime | None) -> str | None:
    """The first message whose bytes do not give its digest."""
    newest = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT m.id, m.uid, m.raw, m.digest FROM hims_inboxmessage m WHERE {SINCE}"
                " AND m.id > %(newest)s ORDER BY m.id LIMIT %(most)s",
                {"since": since, "newest": newest, "most": AT_ONCE},
            )
            rows = cursor.fetchall()
        for _key, uid, raw, digest in rows:
            if digest_of_kept(bytes(raw)) != bytes(digest):
                return str(uid)
        if len(rows) < AT_ONCE:
            return None
        newest = rows[-1][0]


def digest_of_kept(raw: bytes) -> bytes:
    """SHA-256 of a kept message with plain line ends and without a byte order mark."""
    text = raw.decode("utf-16").encode() if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw
    lines = text.removeprefix(b"\xef\xbb\xbf").replace(b"\n", b"\r").split(b"\r")
    plain = (line.strip(b" \t\x0b\x1c") for line in lines)
    return hashlib.sha256(b"\r".join(line for line in plain if line)).digest()
