"""A second person's yes: given once, in their own session, for exactly what they were shown."""

from django.db import models
from django.db.models import F, Q

from .base import Public
from .people import Actor


class Confirmation(Public):
    """A question to a second person.

    `shown` is what they read before they say yes; `digest` is SHA-256 of what it stands for, so
    that a yes for one thing cannot be used for another. `session_key` and `phone` hold where it
    was asked: the answer must come from elsewhere.
    """

    purpose = models.CharField(max_length=60)
    shown = models.JSONField()
    digest = models.BinaryField(max_length=32)
    asked_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_from = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    given_by = models.ForeignKey(Actor, null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(null=True)
    refused = models.CharField(max_length=300, blank=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="confirmation_by_another_person",
                condition=Q(given_by=None) | ~Q(given_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="confirmation_used_after_given",
                condition=Q(used_at=None) | Q(given_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="confirmation_open", condition=Q(given_by=None)
            ),
        ]

    def __str__(self):
        return f"{self.purpose} {self.uid}"
