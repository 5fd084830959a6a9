"""Reports as they were made: their numbers and rows, who signed them, what was in breach and what
became of it, and when they are made again."""

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .audit import AuditSeal
from .base import Public, Trail
from .people import Actor

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread from paper


def new_check_code() -> str:
    """What is printed on a report, to look it up by: 60 random bits in three groups of four."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


class ReportEdition(Public):
    """One making of a report: what was asked, and what it came to, from one snapshot.

    code, definition: the report and the version of its definition. first, until: the period, in
    days of the hospital's calendar, half-open; begins, ends: the same in UTC. standard: a whole
    period of the report's cadence, without filters. figures, groups, series: the numbers, as
    hims.reporting.counting keeps them. sha256: of the file of rows. seal: the newest seal of the
    audit trail when it was made. restates: the signed edition that this one differs from, and
    `differences` in which rows and numbers. Once done it never changes; once signed it stays.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("being made")
        DONE = "done", _("made")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    class Source(models.TextChoices):
        PAGE = "page", _("asked on a page")
        API = "api", _("asked by a program")
        SCHEDULE = "schedule", _("made on schedule")
        CHECK = "check", _("made to check a signed one")

    code = models.CharField(max_length=40)
    definition = models.PositiveIntegerField()
    first = models.DateField()
    until = models.DateField()
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    filters = models.JSONField(default=dict, blank=True)
    grouping = models.CharField(max_length=40, blank=True)
    standard = models.BooleanField()
    source = models.CharField(max_length=8, choices=Source)
    asked_by = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED)
    data_as_of = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)
    row_count = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    groups = models.JSONField(default=list, blank=True)
    series = models.JSONField(default=list, blank=True)
    seal = models.ForeignKey(
        AuditSeal, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    restates = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="restated_by"
    )
    differences = models.JSONField(default=dict, blank=True)
    check_code = models.CharField(max_length=14, unique=True, default=new_check_code)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="edition_period_is_not_empty",
                condition=Q(until__gt=F("first"), ends__gt=F("begins")),
            ),
            models.CheckConstraint(
                name="edition_done_is_whole",
                condition=~Q(status="done")
                | Q(data_as_of__isnull=False, done_at__isnull=False, row_count__isnull=False)
                & ~Q(sha256=""),
            ),
        ]
        indexes = [
            models.Index(fields=["code", "-first", "-id"], name="edition_of_report"),
            models.Index(fields=["id"], name="edition_queued", condition=Q(status="queued")),
        ]

    def __str__(self):
        return f"{self.code} {self.first} to {self.until}"


class ReportProgress(models.Model):
    """How far the making of an edition is: written beside its transaction, so that it is seen
    while it runs. A beat that stopped means that whoever made it is gone."""

    edition = models.OneToOneField(
        ReportEdition, primary_key=True, on_delete=models.CASCADE, related_name="progress"
    )
    rows = models.PositiveBigIntegerField(default=0)
    beat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)

    def __str__(self):
        return f"{self.rows} rows of edition {self.edition_id}"


class ReportRow(models.Model):
    """A row behind the numbers of an edition: its cells in the order of the columns."""

    edition = models.ForeignKey(
        ReportEdition, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    position = models.PositiveBigIntegerField()
    cells = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "position"], name="report_row_place"),
        ]

    def __str__(self):
        return f"row {self.position} of edition {self.edition_id}"


class ReportSignature(Public):
    """Who signed an edition, as what, when and with what meaning (21 CFR 11.50); the name as it
    was then. sha256: of the rows that were signed."""

    class Meaning(models.TextChoices):
        REVIEWED = "reviewed", _("reviewed")
        APPROVED = "approved", _("approved")
        RESPONSIBLE = "responsible", _("takes responsibility")

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="signatures")
    actor = models.ForeignKey(Actor, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=24)
    meaning = models.CharField(max_length=11, choices=Meaning)
    at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "actor"], name="report_signed_once_each"),
        ]

    def __str__(self):
        return f"{self.name}, {self.meaning}"


class ReportDocument(Public):
    """The PDF of an edition as it was after a signature, byte for byte."""

    edition = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="documents")
    signature = models.OneToOneField(
        ReportSignature, on_delete=models.PROTECT, related_name="document"
    )
    made_at = models.DateTimeField()
    paper = models.CharField(max_length=6)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    def __str__(self):
        return f"PDF of {self.edition}"


class ReportRule(Public):
    """What the hospital holds a report to: a target of one of its figures, and the rule it follows
    from. Configuration: a rule that is re-numbered or repealed changes here, not in the code.

    figure: empty for what the whole report rests on. each: the target holds for each group too.
    """

    class Comparison(models.TextChoices):
        AT_MOST = "at-most", _("at most")
        AT_LEAST = "at-least", _("at least")

    code = models.CharField(max_length=40)
    figure = models.CharField(max_length=40, blank=True)
    comparison = models.CharField(max_length=8, choices=Comparison, blank=True)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    each = models.BooleanField(default=False)
    citation = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "figure"], name="report_rule_once", condition=Q(active=True)
            ),
            models.CheckConstraint(
                name="report_rule_is_a_target_or_a_citation",
                condition=Q(figure="", comparison="", value=None)
                | (~Q(figure="") & ~Q(comparison="") & Q(value__isnull=False)),
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.figure}"


class ReportSchedule(Public):
    """A report that is made by itself once its period is over, and whom it calls: those who hold
    `roles`, by a link that shows nothing to others. at: the hour of the hospital's day."""

    class Cadence(models.TextChoices):
        DAY = "day", _("daily")
        WEEK = "week", _("weekly")
        MONTH = "month", _("monthly")

    code = models.CharField(max_length=40)
    cadence = models.CharField(max_length=5, choices=Cadence)
    at = models.TimeField()
    roles = ArrayField(models.CharField(max_length=24), default=list)
    active = models.BooleanField(default=True)
    made_until = models.DateField(null=True, blank=True)

    history = Trail(excluded_fields=["made_until"])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "cadence"], name="report_schedule_once", condition=Q(active=True)
            ),
        ]

    def __str__(self):
        return f"{self.code} each {self.cadence}"


class Breach(Public):
    """A target that was missed, until its end: who owns it, by when, what is done about it, what
    shows that it was done, and whether it helped.

    group: the value of the report's grouping, empty for the whole. value, n, whole: what was found
    first. At most one is open for a figure and group.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("nobody has it")
        OWNED = "owned", _("in hand")
        DONE = "done", _("done, to be checked")
        CLOSED = "closed", _("closed")

    code = models.CharField(max_length=40)
    figure = models.CharField(max_length=40)
    group = models.CharField(max_length=120, blank=True)
    found_in = models.ForeignKey(
        ReportEdition, on_delete=models.PROTECT, related_name="breaches_found"
    )
    last_in = models.ForeignKey(ReportEdition, on_delete=models.PROTECT, related_name="+")
    found_at = models.DateTimeField()
    target = models.CharField(max_length=60)
    value = models.DecimalField(max_digits=18, decimal_places=4)
    n = models.CharField(max_length=40)
    whole = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN)
    owner = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="breaches"
    )
    due_on = models.DateField(null=True, blank=True)
    action = models.CharField(max_length=500, blank=True)
    evidence = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    check_on = models.DateField(null=True, blank=True)
    checked_in = models.ForeignKey(
        ReportEdition, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    effective = models.BooleanField(null=True, blank=True)
    conclusion = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        Actor, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    history = Trail()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "figure", "group"],
                name="breach_one_open",
                condition=~Q(status="closed"),
            ),
            models.CheckConstraint(
                name="breach_in_hand_has_an_owner_and_a_day",
                condition=Q(status__in=["open", "closed"])
                | Q(owner__isnull=False, due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="breach_done_says_what_and_shows_it",
                condition=~Q(status="done") | (~Q(action="") & ~Q(evidence="")),
            ),
            models.CheckConstraint(
                name="breach_closed_has_a_conclusion",
                condition=~Q(status="closed")
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(conclusion="")),
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.figure}"
