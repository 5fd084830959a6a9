"""A call for help from a staff member: the one time a named position is shown unasked."""

from django.db import models

from hims.models import Actor, Public, Staff, Trail, Zone


class Duress(Public):
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    zone = models.ForeignKey(Zone, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = Trail()

    class Meta:
        verbose_name_plural = "duress calls"

    def __str__(self):
        return f"duress call {self.pk}"
