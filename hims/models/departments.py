"""Departments, and who is on shift in them: who sees their patients and hears their alerts."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .people import Actor
from .places import Zone


class Department(Public):
    """A part of the hospital that takes patients; its rooms are the members of `area`."""

    class Kind(models.TextChoices):
        EMERGENCY = "emergency", _("emergency department")
        INPATIENT = "inpatient", _("ward")
        OUTPATIENT = "outpatient", _("clinic")
        THEATRE = "theatre", _("theatre")
        IMAGING = "imaging", _("imaging")

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    area = models.OneToOneField(Zone, on_delete=models.PROTECT, related_name="department")
    active = models.BooleanField(default=True)

    history = Trail()

    def __str__(self):
        return self.name


class Shift(Public):
    """A person works in a department from one time to another: from a plan, or because they said
    "I am here". Open shifts end by themselves."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="shifts")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="shifts")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    planned_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")

    history = Trail()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shift_ends_after_it_begins", condition=Q(ends_at__gt=F("begins_at"))
            ),
        ]
        indexes = [
            models.Index(fields=["actor", "ends_at"], name="shift_of_actor"),
            models.Index(fields=["department", "ends_at"], name="shift_of_department"),
        ]

    def __str__(self):
        return f"{self.actor} in {self.department}"
