"""Who cares for whom, and until when: what opens a patient's record to a person."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .people import Actor, Patient


class CareRelationship(models.Model):
    """A person began to care for a patient who stood or lay before them: they read the wristband
    or gave the whole record number. It ends by itself."""

    class Basis(models.TextChoices):
        WRISTBAND = "wristband", _("wristband read")
        NUMBER = "number", _("whole record number given")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="carers")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="caring_for")
    basis = models.CharField(max_length=9, choices=Basis)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="care_ends_after_it_began", condition=Q(ends_at__gt=F("begun_at"))
            ),
        ]
        indexes = [models.Index(fields=["actor", "ends_at"], name="care_of_actor")]

    def __str__(self):
        return f"{self.actor} until {self.ends_at:%Y-%m-%d %H:%M}"
