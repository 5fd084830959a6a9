"""What was done and asked, once and for ever: audit entries, their seals, and answers given to
keyed calls."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from .people import Actor


class AuditEntry(models.Model):
    """One action or look. The database refuses to change or drop a row (see the migration)."""

    at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+", db_index=False)
    action = models.CharField(max_length=60)
    objects_named = ArrayField(models.CharField(max_length=80), default=list)
    door = models.CharField(max_length=12)
    request_id = models.CharField(max_length=40, blank=True)
    digest = models.BinaryField(max_length=32)
    reason = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["actor", "id"], name="audit_by_actor"),
            GinIndex(fields=["objects_named"], name="audit_by_object"),
        ]

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action}"


class AuditSeal(models.Model):
    """A batch of audit entries, closed: the Merkle root over its leaves (RFC 6962, 2.1), chained
    to the seal before it. `hash` covers all of the other fields; the first seal follows 32 zero
    bytes. Append-only."""

    number = models.PositiveBigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    entries = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="seal_numbers_begin_with_one",
                condition=models.Q(number__gte=1, entries__gte=1),
            ),
        ]

    def __str__(self):
        return f"seal {self.number}"


class AuditLeaf(models.Model):
    """The place of an entry under a seal, from 0: never "all entries up to N", because an entry
    that commits late would slip in unseen. `digest` is that of the entry when it was sealed."""

    entry = models.OneToOneField(
        AuditEntry, primary_key=True, on_delete=models.PROTECT, related_name="leaf"
    )
    seal = models.ForeignKey(
        AuditSeal, on_delete=models.PROTECT, related_name="leaves", db_index=False
    )
    position = models.PositiveBigIntegerField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seal", "position"], name="leaf_place_in_its_seal"),
        ]

    def __str__(self):
        return f"entry {self.entry_id} in {self.seal}"


class IdempotentAnswer(models.Model):
    """The answer given to a keyed call, so that the same call again has one effect."""

    actor = models.ForeignKey(Actor, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_answer_per_key")]

    def __str__(self):
        return self.key
