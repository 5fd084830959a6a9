"""A sender that is listed and owns everything, and what it is told."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hims.actions.inbox.interfaces import add_interface
from hims.feeds import hl7
from hims.models import CodeMapping, Encounter, InboxMessage, Interface
from hims.queries import inbox
from hims.queries.actors import console
from hims.wire import hl7v2
from tests.hims.wire.messages import adt

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """What a sender hears: AA, AE or AR, and the words."""

    code: str
    words: str
    condition: str


def answers(body: bytes, *, at: datetime = NOON, any_sender: bool = False) -> list[Told]:
    """All answers to a frame that comes at `at`."""
    said = hl7.answer(body, any_sender=any_sender, clock=lambda: at)
    found = []
    for one in hl7v2.batch(said).messages:
        message = hl7v2.parsed(hl7v2.decoded(one).text)
        told, error = message.first("MSA"), message.first("ERR")
        found.append(Told(told.text(1), told.text(3), error.text(3) if error else ""))
    return found


def told(body: bytes, **more) -> Told:
    """The one answer to a frame."""
    [one] = answers(body, **more)
    return one


def listed(application: str = "ADT", **more) -> Interface:
    """A sender that an administrator has listed; it owns everything and is applied."""
    inbox.forget()
    more.setdefault("mode", Interface.Mode.LIVE)
    more.setdefault("name", f"Sender {application}")
    return add_interface(
        actor=console(),
        now=NOON,
        sending_application=application,
        sending_facility="NORTH",
        **more,
    )


def kept(control: str = "1") -> InboxMessage:
    return InboxMessage.objects.get(control_id=control)


def visit(number: str = "V1") -> Encounter:
    return Encounter.objects.get(visit_number=number)


def walked(house) -> None:
    """A sender, a word of its that means nothing, and a message that could not be applied."""
    inbox.forget()
    listed()
    assert told(adt("A28", visit="", sex="X", birth="18000101"), at=house.now).code == "AE"


SUBJECTS = {
    "messages": lambda house: InboxMessage.objects.get(control_id="1"),
    "words": lambda house: CodeMapping.objects.get(),
    "senders": lambda house: Interface.objects.get(),
}
