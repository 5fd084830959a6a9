"""Where bearers were: intervals in zones, half-open. The history that is kept."""

from django.db import models

from hims.models import Floor, Zone

from .bearers import Borne, exactly_one_bearer


class OpenStay(Borne):
    """A stay that has not ended; on its end it moves into Stay."""

    zone = models.ForeignKey(Zone, on_delete=models.PROTECT, related_name="+")
    floor = models.ForeignKey(Floor, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    probability = models.FloatField()
    source = models.CharField(max_length=8)

    class Meta:
        constraints = [
            exactly_one_bearer("open_stay_one_bearer"),
            models.UniqueConstraint(fields=["asset"], name="one_open_stay_per_asset"),
            models.UniqueConstraint(fields=["patient"], name="one_open_stay_per_patient"),
            models.UniqueConstraint(fields=["staff"], name="one_open_stay_per_staff"),
        ]

    def __str__(self):
        return f"open stay {self.pk}"


class Stay(models.Model):
    """A stay that ended. The table is partitioned by the month of `ended_at` and dropped whole.

    Nothing has a foreign key to it and it has none: a correction refers to it by `id`.
    """

    id = models.BigIntegerField(primary_key=True)
    asset_id = models.BigIntegerField(null=True)
    patient_id = models.BigIntegerField(null=True)
    staff_id = models.BigIntegerField(null=True)
    zone_id = models.BigIntegerField()
    floor_id = models.BigIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    probability = models.FloatField()
    source = models.CharField(max_length=8)

    class Meta:
        managed = False
        db_table = "tracking_stay"

    def __str__(self):
        return f"stay {self.pk}"
