"""The reading rules of the ground floor's models."""

from hims import models

from .scopes import holding, register


def _own_or(permission: str):
    """One's own row, or all rows for those who hold `permission`."""

    def rule(viewer, queryset):
        return queryset if viewer.may(permission) else queryset.filter(pk=viewer.pk)

    return rule


def _nobody_yet(viewer, queryset):
    """Patients need a care relationship, and no encounter exists yet that could be one."""
    return queryset.none()


register(models.Actor, _own_or("actors.view"))
register(models.AccessKey, holding("devices.view"))
register(models.Device, holding("devices.view"))
register(models.AuditEntry, holding("audit.view"))
register(models.Building, holding("places.view"))
register(models.Floor, holding("places.view"))
register(models.Zone, holding("places.view"))
register(models.Door, holding("places.view"))
register(models.Staff, holding("actors.view"))
register(models.Patient, _nobody_yet)
