"""What is done with one frame of HL7 v2: each message in it received, and one answer for all.

Used by the listener and by whoever reads messages from a file. Nothing is answered that is not
committed: when the database is away, DatabaseAway is raised and the sender will send again.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from hims import gate
from hims.actions.inbox import reading
from hims.actions.inbox.receiving import note_unlisted, receive, where
from hims.database import DatabaseUnavailable
from hims.errors import Busy, Forbidden, HimsError
from hims.models import Interface
from hims.queries import inbox
from hims.queries.actors import console
from hims.wire import hl7v2
from hims.wire.hl7v2 import REJECTED, Answer
from hims.wire.hl7v2.errors import INTERNAL

Told = tuple[hl7v2.Message | None, Answer]
log = logging.getLogger(__name__)


class DatabaseAway(RuntimeError):
    """Nothing could be committed, so nothing may be answered."""


def answer(
    body: bytes, *, any_sender: bool = False, clock: Callable[[], datetime] = timezone.now
) -> bytes:
    """The answer to a frame, as it travels but for its framing.

    any_sender: take messages also of senders that nobody has listed, as the operator's console.
    """
    now = clock()
    try:
        batch = hl7v2.batch(body)
    except hl7v2.Unreadable as error:
        return _enclosed([(None, Answer(REJECTED, error.text, error.code))], now, False)
    alone = len(batch.messages) == 1 and not batch.enveloped
    told = [
        _one(plain, body if alone else None, any_sender=any_sender, now=now)
        for plain in batch.messages
    ]
    return _enclosed(told, now, batch.enveloped)


def refusal(body: bytes, words: str) -> bytes:
    """An answer to a frame that is not even looked at, as far as its head can be read."""
    told = (reading.head_of(body), Answer(REJECTED, words, INTERNAL))
    return _enclosed([told], timezone.now(), False)


def _one(plain: bytes, raw: bytes | None, *, any_sender: bool, now: datetime) -> Told:
    try:
        came = reading.arrived(plain, raw=raw)
    except hl7v2.Unreadable as error:
        return reading.head_of(plain), Answer(REJECTED, error.text, error.code)
    try:
        with gate.coming_from("feed", came.message.control_id[:40]):
            return came.message, _taken(came, plain, any_sender, now)
    except (OperationalError, InterfaceError, DatabaseUnavailable, Busy) as error:
        connection.close()
        raise DatabaseAway(str(error)) from error
    except Forbidden:
        words = _("The key of this sender does not open this door.")
        return came.message, Answer(REJECTED, words, INTERNAL)
    except HimsError as error:
        return came.message, Answer(REJECTED, str(error), INTERNAL)
    except Exception as error:
        log.error("a message was not kept: %s\n%s", *where(error))
        return came.message, Answer(REJECTED, _("The message could not be kept."), INTERNAL)


def _taken(came: reading.Arrived, plain: bytes, any_sender: bool, now: datetime) -> Answer:
    message = came.message
    interface = inbox.sender(message.application, message.facility)
    if interface is None:
        interface = note_unlisted(
            actor=console(), now=now, application=message.application, facility=message.facility
        )
        inbox.forget()
    unlisted = interface is None or interface.actor_id is None
    off = interface is None or interface.mode == Interface.Mode.OFF
    if interface is None or (off and not (unlisted and any_sender)):
        words = _("Messages of %(application)s %(facility)s are not taken here.") % {
            "application": message.application or "?",
            "facility": message.facility,
        }
        return Answer(REJECTED, words, INTERNAL)
    if interface.character_set and came.notes:
        came = reading.arrived(plain, interface.character_set, raw=came.raw)
    actor = interface.actor or console()
    return receive(actor=actor, now=now, interface=interface, came=came)


def _enclosed(told: list[Told], now: datetime, enveloped: bool) -> bytes:
    at = timezone.localtime(now)
    answers = [
        hl7v2.acknowledgement(said, to=message, number=secrets.token_hex(8), at=at)
        for message, said in told
    ]
    return hl7v2.enclosed(answers, at=at, enveloped=enveloped)
