"""Messages of other systems (HL7 v2): each kept as it came, once, with what became of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .encounters import Encounter
from .people import Actor, Patient


class Interface(Public):
    """A system that sends us messages: how it names itself, whether what it says is applied, and
    which fields it owns. What it does not own is kept and not applied."""

    class Mode(models.TextChoices):
        LIVE = "live", _("applied")
        SHADOW = "shadow", _("shadow: read, nothing applied")
        OFF = "off", _("off")

    name = models.CharField(max_length=80, unique=True)
    sending_application = models.CharField(max_length=180)
    sending_facility = models.CharField(max_length=180, blank=True)
    mode = models.CharField(max_length=6, choices=Mode, default=Mode.SHADOW)
    owns = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    character_set = models.CharField(max_length=40, blank=True)
    actor = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="interfaces"
    )

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sending_application", "sending_facility"], name="interface_sender"
            ),
        ]

    def __str__(self):
        return self.name


class InboxMessage(Public):
    """A message as it came, stored once by sending application and control id."""

    class Status(models.TextChoices):
        APPLIED = "applied", _("applied")
        SHADOW = "shadow", _("read only")
        UNUSED = "unused", _("kept, not used")
        DEAD = "dead", _("could not be applied")
        REFUSED = "refused", _("refused")
        SETTLED = "settled", _("settled by a person")

    class Acknowledgement(models.TextChoices):
        ACCEPT = "AA", _("accepted")
        ERROR = "AE", _("error")
        REJECT = "AR", _("rejected")

    interface = models.ForeignKey(
        Interface, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    sending_application = models.CharField(max_length=180)
    control_id = models.CharField(max_length=199)
    message_type = models.CharField(max_length=20)
    raw = models.BinaryField()
    digest = models.BinaryField(max_length=32)
    received_at = models.DateTimeField()
    said_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status)
    acknowledgement = models.CharField(max_length=2, choices=Acknowledgement)
    words = models.CharField(max_length=500, blank=True)
    notes = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=1)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    patient = models.ForeignKey(
        Patient, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    encounter = models.ForeignKey(
        Encounter, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sending_application", "control_id"], name="message_once"
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], name="message_dead", condition=Q(status="dead")),
        ]

    def __str__(self):
        return f"{self.message_type} {self.control_id}"


class CodeMapping(Public):
    """What another system's word means here: a location, a class, a sex. Unmapped while `ours` is
    empty: then the message is accepted, and the word listed with how often it came."""

    interface = models.ForeignKey(Interface, on_delete=models.PROTECT, related_name="mappings")
    kind = models.CharField(max_length=24)
    theirs = models.CharField(max_length=180)
    ours = models.CharField(max_length=180, blank=True)
    seen = models.PositiveIntegerField(default=0)
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    history = Trail(excluded_fields=["seen", "first_seen_at", "last_seen_at"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["interface", "kind", "theirs"], name="mapping_of_one_word"
            ),
        ]

    def __str__(self):
        return f"{self.theirs} is {self.ours or '?'}"
