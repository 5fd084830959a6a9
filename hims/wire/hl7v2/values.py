"""The data types of HL7 v2 that we read: identifiers, names, places, codes, phones.

Each reads one repetition of a field. The sender's own words are kept: nothing is mapped here.
"""

from dataclasses import dataclass

from .message import Repetition, Segment, part

_NOT_LEGAL = {"A", "M", "N", "S", "U", "BAD"}  # table 0200: alias, maiden, nick, coded, unknown


@dataclass(frozen=True, slots=True)
class Identifier:
    """CX or EI: a number, who gave it and what kind it is (MR, PI, SS, VN, AN …)."""

    value: str
    assigner: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """XPN or XCN without its number; `kind` is L for the legal name, A for an alias."""

    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    prefix: str = ""
    kind: str = ""

    @property
    def full(self) -> str:
        """As it is spoken: given, middle, family."""
        return " ".join(word for word in (self.given, self.middle, self.family) if word)


@dataclass(frozen=True, slots=True)
class Provider:
    """XCN: somebody who works with patients."""

    number: str = ""
    name: Name = Name()


@dataclass(frozen=True, slots=True)
class Location:
    """PL: point of care, room, bed; facility, building and floor round them."""

    point_of_care: str = ""
    room: str = ""
    bed: str = ""
    facility: str = ""
    building: str = ""
    floor: str = ""

    @property
    def code(self) -> str:
        """The three that name a place, as the mapping knows them: point of care^room^bed."""
        return "^".join((self.point_of_care, self.room, self.bed)).rstrip("^")


@dataclass(frozen=True, slots=True)
class Coded:
    """CE or CWE: a code, its text and the system it is of."""

    code: str = ""
    text: str = ""
    system: str = ""

    @property
    def words(self) -> str:
        """The text, or the code where there is none."""
        return self.text or self.code


@dataclass(frozen=True, slots=True)
class Phone:
    """XTN: a number or an address, with its use (PRN, WPN, NET …) and equipment (PH, CP …)."""

    number: str
    use: str = ""
    equipment: str = ""


def identifier(said: Repetition) -> Identifier:
    """CX: the number, its assigning authority (name, else universal id) and kind."""
    return Identifier(part(said, 1), part(said, 4) or part(said, 4, 2), part(said, 5))


def entity(said: Repetition) -> Identifier:
    """EI: the number and its name space."""
    return Identifier(part(said, 1), part(said, 2) or part(said, 3))


def identifiers(segment: Segment, number: int) -> tuple[Identifier, ...]:
    """All numbers in a field, without those that hold none."""
    found = (identifier(said) for said in segment.repetitions(number))
    return tuple(each for each in found if each.value)


def name(said: Repetition, first: int = 1) -> Name:
    """XPN, or what follows the number in XCN (`first` is then 2)."""
    kind = part(said, 7) if first == 1 else part(said, 10)
    family, given, middle, suffix, prefix = (part(said, first + each) for each in range(5))
    return Name(family, given, middle, suffix, prefix, kind)


def legal_name(segment: Segment, number: int) -> Name | None:
    """The name in a field: the first, as the standard says, unless that is an alias, a maiden or a
    coded name and another is not. None where there is none."""
    names = [name(said) for said in segment.repetitions(number)]
    names = [each for each in names if each.family or each.given]
    proper = [each for each in names if each.kind not in _NOT_LEGAL]
    return next(iter(proper or names), None)


def provider(segment: Segment, number: int) -> Provider | None:
    """The first person in a field of type XCN."""
    for said in segment.repetitions(number):
        found = Provider(part(said, 1), name(said, 2))
        if found.number or found.name.full:
            return found
    return None


def location(segment: Segment, number: int) -> Location | None:
    """The place in a field of type PL; None where it names none."""
    for said in segment.repetitions(number):
        found = Location(
            point_of_care=part(said, 1),
            room=part(said, 2),
            bed=part(said, 3),
            facility=part(said, 4),
            building=part(said, 7),
            floor=part(said, 8),
        )
        if found.code:
            return found
    return None


def coded(segment: Segment, number: int) -> Coded | None:
    """The code in a field of type CE or CWE."""
    for said in segment.repetitions(number):
        found = Coded(part(said, 1), part(said, 2), part(said, 3))
        if found.words:
            return found
    return None


def phones(segment: Segment, number: int) -> tuple[Phone, ...]:
    """The numbers in a field of type XTN: as one text, else put together from its parts."""
    found = []
    for said in segment.repetitions(number):
        parts = [part(said, each) for each in (5, 6, 7)]  # country, area, local
        written = part(said, 1) or part(said, 12) or part(said, 4)
        spoken = written or " ".join(each for each in parts if each)
        if spoken:
            found.append(Phone(spoken, part(said, 2), part(said, 3)))
    return tuple(found)
