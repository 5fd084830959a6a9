"""One message of HL7 v2: its segments and fields, with separators and escapes taken away.

python-hl7 splits; this is the one place that imports it. What comes before it (line ends, batches,
character sets) is ours: given LF it finds one segment, given CRLF segments called "\\nPID".
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import hl7

from .errors import REQUIRED_MISSING, SEGMENT_SEQUENCE, Unreadable

NULL = '""'
"""HL7's null: what stood in this field shall be blank. An empty field says nothing."""

MOST_SEGMENTS = 5_000
LONGEST_CONTROL_ID = 199  # MSH-10 is ST of 199 since version 2.7

_SEGMENT_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_SEPARATORS = re.compile(r"MSH([^\w\s])([^\w\s]{1,5})\1")
_CHARACTERS = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")

Component = tuple[str, ...]
Repetition = tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Separators:
    """MSH-1 and MSH-2: field, component, repetition, escape, sub-component."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; fields are counted as in the standard, from 1, MSH-1 being the separator."""

    name: str
    separators: Separators
    parts: tuple[Component | tuple, ...] = field(repr=False)

    def repetitions(self, number: int) -> tuple[Repetition, ...]:
        """All repetitions of a field; none when it is empty, absent or null."""
        if number >= len(self.parts) or self.is_null(number):
            return ()
        return tuple(
            tuple(
                tuple(unescaped(leaf, self.separators) for leaf in _inner(component))
                for component in _inner(repetition)
            )
            for repetition in self.parts[number]
            if str(repetition)
        )

    def is_null(self, number: int) -> bool:
        """Whether the sender wants this field blank."""
        return number < len(self.parts) and str(self.parts[number]) == NULL

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A part of the first repetition of a field, without blanks around it; or empty."""
        found = self.repetitions(number)
        return part(found[0], component, subcomponent) if found else ""

    def whole(self, number: int) -> str:
        """A field as it was sent, separators and all."""
        return str(self.parts[number]) if number < len(self.parts) else ""


@dataclass(frozen=True, slots=True)
class Message:
    """The head of a message (MSH) and all its segments in their order, also those nobody knows."""

    segments: tuple[Segment, ...]
    separators: Separators
    application: str
    facility: str
    control_id: str
    type: str
    trigger: str
    version: str
    processing: str
    sent_at: str

    def all(self, name: str) -> Iterator[Segment]:
        """All segments called `name`."""
        return (segment for segment in self.segments if segment.name == name)

    def first(self, name: str) -> Segment | None:
        """The first segment called `name`, if there is one."""
        return next(self.all(name), None)

    @property
    def event(self) -> str:
        """Type and trigger, as people write them: ADT^A01."""
        return f"{self.type}^{self.trigger}" if self.trigger else self.type


def part(repetition: Repetition, component: int, subcomponent: int = 1) -> str:
    """A part of one repetition of a field, counted from 1; empty where there is none or null."""
    if component > len(repetition) or subcomponent > len(repetition[component - 1]):
        return ""
    text = repetition[component - 1][subcomponent - 1].strip()
    return "" if text == NULL else text


def parsed(text: str) -> Message:
    """The message in `text` (one, with CR line ends, as `batch` gives it); raises Unreadable."""
    separators = _separators(text)
    if text.count("\r") >= MOST_SEGMENTS:
        raise Unreadable(SEGMENT_SEQUENCE, f"There are more than {MOST_SEGMENTS} segments.")
    try:
        split = hl7.parse(text)
    except (hl7.HL7Exception, ValueError, IndexError, AssertionError) as error:
        raise Unreadable(SEGMENT_SEQUENCE, f"The segments cannot be told apart: {error}") from error
    segments = []
    for row in split:
        name = str(row[0])[:3]
        if not _SEGMENT_NAME.fullmatch(name) or len(str(row[0])) != 3:
            raise Unreadable(SEGMENT_SEQUENCE, f"{str(row[0])[:20]!r} is no name of a segment.")
        segments.append(Segment(name, separators, tuple(row)))
    return _headed(tuple(segments), separators)


def _headed(segments: tuple[Segment, ...], separators: Separators) -> Message:
    head = segments[0]
    kind, trigger = head.text(9), head.text(9, 2)
    if "_" in kind and not trigger:  # ADT_A01: seen from senders who mean ADT^A01
        kind, _, trigger = kind.partition("_")
    if not kind:
        raise Unreadable(REQUIRED_MISSING, "MSH-9 does not say what message this is.")
    control_id = head.text(10)
    if not control_id:
        raise Unreadable(REQUIRED_MISSING, "MSH-10 gives the message no control id.")
    if len(control_id) > LONGEST_CONTROL_ID:
        raise Unreadable(REQUIRED_MISSING, "The control id in MSH-10 is too long.")
    return Message(
        segments=segments,
        separators=separators,
        application=_named(head, 3),
        facility=_named(head, 4),
        control_id=control_id,
        type=kind.upper(),
        trigger=trigger.upper(),
        version=head.text(12),
        processing=head.text(11),
        sent_at=head.text(7),
    )


def _named(head: Segment, number: int) -> str:
    """A name of type HD: its namespace, or its universal id where there is no namespace."""
    return head.text(number) or head.text(number, 2)


def _separators(text: str) -> Separators:
    found = _SEPARATORS.match(text)
    if found is None:
        raise Unreadable(SEGMENT_SEQUENCE, "MSH does not begin with its separators.")
    given = found[2][:4]
    asked = Separators(found[1], *given)
    five = (asked.field, asked.component, asked.repetition, asked.escape, asked.subcomponent)
    if len(set(five)) != len(five):
        raise Unreadable(SEGMENT_SEQUENCE, "MSH names one separator twice.")
    return asked


def _inner(piece) -> tuple | list:
    """What stands in a container of python-hl7; a text stands for itself."""
    return (piece,) if isinstance(piece, str) else piece


def unescaped(text: str, separators: Separators) -> str:
    r"""`text` without escape sequences (HL7 2.7, 2.7): \F\ \S\ \T\ \R\ \E\, \Xdd\ and \.br\.

    Highlighting is dropped; sequences of other character sets become U+FFFD.
    """
    escape = separators.escape
    if escape not in text:
        return text
    known = {
        "F": separators.field,
        "S": separators.component,
        "T": separators.subcomponent,
        "R": separators.repetition,
        "E": escape,
        "H": "",
        "N": "",
        ".br": "\n",
        ".sp": "\n",
    }
    pieces = text.split(escape)
    out = [pieces[0]]
    at = 1
    while at < len(pieces):
        code = pieces[at]
        if at == len(pieces) - 1:  # an escape that nothing closes is only a sign
            out.append(escape + code)
            break
        out.append(_meaning(code, known))
        out.append(pieces[at + 1])
        at += 2
    return "".join(out)


def _meaning(code: str, known: dict[str, str]) -> str:
    if code in known:
        return known[code]
    if found := _CHARACTERS.fullmatch(code):
        return bytes.fromhex(found[1]).decode("utf-8", "replace").replace("\0", "\ufffd")
    return "\ufffd" if code[:1] in {"C", "M"} else " " if code[:1] == "." else ""
