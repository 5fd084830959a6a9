"""The reading rules of the ground floor's models."""

from django.db.models import Q
from django.utils import timezone

from hims import models

from .relations import related_patients, relation
from .scopes import holding, register


def _own_or(permission: str):
    """One's own row, or all rows for those who hold `permission`."""

    def rule(viewer, queryset):
        return queryset if viewer.may(permission) else queryset.filter(pk=viewer.pk)

    return rule


def _related(viewer, queryset):
    """Patients need a care relationship."""
    return queryset.filter(pk__in=related_patients(viewer).values("pk"))


def _asked_or_open(viewer, queryset):
    """One's own questions, those one answered, and what waits for a second person."""
    own = Q(asked_by=viewer) | Q(given_by=viewer)
    return queryset.filter(own | Q(given_by=None) if viewer.may("confirmation.give") else own)


@relation("people who have the patient before them")
def _caring_for(viewer):
    caring = models.CareRelationship.objects.filter(actor=viewer, ends_at__gt=timezone.now())
    return caring.values("patient_id")


register(models.Actor, _own_or("actors.view"))
register(models.AccessKey, holding("devices.view"))
register(models.Device, holding("devices.view"))
register(models.AuditEntry, holding("audit.view"))
register(models.Building, holding("places.view"))
register(models.Floor, holding("places.view"))
register(models.Zone, holding("places.view"))
register(models.Door, holding("places.view"))
register(models.Staff, holding("actors.view"))
register(models.Patient, _related)
register(models.CareRelationship, holding("audit.view"))
register(models.Confirmation, _asked_or_open)
