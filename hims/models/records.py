"""What is kept about a patient beside the name: other numbers, contacts, documents, merges, and
who opened a record without caring for the patient."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .base import Public, Trail
from .people import Actor, Patient


class PatientIdentifier(models.Model):
    """A number by which another system, or a record merged into this one, knows the patient
    (FHIR Identifier): `system` names who assigned it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(max_length=80)
    value = models.CharField(max_length=80)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "value"], name="identifier_of_one_patient"),
        ]
        indexes = [models.Index(fields=["value"], name="identifier_value")]

    def __str__(self):
        return f"{self.system} {self.value}"


class PatientContact(Public):
    """Somebody to be told (FHIR Patient.contact), and what the patient consented to."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=160)
    relationship = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    emergency = models.BooleanField(default=False)
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_recorded_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    history = Trail()

    def __str__(self):
        return self.name


class PatientMerge(Public):
    """Two records turned out to be of one person (HL7 A40). `moved` lists, by model, the keys of
    the rows that moved to `kept`, so that it can be undone."""

    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    merged_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    undone_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="merge_of_two", condition=~Q(merged=F("kept"))),
            models.UniqueConstraint(
                fields=["merged"], name="merge_stands_once", condition=Q(undone_at=None)
            ),
        ]

    def __str__(self):
        return f"{self.merged} into {self.kept}"


class Document(Public):
    """A paper of a patient (FHIR DocumentReference): typed text, or a file with its text.

    Never changed: a newer one supersedes it. `found_by` is what full-text search reads.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="documents")
    encounter = models.ForeignKey(
        "hims.Encounter", null=True, blank=True, on_delete=models.PROTECT, related_name="documents"
    )
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=60, blank=True)
    text = models.TextField(blank=True)
    file = models.FileField(upload_to="documents/%Y/%m/", null=True, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    sha256 = models.BinaryField(max_length=32, null=True)
    added_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=200, blank=True)
    found_by = SearchVectorField(null=True)

    history = Trail(excluded_fields=["text", "found_by"])

    class Meta:
        indexes = [GinIndex(fields=["found_by"], name="document_found_by")]

    def __str__(self):
        return self.title


class CareTeamMember(Public):
    """Somebody of a patient's care team (FHIR CareTeam.participant), until they leave it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_team")
    encounter = models.ForeignKey(
        "hims.Encounter", null=True, blank=True, on_delete=models.PROTECT, related_name="care_team"
    )
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="care_teams")
    part = models.CharField(max_length=60, blank=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "actor"],
                name="care_team_member_once",
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self):
        return f"{self.actor}: {self.part}"


class BreakGlass(Public):
    """A record opened in need without a care relationship: why, until when, and what the privacy
    officer found."""

    class Reason(models.TextChoices):
        EMERGENCY = "emergency", _("emergency treatment")
        COVERING = "covering", _("covering for a colleague")
        TRANSFER = "transfer", _("taking over the patient")
        SAFETY = "safety", _("safety of others")
        OTHER = "other", _("another reason")

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", _("justified")
        UNJUSTIFIED = "unjustified", _("not justified")
        UNCLEAR = "unclear", _("to be asked")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="glass_broken")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="glass_broken")
    reason = models.CharField(max_length=10, choices=Reason)
    text = models.CharField(max_length=500)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=11, choices=Verdict, blank=True)
    reviewed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_text = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="glass_is_closed_after_it_broke", condition=Q(ends_at__gt=F("begun_at"))
            ),
            models.CheckConstraint(
                name="glass_reviewed_by_another",
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("actor")),
            ),
        ]
        indexes = [models.Index(fields=["actor", "ends_at"], name="glass_of_actor")]

    def __str__(self):
        return f"{self.actor} until {self.ends_at:%Y-%m-%d %H:%M}"
