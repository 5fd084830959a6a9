"""HL7 v2 as hospitals send it: bytes to messages, messages to values, and the answer back.

    batch(raw).messages -> decoded(bytes).text -> parsed(text) -> admission(...) or booking(...)

Nothing here knows who is known, what a code means in this house, or what time it is.
"""

from .adt import (
    Admission,
    AllergySaid,
    BedSaid,
    ContactSaid,
    MergeSaid,
    PatientSaid,
    VisitSaid,
    admission,
)
from .answer import ACCEPTED, ERROR, REJECTED, Answer, acknowledgement, enclosed
from .errors import Unreadable
from .framing import CUT_SHORT, LONGEST, TOO_LONG, Frame, Frames, framed
from .message import Message, Segment, parsed
from .siu import Booking, Resource, booking
from .text import CHARACTER_SETS, LOSSY, Batch, Decoded, batch, decoded
from .times import PartialDate, day_said, moment_said
from .values import Coded, Identifier, Location, Name, Phone, Provider

__all__ = [
    "ACCEPTED",
    "CHARACTER_SETS",
    "CUT_SHORT",
    "ERROR",
    "LONGEST",
    "LOSSY",
    "REJECTED",
    "TOO_LONG",
    "Admission",
    "AllergySaid",
    "Answer",
    "Batch",
    "BedSaid",
    "Booking",
    "Coded",
    "ContactSaid",
    "Decoded",
    "Frame",
    "Frames",
    "Identifier",
    "Location",
    "MergeSaid",
    "Message",
    "Name",
    "PartialDate",
    "PatientSaid",
    "Phone",
    "Provider",
    "Resource",
    "Segment",
    "Unreadable",
    "VisitSaid",
    "acknowledgement",
    "admission",
    "batch",
    "booking",
    "day_said",
    "decoded",
    "enclosed",
    "framed",
    "moment_said",
    "parsed",
]
