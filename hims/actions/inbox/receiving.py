"""A message comes: kept once by sender and control id, applied, and what its sender is told.

All of it is one transaction, so what is answered is committed, and the same message again, however
many times at once, is answered with the same words and has no second effect. What cannot be applied
is kept as a dead letter for a person to mend and replay; a sender's own second try does the same.
"""

import json
import logging
import traceback
from dataclasses import replace
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import HimsError, Refused
from hims.models import Actor, CodeMapping, InboxMessage, Interface
from hims.wire import hl7v2
from hims.wire.hl7v2 import ACCEPTED, ERROR, REJECTED, Answer
from hims.wire.hl7v2.errors import (
    DUPLICATE_KEY,
    INTERNAL,
    UNSUPPORTED_EVENT,
    UNSUPPORTED_TYPE,
    UNSUPPORTED_VERSION,
)

from . import applying
from .account import CLOCKS_DIFFER, OWNABLE, Account
from .reading import Arrived

Status = InboxMessage.Status
VERSIONS = tuple(f"2.{minor}" for minor in range(1, 10))
_WORDS = 500
log = logging.getLogger(__name__)


class _Undone(Exception):
    """Shadow mode: what was done is only told."""


@action("hl7.receive")
def receive(*, actor: Actor, now: datetime, interface: Interface, came: Arrived) -> Answer:
    """Keep and apply one message of a listed sender; what the sender is told once this commits."""
    message = came.message
    if refused := _unsupported(message):
        status, notes = Status.REFUSED, []
    else:
        status, notes = Status.APPLIED, [{"kind": "text", "text": note} for note in came.notes]
    key = message.control_id
    row, is_new = _claimed(interface, came, key, status, refused, now)
    if not is_new and bytes(row.digest) != came.digest:
        notes.append(_reused(row))
        key = f"{key[:180]} ({came.digest.hex()[:8]})"
        same_event = row.message_type == message.event
        row, is_new = _claimed(interface, came, key, status, refused, now)
        if is_new and same_event and not refused:
            return _dead(row, Answer(ERROR, notes[-1]["text"], DUPLICATE_KEY), notes)
    if not is_new and row.status == Status.DEAD and not _is_reuse(row):
        row.attempts += 1
        return carry_out(row, actor=actor, now=now, came=came, notes=notes)
    if not is_new or refused:
        return Answer(row.acknowledgement, row.words, _condition(message, row))
    return carry_out(row, actor=actor, now=now, came=came, notes=notes)


@step
def carry_out(
    row: InboxMessage,
    *,
    actor: Actor,
    now: datetime,
    came: Arrived,
    notes: list,
    live: bool = False,
) -> Answer:
    """Apply a message that is kept as `row`, and write down what became of it.

    live: apply it though its sender is in shadow mode (a person asked for it).
    """
    interface = row.interface
    shadow = interface.mode == Interface.Mode.SHADOW and not live
    zone = timezone.get_default_timezone()
    account = Account(
        interface=interface,
        actor=actor,
        now=now,
        application=came.message.application,
        ordered_at=_ordered_at(came.message, zone, row.received_at),
        lossy=came.lossy,
        notes=list(notes),
    )
    try:
        with transaction.atomic():
            applying.apply(account, came.message, zone)
            if shadow:
                raise _Undone
    except _Undone:
        account.patient = account.encounter = None
        row.status = Status.SHADOW
    except hl7v2.Unreadable as error:
        return _dead(row, Answer(ERROR, error.text, error.code), account.notes, account)
    except Refused as error:
        return _dead(row, Answer(ERROR, str(error), INTERNAL), account.notes, account)
    except Exception as error:
        if isinstance(error, OperationalError) and _may_pass(error):
            raise  # the gate, and the door, know which of these are worth another try
        log.error("message %s could not be applied: %s\n%s", row.uid, *where(error))
        kind = type(error).__name__ if not isinstance(error, HimsError) else str(error)
        words = _("It could not be applied: %(kind)s.") % {"kind": kind}
        return _dead(row, Answer(ERROR, words, INTERNAL), account.notes, account)
    else:
        row.status = Status.UNUSED if account.unused else Status.APPLIED
    row.patient, row.encounter = account.patient, account.encounter
    row.acknowledgement, row.words = ACCEPTED, ""
    row.said_at = account.ordered_at
    _keep(row, account)
    touches(row)
    return Answer(ACCEPTED)


def where(error: Exception) -> tuple[str, str]:
    """The kind of a fault of ours and where it happened, without its words: the database's name
    patients."""
    return type(error).__name__, "".join(traceback.format_tb(error.__traceback__))


def _may_pass(error: OperationalError) -> bool:
    """Whether trying again may help: the connection, a lock, or the server is the trouble, not the
    message. Classes of PostgreSQL's error codes, appendix A."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in {"08", "40", "53", "55", "57", "58"}


@step
def listed(*, application: str, facility: str, now: datetime, most: int = 50) -> Interface | None:
    """Remember that somebody knocked whom nobody has listed; it stays off until a person lists it.
    None when so many unlisted ones are remembered that it is nobody's mistake any more."""
    asked = {"sending_application": application[:180], "sending_facility": facility[:180]}
    known = Interface.objects.filter(**asked).first()
    if known:
        return known
    if Interface.objects.filter(actor=None, mode=Interface.Mode.OFF).count() >= most:
        return None
    name = " · ".join(word for word in (application, facility) if word)[:70] or "?"
    taken = Interface.objects.filter(name=name).exists()
    name = f"{name} {now:%H%M%S}" if taken else name
    made = Interface(name=name, mode=Interface.Mode.OFF, owns=list(OWNABLE), **asked)
    made.save()
    touches(made)
    return made


@action("hl7.knock")
def note_unlisted(
    *, actor: Actor, now: datetime, application: str, facility: str
) -> Interface | None:
    """Somebody knocked whom nobody has listed; see `listed`."""
    return listed(application=application, facility=facility, now=now)


def _unsupported(message: hl7v2.Message) -> Answer | None:
    """Why a message is refused whatever it says: its version or its type."""
    if message.version and message.version[:3] not in VERSIONS:
        words = _("Version %(version)s of HL7 is not spoken here.") % {"version": message.version}
        return Answer(REJECTED, words, UNSUPPORTED_VERSION)
    if applying.supports(message):
        return None
    words = _("%(event)s is not taken here.") % {"event": message.event}
    known = message.type in applying.SUPPORTED
    return Answer(REJECTED, words, UNSUPPORTED_EVENT if known else UNSUPPORTED_TYPE)


def _condition(message: hl7v2.Message, row: InboxMessage) -> str:
    """The condition of an answer that is given again."""
    if row.acknowledgement == ACCEPTED:
        return ""
    again = _unsupported(message)
    return again.condition if again else DUPLICATE_KEY if _is_reuse(row) else INTERNAL


@step
def _claimed(
    interface: Interface,
    came: Arrived,
    key: str,
    status: str,
    refused: Answer | None,
    now: datetime,
) -> tuple[InboxMessage, bool]:
    """The row of this sender and control id, and whether it is new: of several at once one writes
    it, the others wait for that one's commit."""
    message = came.message
    row = InboxMessage(
        interface=interface,
        sending_application=message.application[:180],
        control_id=key,
        message_type=message.event[:20],
        raw=came.raw,
        digest=came.digest,
        received_at=now,
        status=status,
        acknowledgement=refused.code if refused else ACCEPTED,
        words=refused.words[:_WORDS] if refused else "",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hims_inboxmessage (uid, interface_id, sending_application, control_id,"
            " message_type, raw, digest, received_at, status, acknowledgement, words, notes,"
            " attempts) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '[]', 1)"
            " ON CONFLICT (sending_application, control_id) DO NOTHING RETURNING id",
            [
                *(row.uid, interface.pk, row.sending_application, key, row.message_type),
                *(came.raw, came.digest, now, status, row.acknowledgement, row.words),
            ],
        )
        if made := cursor.fetchone():
            row.pk = made[0]
            row._state.adding = False
            return row, True
    rows = InboxMessage.objects.select_for_update(of=("self",)).select_related("interface")
    return rows.get(sending_application=row.sending_application, control_id=key), False


REUSED = "reused"


def _reused(row: InboxMessage) -> dict[str, str]:
    text = _("The control id %(id)s was used before, for another message (%(type)s).") % {
        "id": row.control_id,
        "type": row.message_type,
    }
    return {"kind": REUSED, "text": text}


def _is_reuse(row: InboxMessage) -> bool:
    """Whether it is dead because its control id was of another message: a second try by the sender
    changes nothing, a person must look."""
    return any(note.get("kind") == REUSED for note in row.notes) and row.attempts == 1


def _dead(row: InboxMessage, answer: Answer, notes: list, account: Account | None = None) -> Answer:
    row.status, row.acknowledgement = Status.DEAD, answer.code
    row.words = answer.words[:_WORDS]
    if account is None:
        account = Account(row.interface, None, row.received_at, "", row.received_at)
    left = [note for note in notes if note["kind"] != "did"]  # it was undone with the rest
    account = replace(account, notes=left, patient=None, encounter=None)
    row.patient = row.encounter = None
    _keep(row, account)
    touches(row)
    return answer


@step
def _keep(row: InboxMessage, account: Account) -> None:
    """Write what became of the message, and count the words that nobody has mapped."""
    row.notes = account.notes
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hims_inboxmessage SET status = %s, acknowledgement = %s, words = %s,"
            " notes = %s::jsonb, attempts = %s, said_at = %s, patient_id = %s, encounter_id = %s"
            " WHERE id = %s",
            [
                *(row.status, row.acknowledgement, row.words, json.dumps(row.notes)),
                *(row.attempts, row.said_at),
                *(row.patient and row.patient.pk, row.encounter and row.encounter.pk, row.pk),
            ],
        )
    for kind, theirs in sorted(account.unmapped):
        _count(row.interface, kind, theirs, account.now)


@step
def _count(interface: Interface, kind: str, theirs: str, now: datetime) -> None:
    """A word without a meaning came once more. It is counted in one statement, in every message;
    the row's history begins when a person gives it a meaning."""
    made = CodeMapping(interface=interface, kind=kind, theirs=theirs)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hims_codemapping (uid, interface_id, kind, theirs, ours, seen,"
            " first_seen_at, last_seen_at) VALUES (%s, %s, %s, %s, '', 1, %s, %s)"
            " ON CONFLICT (interface_id, kind, theirs) DO UPDATE SET"
            " seen = hims_codemapping.seen + 1, last_seen_at = excluded.last_seen_at",
            [made.uid, interface.pk, kind, theirs, now, now],
        )


def _ordered_at(message: hl7v2.Message, zone, received_at: datetime) -> datetime:
    """When the message says that it was made, for putting messages in order: EVN-2, else MSH-7. A
    time in the future is a clock that is wrong: then when the message came."""
    event = message.first("EVN")
    for text in (event.text(2) if event else "", message.sent_at):
        said = hl7v2.moment_said(text, zone)
        if said is not None and said <= received_at + CLOCKS_DIFFER:
            return min(said, received_at)
    return received_at
