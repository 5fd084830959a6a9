"""What becomes of one message while it is applied: what was done, and what was not and why."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.models import Actor, Encounter, Interface, Patient
from hims.queries import inbox
from hims.wire.hl7v2 import LOSSY, Location

CLOCKS_DIFFER = timedelta(hours=1)  # a sender's clock that is further ahead is not believed

OWNABLE = ("demographics", "contacts", "visits", "location", "beds", "allergies", "appointments")

# Words of the standard that need no mapping: tables 0001, 0004 and 0112.
STANDARD: dict[str, dict[str, str]] = {
    "sex": {
        "F": "female",
        "M": "male",
        "O": "other",
        "A": "other",
        "U": "unknown",
        "N": "unknown",
    },
    "class": {
        "E": "EMER",
        "I": "IMP",
        "B": "IMP",
        "P": "IMP",
        "O": "AMB",
        "R": "AMB",
        "C": "AMB",
    },
    "disposition": {
        "01": "home",
        "02": "transfer",
        "03": "transfer",
        "05": "transfer",
        "06": "home",
        "07": "against-advice",
        "09": "admit",
        "20": "died",
        "41": "died",
    },
}


@dataclass
class Account:
    """Who said it, as whom it is applied, and what came of it.

    notes: kind and words of each thing done (kind "did") and left. unused: nothing was applied.
    """

    interface: Interface
    actor: Actor
    now: datetime
    application: str
    ordered_at: datetime
    lossy: bool = False
    patient: Patient | None = None
    encounter: Encounter | None = None
    unused: bool = False
    notes: list[dict[str, str]] = field(default_factory=list)
    unmapped: set[tuple[str, str]] = field(default_factory=set)

    def did(self, text: str) -> None:
        """Something was done."""
        self.notes.append({"kind": "did", "text": text})

    def left(self, kind: str, text: str) -> None:
        """Something was not done; kind: unmapped, not_owned, older, conflict or text."""
        note = {"kind": kind, "text": text}
        if note not in self.notes:
            self.notes.append(note)

    def owns(self, what: str) -> bool:
        """Whether the sender owns these fields; what it does not own is noted, not applied."""
        if what in self.interface.owns:
            return True
        self.left(
            "not_owned",
            _("%(sender)s does not own %(what)s: kept, not applied.")
            % {"sender": self.interface, "what": what},
        )
        return False

    def word(self, kind: str, theirs: str) -> str:
        """What the sender's word means here, by the mapping or the standard; else empty, and the
        word is listed."""
        if not theirs:
            return ""
        ours = inbox.mapped(self.interface).get((kind, theirs))
        ours = ours or STANDARD.get(kind, {}).get(theirs.upper(), "")
        if not ours:
            self.unknown(kind, theirs)
        return ours

    def unknown(self, kind: str, theirs: str) -> None:
        """List a word that means nothing here yet."""
        self.unmapped.add((kind, theirs[:180]))
        self.left(
            "unmapped",
            _("The %(kind)s “%(word)s” means nothing here yet.") % {"kind": kind, "word": theirs},
        )

    def place(self, location: Location | None) -> inbox.Place:
        """Where a place of the sender's is in this house; listed when it is not known."""
        if location is None:
            return inbox.NOWHERE
        found = inbox.place(self.interface, location)
        if found is inbox.NOWHERE or (location.bed and found.space is None):
            self.unknown("location", location.code)
        return found

    def readable(self, said: dict) -> dict:
        """Those of the texts in which no sign was lost."""
        lost = [name for name, value in said.items() if isinstance(value, str) and LOSSY in value]
        if lost:
            self.left(
                "text",
                _("Not applied, as signs were lost in it: %(fields)s.")
                % {"fields": ", ".join(lost)},
            )
        return {name: value for name, value in said.items() if name not in lost}

    def believable(self, *moments: datetime | None) -> datetime:
        """The first of the times that is not in the future; now, if none is."""
        for moment in moments:
            if moment is not None and moment <= self.now + CLOCKS_DIFFER:
                return min(moment, self.now)
        return self.now
