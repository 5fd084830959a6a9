"""Targets, citations and schedules of reports: what the hospital holds itself to, and when which
report comes by itself."""

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.roles import ROLE_NAMES, Role
from hims.access.scopes import the_one
from hims.actions.reports import rules as actions
from hims.actions.reports import schedules as timing
from hims.errors import NotFound
from hims.models import ReportRule, ReportSchedule
from hims.queries import report_rules as queries
from hims.queries import report_schedules as timed
from hims.queries.editions import Target
from hims.reporting.declared import Report, report_at, report_of, reports_for
from hims.reporting.wording import target_text

from .form import status_of
from .page import page
from .schedules import OnceForm, TimeField

Comparison = ReportRule.Comparison


class TargetForm(OnceForm):
    figure = forms.ChoiceField(label=gettext_lazy("Figure"))
    comparison = forms.ChoiceField(label=gettext_lazy("It is to be"), choices=Comparison.choices)
    value = forms.DecimalField(
        label=gettext_lazy("Value, in the unit of the figure"),
        max_digits=14,
        decimal_places=4,
    )
    each = forms.BooleanField(label=gettext_lazy("Also in each group"), required=False)
    citation = forms.CharField(
        label=gettext_lazy("The rule it follows from"), max_length=300, required=False
    )
    active = forms.BooleanField(label=gettext_lazy("It holds"), required=False, initial=True)
    reason = forms.CharField(label=gettext_lazy("Why it changes"), max_length=100, required=False)

    def __init__(self, *args, report: Report, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["figure"].choices = [
            (one.name, f"{one.title} ({one.unit})" if one.unit else one.title)
            for one in report.figures
        ]


class CitationForm(OnceForm):
    citation = forms.CharField(
        label=gettext_lazy("What the report rests on; nothing takes it back"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason = forms.CharField(label=gettext_lazy("Why it changes"), max_length=100, required=False)


class ScheduleForm(OnceForm):
    cadence = forms.ChoiceField(
        label=gettext_lazy("How often"), choices=ReportSchedule.Cadence.choices
    )
    at = TimeField(
        label=gettext_lazy("At what hour"),
        help_text=gettext_lazy("On the first day after the period, by the hospital's clock."),
    )
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Who is told, by a title and a link"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args, report: Report, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = [
            (role.value, name) for role, name in ROLE_NAMES.items() if timing.sees(role, report)
        ]


@page("report_rules.view")
@require_GET
def rules(request):
    """Each report that the viewer may see, with its targets, its citation and its schedules."""
    return _listed(request, "hims/report_rules.html")


@page("report_rules.view")
@require_GET
def schedules(request):
    """When which report comes by itself, and who is told."""
    return _listed(request, "hims/report_schedules.html")


def _listed(request, template: str):
    viewer = request.user
    held = list(queries.rules(viewer))
    comes = list(timed.schedules(viewer))
    found = []
    for report in reports_for(viewer):
        named = {figure.name: figure for figure in report.figures}
        theirs = [rule for rule in held if rule.code == report.code]
        found.append(
            {
                "report": report,
                "citation": next((rule for rule in theirs if not rule.figure), None),
                "targets": [
                    (rule, named[rule.figure].title, target_text(named[rule.figure], Target(rule)))
                    for rule in theirs
                    if rule.figure in named
                ],
                "schedules": [
                    (row, [_role(role) for role in row.roles])
                    for row in comes
                    if row.code == report.code
                ],
            }
        )
    context = {
        "found": found,
        "may_change": viewer.may("report_rule.change"),
        "may_schedule": viewer.may("report_schedule.change"),
    }
    return render(request, template, context)


@page("report_rule.change")
@require_http_methods(["GET", "POST"])
def add_target(request, slug):
    """Hold a figure of a report to something."""
    report = _asked(request, slug)
    form = TargetForm(request.POST or None, report=report)
    return _target(request, form, report, _("New target: %(report)s") % {"report": report.title})


@page("report_rule.change")
@require_http_methods(["GET", "POST"])
def change_target(request, uid):
    """One target, how it is and how it was."""
    rule = the_one(request.user, ReportRule.objects.exclude(figure=""), uid=uid)
    report = _known(rule.code)
    now_said = {name: getattr(rule, name) for name in ("figure", "comparison", "each", "citation")}
    now_said |= {"active": rule.active, "value": Decimal(rule.value or 0).normalize()}
    form = TargetForm(request.POST or None, report=report, initial=now_said)
    del form.fields["figure"]
    return _target(request, form, report, str(report.title), rule)


def _target(request, form, report: Report, title: str, rule: ReportRule | None = None):
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in form.fields if name != "key"}
        if rule is not None:
            asked["figure"] = rule.figure
        if form.acted(request, actions.set_target, report=report, **asked):
            messages.success(request, _("Saved. The next report is held to it."))
            return redirect("report-rules")
    return _form(request, form, title, reverse("report-rules"), rule)


@page("report_rule.change")
@require_http_methods(["GET", "POST"])
def citation(request, slug):
    """What a whole report rests on."""
    report = _asked(request, slug)
    rule = queries.rules(request.user).filter(code=report.code, figure="").first()
    said_now = {"citation": rule.citation if rule else ""}
    form = CitationForm(request.POST or None, initial=said_now)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("citation", "reason")}
        if form.acted(request, actions.set_citation, report=report, **asked):
            messages.success(request, _("Saved."))
            return redirect("report-rules")
    title = _("What it rests on: %(report)s") % {"report": report.title}
    return _form(request, form, title, reverse("report-rules"), rule)


@page("report_schedule.change")
@require_http_methods(["GET", "POST"])
def add_schedule(request, slug):
    """Have a report come by itself."""
    report = _asked(request, slug)
    form = ScheduleForm(
        request.POST or None,
        report=report,
        initial={
            "cadence": report.cadence.value,
            "at": "06:00",
            "roles": sorted(report.signers),
        },
    )
    return _schedule(request, form, report)


@page("report_schedule.change")
@require_http_methods(["GET", "POST"])
def change_schedule(request, uid):
    """When one report comes by itself, and who is told."""
    row = the_one(request.user, ReportSchedule.objects.all(), uid=uid)
    report = _known(row.code)
    now_said = {"at": row.at, "roles": row.roles, "active": row.active}
    form = ScheduleForm(request.POST or None, report=report, initial=now_said)
    del form.fields["cadence"]
    return _schedule(request, form, report, row)


def _schedule(request, form, report: Report, row: ReportSchedule | None = None):
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in form.fields if name != "key"}
        if row is not None:
            asked["cadence"] = row.cadence
        if form.acted(request, timing.set_schedule, report=report, **asked):
            messages.success(request, _("Saved."))
            return redirect("report-schedules")
    title = _("On schedule: %(report)s") % {"report": report.title}
    return _form(request, form, title, reverse("report-schedules"), row)


def _form(request, form, title: str, back: str, row=None):
    context = {
        "form": form,
        "title": title,
        "submit": _("Save"),
        "back": back,
        "history": [(one, _was(one)) for one in queries.history_of(row)] if row else [],
        "now": timezone.now(),
    }
    return render(request, "hims/report_rule.html", context, status=status_of(form))


def _was(row) -> str:
    """What a rule or a schedule said at some time, in one line."""
    if not row.active:
        return _("not in use")
    if hasattr(row, "cadence"):
        roles = ", ".join(str(_role(role)) for role in row.roles) or _("nobody")
        return f"{row.get_cadence_display()} {row.at:%H:%M} · {roles}"
    report = _known(row.code)
    figure = next((one for one in report.figures if one.name == row.figure), None)
    parts = [target_text(figure, Target(row)) if figure else "", row.citation]
    if row.each:
        parts.insert(1, _("also in each group"))
    return " · ".join(part for part in parts if part)


def _role(role: str) -> str:
    return str(ROLE_NAMES[Role(role)]) if role in set(Role) else role


def _asked(request, slug: str) -> Report:
    """The report of that address, if the viewer may see it."""
    report = report_at(slug)
    if report is None or not request.user.may(report.permission):
        raise NotFound("no such report")
    return report


def _known(code: str) -> Report:
    try:
        return report_of(code)
    except LookupError:
        raise NotFound("no such report") from None
