"""HL7 messages of our own for tests: short, with values a reader can check in the head."""


def adt(
    trigger: str = "A01",
    *,
    control: str = "1",
    at: str = "20260302090000+0000",
    number: str = "4711",
    name: str = "Weber^Anna",
    birth: str = "19700405",
    sex: str = "F",
    visit: str = "V1",
    place: str = "",
    patient_class: str = "I",
    application: str = "ADT",
    head: str = "",
    more: tuple[str, ...] = (),
    pid: str = "",
    pv1: str = "",
) -> bytes:
    """An ADT message with CR line ends; `more` are segments after PV1."""
    segments = [
        f"MSH|^~\\&|{application}|NORTH|HIMS|HOUSE|{at}||ADT^{trigger}|{control}|P|2.5{head}",
        f"EVN|{trigger}|{at}",
        pid or f"PID|1||{number}^^^NORTH^MR||{name}||{birth}|{sex}",
    ]
    if visit or pv1:
        segments.append(
            pv1
            or f"PV1|1|{patient_class}|{place}||||||||||||||||{visit}^^^NORTH^VN" + "|" * 25 + at
        )
    return "\r".join([*segments, *more, ""]).encode()


def siu(
    trigger: str = "S12",
    *,
    control: str = "1",
    at: str = "20260302090000+0000",
    number: str = "77",
    begins: str = "202603031000+0000",
    ends: str = "202603031030+0000",
    person: str = "S-1",
    place: str = "",
    patient: str = "4711",
) -> bytes:
    """A SIU message with one service, one person and one place."""
    segments = [
        f"MSH|^~\\&|SCH|NORTH|HIMS|HOUSE|{at}||SIU^{trigger}|{control}|P|2.5",
        f"SCH|P{number}|{number}||||ROUTINE|CHECK^Check-up|NORMAL|30|min",
        f"TQ1|1||||||{begins}|{ends}",
        f"PID|1||{patient}^^^NORTH^MR||Weber^Anna||19700405|F",
        "RGS|1",
        f"AIS|1||CHECK^Check-up|{begins}|||30|min",
        f"AIL|1||{place}",
        f"AIP|1||{person}^Berg^Ole",
    ]
    return "\r".join([*segments, ""]).encode()
