"""Promises with a due time. The row is the job: the clock only wakes the reader."""

from django.db import models
from django.db.models import Q

from .base import Public


class Timer(Public):
    """Something that must happen at `due_at`, whatever crashes in between."""

    kind = models.CharField(max_length=60)
    due_at = models.DateTimeField()
    subject = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="timer_due", condition=Q(done_at__isnull=True)),
        ]

    def __str__(self):
        return f"{self.kind} {self.subject}"


class ClockBeat(models.Model):
    """When a part of the clock was last seen at work: the beat that wakes, the worker that runs."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self):
        return self.part
