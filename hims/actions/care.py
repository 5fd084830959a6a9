"""To begin to care for a patient: their record opens to whoever has them before them."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Refused
from hims.models import Actor, CareRelationship, Patient
from hims.queries.patients import by_number
from hims.wire import own_codes

LASTS = timedelta(hours=12)


@action("care.begin")
def begin_care(*, actor: Actor, now: datetime, text: str) -> Patient:
    """Open the record of the patient whose wristband code or whole record number `text` is, for
    the length of a shift. Raises Refused when nobody has it; a part of a number finds nobody."""
    own = own_codes.parsed(text)
    read = own is not None and own[0] == "patient"
    number = own[1] if own and read else text.strip()
    patient = by_number(number) if number else None
    if patient is None:
        raise Refused(
            Finding(
                "unknown_patient",
                _("No patient has this number. Read the wristband, or type the whole number."),
                field="patient",
            )
        )
    basis = CareRelationship.Basis.WRISTBAND if read else CareRelationship.Basis.NUMBER
    CareRelationship.objects.create(
        patient=patient, actor=actor, basis=basis, begun_at=now, ends_at=now + LASTS
    )
    touches(patient)
    return patient
