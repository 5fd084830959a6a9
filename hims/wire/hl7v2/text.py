"""Bytes to text: byte order marks, line ends, batches and files of messages, character sets.

What was declared (MSH-18) and what was sent are often two things. Text is never lost silently: a
byte that cannot be read becomes U+FFFD, and the notes say so.
"""

import codecs
import re
from dataclasses import dataclass

from .errors import DATA_TYPE, SEGMENT_SEQUENCE, VALUE_NOT_FOUND, Unreadable

LOSSY = "\ufffd"

# HL7 table 0211, alternate character sets, as Python names them
CHARACTER_SETS = {
    "ASCII": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 15)},
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",  # version 2.3.1 says two-byte Unicode, which MLLP cannot carry
    "UTF-8": "utf-8",  # not in the table, and common
    "UTF8": "utf-8",
    "ISO IR6": "ascii",
    "ISO IR14": "shift_jis",
    "ISO IR87": "iso2022_jp",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc_kr",
    "WINDOWS-1252": "cp1252",
}

_HEADER = re.compile(rb"MSH([^\w\s])([^\r\n]*)")
_LINES = re.compile(rb"[\r\n]+")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of one message. `notes` say what was not as declared; `lossy` if signs were lost."""

    text: str
    notes: tuple[str, ...] = ()
    lossy: bool = False


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one frame or file, each as bytes with CR line ends.

    enveloped: whether a batch or file header stood around them.
    """

    messages: tuple[bytes, ...]
    enveloped: bool = False


def decoded(raw: bytes, default: str = "") -> Decoded:
    """The text of one message, as `batch` gives it.

    default: the character set (table 0211) of a sender who names none.
    Raises Unreadable for a set that we do not have, and for NUL, which no text holds.
    """
    marked = raw.startswith(codecs.BOM_UTF8)
    if marked:
        raw = raw[len(codecs.BOM_UTF8) :]
    declared = _declared(raw)
    name = "UNICODE UTF-8" if marked else declared or default
    known = CHARACTER_SETS.get(name.upper())
    if name and known is None:
        raise Unreadable(VALUE_NOT_FOUND, f"The character set {name[:40]} (MSH-18) is not known.")
    text, notes = _as_said(raw, known or "ascii", name)
    return _checked(text, notes)


def _as_said(raw: bytes, codec: str, name: str) -> tuple[str, tuple[str, ...]]:
    if raw.isascii() and codec != "iso2022_jp":
        return raw.decode("ascii"), ()
    if codec.startswith(("ascii", "iso8859", "cp")):
        # Eight-bit text that happens to be valid UTF-8 is practically always UTF-8.
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            said = f"declared {name}" if name else "declared no character set"
            return text, (f"The sender {said}; the text is UTF-8 and was read so.",)
    try:
        return raw.decode(codec), ()
    except UnicodeDecodeError as error:
        said = name or "ASCII, as none was declared"
        note = f"The text is not {said} (byte {error.start}): what could not be read is shown as "
        return raw.decode(codec, "replace"), (f"{note}{LOSSY}.",)


def _checked(text: str, notes: tuple[str, ...]) -> Decoded:
    if "\0" in text:
        raise Unreadable(DATA_TYPE, "The message holds a NUL character.")
    return Decoded(text, notes, LOSSY in text)


def _declared(raw: bytes) -> str:
    """MSH-18, the first where it repeats; empty if it names none."""
    header = _HEADER.match(raw)
    if header is None:
        return ""
    fields = header[2].split(header[1])
    if len(fields) < 17:
        return ""
    encoding = fields[0].decode("latin-1")
    first = fields[16].decode("latin-1")
    repeat = encoding[1] if len(encoding) > 1 else "~"
    return first.split(repeat)[0].strip()


def batch(raw: bytes) -> Batch:
    """The messages in `raw`, out of their batch or file envelope, each with its own bytes: each
    names its own character set.

    Raises Unreadable when there is none, and when something stands before the first one.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = codecs.BOM_UTF8 + raw.decode("utf-16", "replace").encode()
    marked = raw.startswith(codecs.BOM_UTF8)
    messages: list[list[bytes]] = []
    enveloped = False
    for line in _LINES.split(raw[len(codecs.BOM_UTF8) :] if marked else raw):
        segment = line.strip(b" \t\x0b\x1c")
        if not segment:
            continue
        if segment[:3] in _ENVELOPE:
            enveloped = True
        elif segment[:3] == b"MSH":
            messages.append([codecs.BOM_UTF8 + segment if marked else segment])
        elif messages:
            messages[-1].append(segment)
        else:
            raise Unreadable(SEGMENT_SEQUENCE, "The first segment is not MSH.")
    if not messages:
        raise Unreadable(SEGMENT_SEQUENCE, "There is no message: no segment is MSH.")
    return Batch(tuple(b"\r".join(lines) for lines in messages), enveloped)
