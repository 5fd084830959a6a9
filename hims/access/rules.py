"""The reading rules of the ground floor's models."""

from datetime import timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q
from django.utils import timezone

from hims import models
from hims.reporting.declared import reports_for

from .relations import related_patients, relation
from .scopes import holding, register

STILL_KNOWN = timedelta(hours=12)  # so long after somebody left their department still knows them
EXPECTED = timedelta(hours=36)  # so long before an appointment a clinic's shift knows of them
PREPARED = timedelta(days=14)  # and who will see, or saw, the patient there


def _own_or(permission: str):
    """One's own row, or all rows for those who hold `permission`."""

    def rule(viewer, queryset):
        return queryset if viewer.may(permission) else queryset.filter(pk=viewer.pk)

    return rule


def _related(viewer, queryset):
    """Patients need a care relationship."""
    return queryset.filter(pk__in=related_patients(viewer).values("pk"))


def _asked_or_open(viewer, queryset):
    """One's own questions, those one answered, and what waits for a second person."""
    own = Q(asked_by=viewer) | Q(given_by=viewer)
    return queryset.filter(own | Q(given_by=None) if viewer.may("confirmation.give") else own)


@relation("people who have the patient before them")
def _caring_for(viewer):
    caring = models.CareRelationship.objects.filter(actor=viewer, ends_at__gt=timezone.now())
    return caring.values("patient_id")


@relation("those on shift in the patient's department")
def _on_shift_for(viewer):
    """A department's patients, and those who left it in the last hours, are known to its shift."""
    now = timezone.now()
    departments = models.Shift.objects.filter(
        actor=viewer, begins_at__lte=now, ends_at__gt=now
    ).values("department_id")
    recent = Q(ended_at=None) | Q(ended_at__gt=now - STILL_KNOWN)
    return (
        models.Encounter.objects.filter(recent, department__in=departments)
        .exclude(status=models.Encounter.Status.CANCELLED)
        .values("patient_id")
    )


@relation("those who are about to see the patient at an appointment")
def _with_an_appointment(viewer):
    """A clinic's shift knows whom it expects until the next day and who waits for a time there;
    who sees the patient, two weeks before and after."""
    now = timezone.now()
    departments = models.Shift.objects.filter(
        actor=viewer, begins_at__lte=now, ends_at__gt=now
    ).values("department_id")
    here = Q(
        service__department__in=departments,
        period__overlap=DateTimeTZRange(now - STILL_KNOWN, now + EXPECTED),
    )
    own = Q(
        practitioner__actor=viewer,
        period__overlap=DateTimeTZRange(now - PREPARED, now + PREPARED),
    )
    seen = models.Appointment.objects.exclude(status=models.Appointment.Status.CANCELLED)
    waits = models.WaitingListEntry.objects.filter(
        service__department__in=departments, status__in=["waiting", "offered"]
    )
    return (
        seen.filter(here)
        .values("patient_id")
        .union(seen.filter(own).values("patient_id"), waits.values("patient_id"), all=True)
    )


@relation("the patient's care team")
def _in_care_team(viewer):
    members = models.CareTeamMember.objects.filter(actor=viewer, ended_at=None)
    return members.values("patient_id")


@relation("people who broke the glass")
def _broke_glass(viewer):
    now = timezone.now()
    open_still = models.BreakGlass.objects.filter(actor=viewer, ended_at=None, ends_at__gt=now)
    return open_still.values("patient_id")


def _of_related_patients(permission: str):
    """Rows of patients whom the viewer cares for, for those who hold `permission`."""

    def rule(viewer, queryset):
        if not viewer.may(permission):
            return queryset.none()
        return queryset.filter(patient__in=related_patients(viewer).values("pk"))

    return rule


def _own_alerts(viewer, queryset):
    """Alerts that name no patient; of patients those one owns or was told of, and those for one's
    roles where there is a care relationship."""
    if viewer.kind == models.Actor.Kind.CONSOLE:
        return queryset
    if not viewer.may("alerts.view"):
        return queryset.none()
    mine = Q(owner=viewer) | Q(deliveries__actor=viewer)
    known = Q(patient__in=related_patients(viewer).values("pk"))
    seen = models.Alert.objects.filter(
        mine | Q(patient=None) | (Q(owner_role__in=viewer.roles) & known)
    )
    return queryset.filter(pk__in=seen.values("pk"))


def _of_seen_alerts(viewer, queryset):
    return queryset.filter(alert__in=_own_alerts(viewer, models.Alert.objects.all()).values("pk"))


def _own_deliveries(viewer, queryset):
    """One's own; what left the house (a title and a link) also for those who keep the rules."""
    mine = Q(actor=viewer)
    return queryset.filter(mine | ~Q(channel=None) if viewer.may("alert_rule.change") else mine)


def _own_channels(viewer, queryset):
    mine = Q(actor=viewer)
    return queryset.filter(mine | Q(actor=None) if viewer.may("alert_rule.change") else mine)


def _own_glass(viewer, queryset):
    return queryset if viewer.may("glass.review") else queryset.filter(actor=viewer)


def _of_seen_reports(prefix: str):
    """Rows of the reports that the viewer may see."""

    def rule(viewer, queryset):
        codes = [report.code for report in reports_for(viewer)]
        return queryset.filter(**{f"{prefix}code__in": codes})

    return rule


register(models.Actor, _own_or("actors.view"))
register(models.AccessKey, holding("devices.view"))
register(models.Device, holding("devices.view"))
register(models.AuditEntry, holding("audit.view"))
register(models.Building, holding("places.view"))
register(models.Floor, holding("places.view"))
register(models.Zone, holding("places.view"))
register(models.Door, holding("places.view"))
register(models.Staff, holding("actors.view"))
register(models.Patient, _related)
register(models.CareRelationship, holding("audit.view"))
register(models.Confirmation, _asked_or_open)

register(models.PatientIdentifier, _of_related_patients("patients.view"))
register(models.PatientContact, _of_related_patients("patients.view"))
register(models.PatientMerge, holding("patient.merge"))
register(models.Document, _of_related_patients("documents.view"))
register(models.CareTeamMember, _of_related_patients("patients.view"))
register(models.BreakGlass, _own_glass)

# Places, states and times of visits belong to the flow of the house; who it is, to those who care.
register(models.Department, holding("places.view"))
register(models.Shift, holding("rooms.view"))
register(models.BedSpace, holding("rooms.view"))
register(models.BedSpaceEvent, holding("rooms.view"))
register(models.CleaningTask, holding("rooms.view"))
register(models.LeavingSign, holding("rooms.view"))
register(models.Encounter, holding("flow.view"))
register(models.Milestone, holding("flow.view"))
register(models.BedAssignment, holding("flow.view"))
register(models.RoomSuggestion, holding("flow.view"))
register(models.WaitPrediction, holding("flow.view"))
register(models.CrowdingReading, holding("flow.view"))
register(models.DowntimeSheet, holding("flow.view"))

register(models.AlertRule, holding("alerts.view"))
register(models.Alert, _own_alerts)
register(models.AlertOccurrence, _of_seen_alerts)
register(models.AlertEvent, _of_seen_alerts)
register(models.AlertSuppression, holding("alerts.view"))
register(models.Channel, _own_channels)
register(models.Delivery, _own_deliveries)
register(models.InterruptionBudget, holding("alert_rules.view"))

register(models.AppointmentService, holding("appointments.view"))
register(models.Schedule, holding("appointments.view"))
register(models.ScheduleClosure, holding("appointments.view"))
register(models.AppointmentSeries, holding("appointments.view"))
register(models.Appointment, holding("appointments.view"))
register(models.WaitingListEntry, holding("appointments.view"))

register(models.AuditSeal, holding("report.check"))
register(models.AuditLeaf, holding("audit.view"))
register(models.ReportEdition, _of_seen_reports(""))
register(models.ReportRow, _of_seen_reports("edition__"))
register(models.ReportSignature, _of_seen_reports("edition__"))
register(models.ReportDocument, _of_seen_reports("edition__"))
register(models.ReportRule, _of_seen_reports(""))
register(models.ReportSchedule, _of_seen_reports(""))
register(models.Breach, _of_seen_reports(""))

register(models.Interface, holding("inbox.view"))
register(models.InboxMessage, holding("inbox.view"))
register(models.CodeMapping, holding("inbox.view"))
