"""Alerts: raised once, grouped, owned, acknowledged or escalated, resolved, and all of it kept."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hims.access.roles import Role

from .base import Public, Trail
from .departments import Department
from .people import Actor, Patient


class Priority(models.TextChoices):
    """After IEC 60601-1-8."""

    HIGH = "high", _("high")
    MEDIUM = "medium", _("medium")
    LOW = "low", _("low")


class AlertRule(Public):
    """How one kind of alert behaves: after how long, for whom, how loud. `code` is known to the
    code that raises it; everything else is the hospital's choice."""

    code = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    priority = models.CharField(max_length=6, choices=Priority)
    owner_role = models.CharField(
        max_length=24, choices=[(role.value, role.value) for role in Role]
    )
    delay_s = models.PositiveIntegerField(default=0)
    clears_after_s = models.PositiveIntegerField(default=0)
    threshold_min = models.FloatField(null=True, blank=True)
    acknowledge_within_s = models.PositiveIntegerField(default=300)
    escalates_to = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    active = models.BooleanField(default=True)

    history = Trail()

    def __str__(self):
        return self.title


class Alert(Public):
    """One cause that somebody must know of. Several things with the same cause are its
    occurrences; never of two patients, never of two priorities.

    `level` is how often it was escalated. Whether it was worth raising (`acted_on`) is said when
    it ends: that is its rule's score.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("not yet")
        RAISED = "raised", _("raised")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        RESOLVED = "resolved", _("resolved")

    OPEN = (Status.PENDING, Status.RAISED, Status.ACKNOWLEDGED)

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="alerts")
    group_key = models.CharField(max_length=120)
    priority = models.CharField(max_length=6, choices=Priority)
    status = models.CharField(max_length=12, choices=Status, default=Status.RAISED)
    title = models.CharField(max_length=200)
    text = models.CharField(max_length=500, blank=True)
    url = models.CharField(max_length=200, blank=True)
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    owner = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="alerts"
    )
    owner_role = models.CharField(max_length=24)
    level = models.PositiveSmallIntegerField(default=0)
    begun_at = models.DateTimeField()
    raised_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=200, blank=True)
    acted_on = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "group_key", "patient", "priority"],
                name="alert_one_open_per_cause",
                condition=~Q(status="resolved"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="alert_resolved_has_a_time",
                condition=~Q(status="resolved") | Q(resolved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="alert_acknowledged_by_somebody",
                condition=~Q(status="acknowledged") | Q(acknowledged_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "raised_at"],
                name="alert_open",
                condition=~Q(status="resolved"),
            ),
            models.Index(fields=["rule", "begun_at"], name="alert_of_rule"),
        ]

    def __str__(self):
        return self.title


class AlertOccurrence(models.Model):
    """One thing that an alert is about: when it began, when it was over by itself."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="occurrences")
    subject = models.CharField(max_length=80)
    text = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "subject"],
                name="occurrence_once_open",
                condition=Q(cleared_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["subject"], name="occurrence_open", condition=Q(cleared_at__isnull=True)
            ),
        ]

    def __str__(self):
        return self.subject


class AlertEvent(models.Model):
    """A line of an alert's timeline, append-only."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="events")
    event = models.CharField(max_length=24)
    at = models.DateTimeField()
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["alert", "id"], name="alert_timeline")]

    def __str__(self):
        return f"{self.event} at {self.at:%H:%M:%S}"


class AlertSuppression(Public):
    """Alerts of a rule are not raised, in one department or everywhere, until a time: who said so
    and why stays visible."""

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="suppressions")
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=200)
    begun_at = models.DateTimeField()
    until = models.DateTimeField()
    begun_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    held_back = models.PositiveIntegerField(default=0)

    history = Trail(excluded_fields=["held_back"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="suppression_is_time_boxed", condition=Q(until__gt=F("begun_at"))
            ),
        ]

    def __str__(self):
        return f"{self.rule} until {self.until:%Y-%m-%d %H:%M}"


class Channel(Public):
    """Where a person, or a role in the whole hospital, is told outside the pages: an e-mail
    address or a webhook, as an address that Apprise understands. It may hold a secret: nobody
    reads it back."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("webhook")

    kind = models.CharField(max_length=7, choices=Kind)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500)
    actor = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="channels"
    )
    role = models.CharField(max_length=24, blank=True)
    least = models.CharField(max_length=6, choices=Priority, default=Priority.MEDIUM)
    active = models.BooleanField(default=True)

    history = Trail(excluded_fields=["address"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="channel_of_a_person_or_a_role",
                condition=Q(actor__isnull=False, role="") | (Q(actor=None) & ~Q(role="")),
            ),
        ]

    def __str__(self):
        return self.name


class Delivery(Public):
    """Something was to be told to somebody: the row is the promise, the worker only keeps it.

    `key` makes it happen once. Digest deliveries wait and go out together. To a person's page,
    through a channel, or to an e-mail `address` of somebody outside the house.
    """

    class Status(models.TextChoices):
        DUE = "due", _("to be sent")
        DIGEST = "digest", _("in the next digest")
        SENT = "sent", _("sent")
        SHOWN = "shown", _("shown")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("no longer needed")

    key = models.CharField(max_length=160, unique=True)
    alert = models.ForeignKey(
        Alert, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    actor = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    channel = models.ForeignKey(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    address = models.EmailField(blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"], name="delivery_due", condition=Q(status__in=["due", "digest"])
            ),
            models.Index(fields=["actor", "-id"], name="delivery_of_actor"),
        ]

    def __str__(self):
        return self.title


class InterruptionBudget(models.Model):
    """How many alerts an hour may interrupt a person of this role; the rest comes as a digest.
    High priority is never held back."""

    role = models.CharField(max_length=24, unique=True)
    per_hour = models.PositiveSmallIntegerField(default=6)
    digest_every_min = models.PositiveSmallIntegerField(default=30)

    history = Trail()

    def __str__(self):
        return f"{self.role}: {self.per_hour} an hour"
