"""What the registration system of the demonstration says: HL7 v2 messages of who arrives."""

from datetime import datetime

SENDER = "DEMO-REGISTRATION"
UNMAPPED_WARD = "AMU-OLD"
"""A ward by a name that this hospital does not know, until somebody says which one is meant."""


def arrival(
    *,
    number: str,
    at: datetime,
    family: str,
    given: str,
    born: int,
    sex: str,
    complaint: str,
    ward: str = "ED",
) -> bytes:
    """An ADT^A04 in version 2.5. `number` is the control id, and names the patient and the visit;
    born: the year; sex: F or M."""
    stamp = at.strftime("%Y%m%d%H%M%S%z")
    segments = [
        f"MSH|^~\\&|{SENDER}|HOUSE|HIMS|HOUSE|{stamp}||ADT^A04|{number}|P|2.5",
        f"EVN|A04|{stamp}",
        f"PID|1||D{number}^^^DEMO^MR||{family}^{given}||{born}0615|{sex}",
        f"PV1|1|E|{ward}||||||||||||||||V{number}^^^DEMO^VN" + "|" * 25 + stamp,
        f"PV2|||^{complaint}",
        "",
    ]
    return "\r".join(segments).encode()
