"""Every message that real systems publish as an example is answered as it should be."""

import json

import pytest
from django.db import transaction

from hims.models import CodeMapping, InboxMessage
from hims.queries import inbox
from tests import given
from tests.given_flow import a_department
from tests.hims.inbox.given_inbox import answers

pytestmark = pytest.mark.django_db

TAKEN = {
    *(f"ADT^{trigger}" for trigger in ("A01", "A02", "A03", "A04", "A05", "A08", "A11", "A12")),
    *(f"ADT^{trigger}" for trigger in ("A13", "A20", "A28", "A31", "A40", "A60")),
    *(f"SIU^{trigger}" for trigger in ("S12", "S13", "S14", "S15", "S26")),
}


def test_each_example_is_answered_alone_as_its_type_asks(recordings):
    a_department(given.hospital())
    files = json.loads((recordings / "hl7" / "manifest.json").read_text())
    assert len(files) >= 30
    table = []
    for entry in files:
        body = (recordings / "hl7" / entry["file"]).read_bytes()
        inbox.forget()
        with transaction.atomic():
            [told] = answers(body, any_sender=True)
            row = InboxMessage.objects.get()
            words = CodeMapping.objects.count()
            notes = "; ".join(note["text"] for note in row.notes)
            transaction.set_rollback(True)
        wanted = "AA" if row.message_type in TAKEN else "AR"
        line = f"{entry['file']}: {told.code} {told.condition} {row.status}: {told.words}{notes}"
        table.append(f"{line} [{words} words to map]")
        assert told.code == wanted, line
    print("\n".join(table))


def test_all_of_them_in_one_house_leave_a_true_record(recordings):
    """Many share one control id: another event under it counts, the same event again does not."""
    from hims.verifiers.messages import messages

    a_department(given.hospital())
    inbox.forget()
    codes = {"AA": 0, "AE": 0, "AR": 0}
    for path in sorted((recordings / "hl7").glob("*.hl7")):
        [told] = answers(path.read_bytes(), any_sender=True)
        codes[told.code] += 1
    assert codes["AE"] == 0
    assert messages(None) == (InboxMessage.objects.count(), None)
