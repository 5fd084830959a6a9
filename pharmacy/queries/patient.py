"""What whoever prescribes, verifies or gives must see of a patient: on one screen."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from hims.access.scopes import visible_to
from hims.models import Actor, Patient
from pharmacy.domain.checks_dose import weight_good_for
from pharmacy.models import Allergy, AllergyStatement, MedicationOrder, Weight

from .orders import current_of


@dataclass(frozen=True)
class Record:
    """Allergies, weight and current medicines of a patient, as the viewer may know of them.

    asked: who last asked about allergies and when, if anybody did. weight_stale: it is older than
    the age of the patient lets it be (see `pharmacy.domain.checks_dose`).
    """

    patient: Patient
    allergies: list[Allergy]
    asked: AllergyStatement | None
    weight: Weight | None
    weight_stale: bool
    weight_good_for: int
    medicines: list[MedicationOrder]


def record_of(viewer: Actor, patient: Patient, *, now: datetime) -> Record:
    """The record of a patient; whoever shows it keeps the look."""
    today = timezone.localdate(now)
    allergies = visible_to(viewer, Allergy.objects.all())
    asked = visible_to(viewer, AllergyStatement.objects.all())
    weights = visible_to(viewer, Weight.objects.all())
    weight = weights.filter(patient=patient, measured_at__lte=now).order_by("-measured_at").first()
    age = (today - patient.birth_date).days if patient.birth_date else None
    good_for = weight_good_for(age)
    measured = timezone.localdate(weight.measured_at) if weight else None
    return Record(
        patient=patient,
        allergies=list(
            allergies.filter(patient=patient, status=Allergy.Status.ACTIVE)
            .select_related("ingredient")
            .order_by("-severity", "pk")
        ),
        asked=asked.filter(patient=patient).select_related("actor").first(),
        weight=weight,
        weight_stale=measured is not None and (today - measured).days > good_for,
        weight_good_for=good_for,
        medicines=list(current_of(viewer, patient, now).order_by("pk")),
    )
