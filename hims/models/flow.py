"""What the board says before it is known: suggested rooms, predicted waits, crowding."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Public
from .departments import Department
from .encounters import Encounter
from .people import Actor
from .rooms import BedSpace


class RoomSuggestion(Public):
    """The next patient for a space as it was suggested, with its reasons and what became of it."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        OVERTAKEN = "overtaken", _("overtaken by events")

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="suggestions")
    bed_space = models.ForeignKey(BedSpace, on_delete=models.PROTECT, related_name="suggestions")
    suggested_at = models.DateTimeField()
    reasons = models.JSONField(default=list)
    answer = models.CharField(max_length=9, choices=Answer, blank=True)
    answered_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    why_not = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["encounter", "bed_space"],
                name="suggestion_once_open",
                condition=Q(answer=""),
            ),
            models.CheckConstraint(
                name="suggestion_refused_says_why", condition=~Q(answer="refused") | ~Q(why_not="")
            ),
        ]

    def __str__(self):
        return f"{self.encounter} to {self.bed_space}"


class WaitPrediction(models.Model):
    """What a patient was told to expect when they began to wait for a room, and what it was.

    Times in minutes. `shown` is whether the sign spoke, or was silent because it was not to be
    trusted at that time.
    """

    encounter = models.OneToOneField(
        Encounter, on_delete=models.PROTECT, related_name="wait_prediction"
    )
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    acuity = models.PositiveSmallIntegerField(null=True)
    predicted_at = models.DateTimeField()
    ahead = models.PositiveSmallIntegerField()
    departures_per_hour = models.FloatField()
    expected_min = models.FloatField()
    p90_min = models.FloatField(null=True)
    rolling_mean_min = models.FloatField(null=True)
    shown = models.BooleanField(default=False)
    waited_min = models.FloatField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["department", "settled_at"], name="prediction_settled"),
        ]

    def __str__(self):
        return f"{self.expected_min:.0f} min"


class CrowdingReading(models.Model):
    """How crowded a department was at one time, by two scores; None where one is not defined."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="crowding")
    at = models.DateTimeField()
    nedocs = models.FloatField(null=True)
    edwin = models.FloatField(null=True)
    inputs = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["department", "at"], name="crowding_once_a_time"),
        ]

    def __str__(self):
        return f"{self.department} {self.at:%H:%M}"


class DowntimeSheet(models.Model):
    """A printed board for when nothing runs: where it was written, when, how large."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    path = models.CharField(max_length=400)
    size = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["department", "-written_at"], name="sheet_latest")]

    def __str__(self):
        return self.path
