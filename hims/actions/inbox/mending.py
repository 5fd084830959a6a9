"""What a person does about messages that could not be applied, and about words nobody knows."""

from datetime import datetime

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Invalid, Refused
from hims.models import (
    Actor,
    AppointmentService,
    BedSpace,
    CodeMapping,
    Department,
    Encounter,
    InboxMessage,
    Patient,
    Staff,
    Zone,
)
from hims.queries import inbox
from hims.wire import hl7v2

from .reading import arrived
from .receiving import carry_out

Status = InboxMessage.Status
REPLAYABLE = (Status.DEAD, Status.UNUSED, Status.SHADOW, Status.REFUSED)
KINDS = ("location", "class", "sex", "disposition", "provider", "service", "assigner")


@action("inbox.replay")
def replay(*, actor: Actor, now: datetime, message: InboxMessage) -> InboxMessage:
    """Apply a kept message now, as `actor`; what becomes of it stands in the row, as it did when
    it came. Raises Refused for one that was applied or settled."""
    row = _locked(message)
    if row.status not in REPLAYABLE or row.interface is None:
        raise Refused(Finding("nothing_to_replay", _("This message was applied or settled.")))
    inbox.forget()
    try:
        [plain] = hl7v2.batch(bytes(row.raw)).messages
        came = arrived(plain, row.interface.character_set, raw=bytes(row.raw))
    except hl7v2.Unreadable as error:
        raise Refused(Finding("unreadable", error.text)) from error
    row.attempts += 1
    notes = [{"kind": "text", "text": note} for note in came.notes]
    carry_out(row, actor=actor, now=now, came=came, notes=notes, live=True)
    return row


@action("inbox.settle")
def settle(*, actor: Actor, now: datetime, message: InboxMessage, reason: str) -> InboxMessage:
    """Nothing is to be done about a message any more, and why; its sender is told that it is taken
    if it tries again."""
    row = _locked(message)
    if not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why nothing is to be done."), field="reason"))
    if row.status not in (Status.DEAD, Status.UNUSED):
        raise Refused(Finding("nothing_to_settle", _("This message waits for nobody.")))
    row.status = Status.SETTLED
    row.acknowledgement = InboxMessage.Acknowledgement.ACCEPT
    row.settled_at, row.settled_by = now, actor
    row.notes = [*row.notes, {"kind": "settled", "text": reason.strip()[:300]}]
    row.save(
        update_fields=["status", "acknowledgement", "settled_at", "settled_by", "notes"],
    )
    touches(row)
    return row


@action("mapping.change")
def map_word(
    *, actor: Actor, now: datetime, mapping: CodeMapping, ours: str, reason: str = ""
) -> CodeMapping:
    """Say what another system's word means here; empty takes the meaning away. Messages that came
    before are not touched: replay them."""
    row = CodeMapping.objects.select_for_update(of=("self",)).get(pk=mapping.pk)
    ours = ours.strip()
    if ours and not _means_something(row.kind, ours):
        raise Invalid(Finding("unknown_word", _("This is not known here either."), field="ours"))
    row.ours = ours
    row.save()
    touches(row)
    inbox.forget()
    return row


def _means_something(kind: str, ours: str) -> bool:
    """Whether the word is one of this house's own."""
    if kind == "location":
        models = (BedSpace, Zone, Department)
        return any(model.objects.filter(code__iexact=ours).exists() for model in models)
    if kind == "provider":
        return Staff.objects.filter(number=ours).exists()
    if kind == "service":
        return AppointmentService.objects.filter(code=ours).exists()
    known = {
        "class": Encounter.Class.values,
        "sex": Patient.Sex.values,
        "disposition": Encounter.Disposition.values,
        "assigner": ["MRN"],
    }
    return ours in known.get(kind, ())


def _locked(message: InboxMessage) -> InboxMessage:
    rows = InboxMessage.objects.select_for_update(of=("self",)).select_related("interface")
    return rows.get(pk=message.pk)
