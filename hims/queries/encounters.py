"""Visits that a viewer may know of, and what was said in them."""

from uuid import UUID

from django.db.models import Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Encounter, Patient


def encounters_of(
    viewer: Actor, *, department: str = "", open_only: bool = False
) -> QuerySet[Encounter]:
    """Visits with their department and everything that was said in them."""
    found = visible_to(viewer, Encounter.objects.all())
    if department:
        found = found.filter(department__code=department)
    if open_only:
        found = found.filter(status__in=[*Encounter.OPEN, Encounter.Status.PLANNED])
    return found.select_related("department").prefetch_related("milestones__actor")


def known_patients(patients: QuerySet[Patient], text: str) -> QuerySet[Patient]:
    """Those of `patients` whose public id or whole record number is `text`."""
    text = text.strip()
    try:
        by_uid = Q(uid=UUID(text))
    except ValueError:
        by_uid = Q()
    return patients.filter(Q(mrn=text) | by_uid) if text else patients.none()
