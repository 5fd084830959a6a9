"""Bytes of one frame to messages with what is needed to keep and answer them; no database."""

import codecs
import hashlib
from dataclasses import dataclass

from hims.wire import hl7v2

_HEAD = 2_000


@dataclass(frozen=True)
class Arrived:
    """One message as it came. `raw` is kept; `digest` is SHA-256 of it with plain line ends."""

    message: hl7v2.Message
    raw: bytes
    digest: bytes
    notes: tuple[str, ...] = ()
    lossy: bool = False

    def __str__(self) -> str:
        return self.digest.hex()


def digest_of(plain: bytes) -> bytes:
    """What a message is known again by, however its lines ended; `plain` as `batch` gives it."""
    return hashlib.sha256(plain.removeprefix(codecs.BOM_UTF8)).digest()


def arrived(plain: bytes, character_set: str = "", raw: bytes | None = None) -> Arrived:
    """The message in `plain`, as `hl7v2.batch` gives it; raises Unreadable.

    character_set: what the sender is known to use when it names none. raw: what is kept, if the
    message came alone and can be kept to the byte.
    """
    text = hl7v2.decoded(plain, character_set)
    return Arrived(
        message=hl7v2.parsed(text.text),
        raw=plain if raw is None else raw,
        digest=digest_of(plain),
        notes=text.notes,
        lossy=text.lossy,
    )


def head_of(raw: bytes) -> hl7v2.Message | None:
    """The head of a message that cannot be read as a whole, so that it can be answered."""
    line = raw[:_HEAD].removeprefix(codecs.BOM_UTF8).splitlines()[:1]
    try:
        return hl7v2.parsed(line[0].decode("latin-1")) if line else None
    except hl7v2.Unreadable:
        return None
