"""Patients that a viewer may know of."""

from django.db.models import Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, Patient

SHOWN = 100


def patients(viewer: Actor, words: str = "") -> QuerySet[Patient]:
    """The patients whom `viewer` cares for, by name; `words` must all be in name or number."""
    found = visible_to(viewer, Patient.objects.all())
    for word in words.split()[:6]:
        found = found.filter(
            Q(family__icontains=word) | Q(given__icontains=word) | Q(mrn__icontains=word)
        )
    return found.order_by("family", "given", "mrn")
