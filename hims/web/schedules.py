"""What can be booked and when, on pages: services, weekly hours, closures; and the occupancy."""

from datetime import date, datetime, timedelta

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hims.access.scopes import the_one, visible_to
from hims.actions import schedules as actions
from hims.errors import Refused
from hims.models import AppointmentService, Department, Schedule, ScheduleClosure, Staff, Zone
from hims.queries.appointments import moment_here
from hims.queries.occupancy import occupancy
from hims.queries.slots import booked_in, closures, schedules

from .form import PlaceChoice, fresh_key, once, refusals_in
from .page import page
from .settings import form_page

WEEK = timedelta(days=6)


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TimeField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class WallField(forms.DateTimeField):
    """A time as the hospital's clocks show it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value):
        given = forms.Field.clean(self, value)
        try:
            at = moment_here(datetime.fromisoformat(str(given)).replace(tzinfo=None))
        except ValueError:
            raise forms.ValidationError(_("Say when.")) from None
        if at is None:
            raise forms.ValidationError(_("The clocks change then: this time does not exist."))
        return at


class OnceForm(forms.Form):
    """A form that acts once however often it is pressed."""

    key = forms.CharField(widget=forms.HiddenInput, required=False, initial=fresh_key)

    def acted(self, request, action, **asked) -> bool:
        """Whether the action was done; what a rule refused stands beside its field."""
        with refusals_in(self):
            once(request, action, word=lambda row: {"id": str(row.uid)}, **asked)
            return True
        self.data = self.data.copy()
        self.data["key"] = fresh_key()
        return False


class ServiceForm(OnceForm):
    code = forms.SlugField(label=gettext_lazy("Short code"), max_length=40)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    department = forms.ModelChoiceField(
        Department.objects.filter(active=True).order_by("name"), label=gettext_lazy("Department")
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=24 * 60, initial=30
    )


class ServiceChange(OnceForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=24 * 60)
    active = forms.BooleanField(label=gettext_lazy("Can be booked"), required=False)


class PartyForm(OnceForm):
    practitioner = forms.ModelChoiceField(
        Staff.objects.order_by("name"), label=gettext_lazy("Person"), required=False
    )
    zone = PlaceChoice(
        Zone.objects.select_related("floor").exclude(kind=Zone.Kind.AREA).order_by("name"),
        label=gettext_lazy("Room"),
        required=False,
    )


class HoursForm(PartyForm):
    service = forms.ModelChoiceField(
        AppointmentService.objects.filter(active=True).order_by("name"),
        label=gettext_lazy("Service"),
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"), choices=list(WEEKDAYS.items()), coerce=int
    )
    begins = TimeField(label=gettext_lazy("From"))
    ends = TimeField(label=gettext_lazy("To"))
    valid_from = DayField(label=gettext_lazy("First day"), initial=timezone.localdate)
    valid_until = DayField(label=gettext_lazy("Last day"), required=False)

    field_order = ["service", "practitioner", "zone", "weekday", "begins", "ends"]


class ClosureForm(PartyForm):
    begins = WallField(label=gettext_lazy("From"))
    ends = WallField(label=gettext_lazy("To"))
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)


@page("appointments.view")
@require_GET
def schedules_page(request):
    """Each service with its hours; then what is closed, and what is still booked there."""
    viewer, now = request.user, timezone.now()
    today = timezone.localdate(now)
    hours = [row for row in schedules(viewer) if not row.valid_until or row.valid_until >= today]
    offered = visible_to(viewer, AppointmentService.objects.select_related("department"))
    context = {
        "services": [
            (one, [(row, WEEKDAYS[row.weekday]) for row in hours if row.service_id == one.pk])
            for one in offered.order_by("-active", "name", "pk")
        ],
        "closures": [(one, list(booked_in(one))) for one in closures(viewer, now)[:50]],
        "may_change": viewer.may("schedule.change"),
        "key": fresh_key(),
        "today": today,
    }
    return render(request, "hims/appointment_schedules.html", context)


@page("schedule.change")
@require_http_methods(["GET", "POST"])
def add_service(request):
    form = ServiceForm(request.POST or None)
    return _form(request, form, actions.add_service, _("New service"), _("Add"))


@page("schedule.change")
@require_http_methods(["GET", "POST"])
def change_service(request, uid):
    found = the_one(request.user, AppointmentService.objects.all(), uid=uid)
    now_said = {"name": found.name, "minutes": found.minutes, "active": found.active}
    form = ServiceChange(request.POST or None, initial=now_said)
    return _form(request, form, actions.change_service, found.name, _("Save"), service=found)


@page("schedule.change")
@require_http_methods(["GET", "POST"])
def add_hours(request):
    form = HoursForm(request.POST or None)
    return _form(request, form, actions.add_hours, _("New hours"), _("Add"))


@page("schedule.change")
@require_http_methods(["GET", "POST"])
def close(request):
    form = ClosureForm(request.POST or None)
    return _form(request, form, actions.close, _("Close a time"), _("Close"))


@page("schedule.change")
@require_POST
def end_hours(request, uid):
    """These hours end today."""
    found = the_one(request.user, Schedule.objects.all(), uid=uid)
    today = timezone.localdate()
    return _pressed(request, actions.end_hours, found, schedule=found, valid_until=today)


@page("schedule.change")
@require_POST
def open_again(request, uid):
    found = the_one(request.user, ScheduleClosure.objects.all(), uid=uid)
    return _pressed(request, actions.open_again, found, closure=found)


@page("appointments.view")
@require_GET
def occupancy_page(request):
    """Offered, booked and really used, by person and by room."""
    now = timezone.now()
    today = timezone.localdate(now)
    last = _day(request.GET.get("to", "")) or today
    first = _day(request.GET.get("from", "")) or last - WEEK
    if not timedelta(0) <= last - first <= timedelta(days=92) or abs(last - today).days > 7000:
        first, last = today - WEEK, today
    found = occupancy(request.user, first=first, last=last, now=now)
    return render(request, "hims/appointment_occupancy.html", {"found": found, "now": now})


def _form(request, form: OnceForm, action, title: str, submit: str, **about: Model):
    back = reverse("appointment-schedules")
    if request.method == "POST" and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        if form.acted(request, action, **said, **about):
            messages.success(request, _("Saved."))
            return redirect(back)
    return form_page(request, form, title=title, submit=submit, back=back)


def _pressed(request, action, found: Model, **asked):
    try:
        once(request, action, word=lambda _row: {"id": str(found.uid)}, **asked)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Saved."))
    return redirect("appointment-schedules")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
