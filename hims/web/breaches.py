"""Breaches of targets: which there are, and one of them from what was found to its conclusion."""

from datetime import date, timedelta
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.actions.reports import breaches as actions
from hims.domain.figures import Told
from hims.models import Actor, Breach, ReportEdition
from hims.queries import breaches as queries
from hims.queries.editions import Kept, editions
from hims.queries.report_pages import COUNTED, WHOLE
from hims.reporting import wording
from hims.reporting.declared import report_of

from .page import page
from .report_parts import rows_url
from .schedules import DayField, OnceForm

WHICH_WORDS = {
    "open": gettext_lazy("Open"),
    "mine": gettext_lazy("Mine"),
    "overdue": gettext_lazy("Overdue"),
    "closed": gettext_lazy("Closed"),
}
CHANGE_WORDS = {
    "last_in_id": gettext_lazy("Missed again"),
    "action": gettext_lazy("Action"),
    "evidence": gettext_lazy("Shown by"),
    "checked_in_id": gettext_lazy("Checked by a report"),
    "conclusion": gettext_lazy("Concluded"),
}
MOST_SHOWN = 200
IN_A_MONTH = timedelta(days=28)


def _few_lines() -> forms.Textarea:
    return forms.Textarea(attrs={"rows": 3})


class OwnForm(OnceForm):
    owner = forms.ModelChoiceField(Actor.objects.none(), label=gettext_lazy("Who deals with it"))
    due_on = DayField(label=gettext_lazy("Until the end of"))

    def __init__(self, *args, breach: Breach, **kwargs):
        super().__init__(*args, **kwargs)
        people = [one.pk for one in queries.may_own(breach)]
        named = Actor.objects.filter(pk__in=people).order_by("name", "pk")
        self.fields["owner"] = _Person(named, label=gettext_lazy("Who deals with it"))


class _Person(forms.ModelChoiceField):
    def label_from_instance(self, person) -> str:
        return person.name


class PlanForm(OnceForm):
    text = forms.CharField(
        label=gettext_lazy("What is done about it"), max_length=500, widget=_few_lines()
    )


class DoneForm(OnceForm):
    text = forms.CharField(
        label=gettext_lazy("What was done about it"), max_length=500, widget=_few_lines()
    )
    evidence = forms.CharField(
        label=gettext_lazy("What shows that it was done"), max_length=480, widget=_few_lines()
    )
    code = forms.CharField(
        label=gettext_lazy("Check code of a report that shows it"), max_length=14, required=False
    )
    check_on = DayField(
        label=gettext_lazy("From which day on the numbers must show it"),
        help_text=gettext_lazy(
            "The first report over a period that ends after this day says whether it helped."
        ),
    )


class CloseForm(OnceForm):
    conclusion = forms.CharField(
        label=gettext_lazy("What you conclude"), max_length=500, widget=_few_lines()
    )
    unchecked = forms.BooleanField(
        label=gettext_lazy("Close it though no report has shown that it helped"), required=False
    )


@page("breaches.view")
@require_GET
def breaches(request):
    """What missed its target and has no end yet; `which` is open, mine, overdue or closed."""
    which = request.GET.get("which", "open")
    which = which if which in WHICH_WORDS else "open"
    today = timezone.localdate()
    found = list(queries.breaches(request.user, which, today)[: MOST_SHOWN + 1])
    context = {
        "which": which,
        "choices": WHICH_WORDS.items(),
        "found": [said(one, today) for one in found[:MOST_SHOWN]],
        "more": len(found) > MOST_SHOWN,
        "now": timezone.now(),
    }
    return render(request, "hims/breaches.html", context)


@page("breaches.view")
@require_GET
def breach(request, uid):
    """One breach: what was found, what came of it, and the next thing to do."""
    return _shown(request, queries.breach_of(request.user, uid))


@page("breach.own")
@require_POST
def own(request, uid):
    """It has an owner and a day."""
    found = queries.breach_of(request.user, uid)
    form = OwnForm(request.POST, breach=found)
    return _press(request, found, "own", form, actions.own_breach, _("It is in hand."))


@page("breach.act")
@require_POST
def plan(request, uid):
    """What is done about it."""
    found = queries.breach_of(request.user, uid)
    return _press(
        request, found, "plan", PlanForm(request.POST), actions.plan_action, _("Written down.")
    )


@page("breach.act")
@require_POST
def finish(request, uid):
    """It was done; what shows it, and when the numbers must."""
    found = queries.breach_of(request.user, uid)
    form = DoneForm(request.POST)
    report = None
    if form.is_valid():
        code = form.cleaned_data.pop("code").strip().upper()
        if code:
            report = editions(request.user).filter(check_code=code).first()
            if report is None:
                form.add_error("code", _("No report has this code, or you may not see it."))
    said_so = _("Done. The next report says whether it helped.")
    return _press(request, found, "done", form, actions.finish_action, said_so, report=report)


@page("breach.close")
@require_POST
def close(request, uid):
    """It has an end."""
    found = queries.breach_of(request.user, uid)
    form = CloseForm(request.POST)
    return _press(request, found, "close", form, actions.close_breach, _("Closed."))


def _press(request, found: Breach, name: str, form: OnceForm, action, said_so: str, **more):
    if form.is_valid():
        asked = {key: value for key, value in form.cleaned_data.items() if key != "key"}
        if form.acted(request, action, breach=found, **asked, **more):
            messages.success(request, said_so)
            return redirect("breach", uid=found.uid)
    return _shown(request, found, {name: form}, status=400)


def said(found: Breach, today: date) -> dict:
    """A breach in words."""
    report = report_of(found.code)
    figure = next((one for one in report.figures if one.name == found.figure), None)
    whole = Decimal(found.whole) if found.whole else None
    was = Told(found.value, Decimal(found.n), whole, 0)
    return {
        "row": found,
        "report": report,
        "figure": figure.title if figure else found.figure,
        "group": _("not known") if found.group == queries.UNKNOWN_GROUP else found.group,
        "by": report.column(report.groupings[0]).title if report.groupings else "",
        "value": wording.figure_text(figure, was) if figure else f"{found.value.normalize():f}",
        "counted": wording.counted_text(report, figure, was) if figure else "",
        "period": wording.period_text(found.found_in),
        "again": found.last_in_id != found.found_in_id and wording.period_text(found.last_in),
        "overdue": found.status == "owned" and found.due_on is not None and found.due_on < today,
    }


def _shown(request, found: Breach, bound: dict | None = None, status: int = 200):
    viewer, today = request.user, timezone.localdate()
    forms_of = {
        "own": OwnForm(breach=found, initial={"due_on": today + timedelta(days=7)}),
        "plan": PlanForm(initial={"text": found.action}),
        "done": DoneForm(initial={"text": found.action, "check_on": today + IN_A_MONTH}),
        "close": CloseForm(),
    } | (bound or {})
    for name, form in forms_of.items():
        form.auto_id = f"{name}_%s"
    context = {
        "one": said(found, today),
        "row": found,
        "course": _course(viewer, found),
        "first_rows": _rows_of(found),
        "evidence": _with_links(viewer, found.evidence),
        "history": [_told(change) for change in queries.history_of(found)],
        "forms": forms_of,
        "tried": next(iter(bound), "") if bound else "",
        "may_own": viewer.may("breach.own"),
        "may_act": viewer.may("breach.act"),
        "may_close": viewer.may("breach.close"),
        "now": timezone.now(),
    }
    return render(request, "hims/breach.html", context, status=status)


def _course(viewer, found: Breach) -> list[dict]:
    """The figure over the last periods, with the target as it is now."""
    report = report_of(found.code)
    lines = []
    for edition, was in queries.course_of(viewer, found):
        if edition.definition != report.version or was is None:
            continue
        figure = report.figure(found.figure)
        lines.append(
            {
                "edition": edition,
                "period": wording.period_text(edition),
                "value": wording.figure_text(figure, was),
                "counted": wording.counted_text(report, figure, was),
            }
        )
    return lines


def _rows_of(found: Breach) -> str:
    """Where the rows are that the breach was found in."""
    edition = found.found_in
    kept = Kept(edition)
    known = {one.name: one for one in kept.report.figures}
    if edition.definition != kept.report.version or found.figure not in known:
        return ""
    group = WHOLE
    if found.group:
        keys = [one["key"] for one in edition.groups]
        group = next((key for key in keys if queries.group_key(key) == found.group), WHOLE)
    return rows_url(kept, known[found.figure], COUNTED, group)


def _with_links(viewer, evidence: str) -> dict:
    """Words, and the report whose check code stands behind them in brackets."""
    words, _bracket, code = evidence.removesuffix(")").rpartition("(")
    if evidence.endswith(")") and len(code) == len("XXXX-XXXX-XXXX"):
        report: ReportEdition | None = editions(viewer).filter(check_code=code).first()
        if report:
            return {"text": words.strip(), "report": report, "period": wording.period_text(report)}
    return {"text": evidence}


def _told(change: queries.Change) -> dict:
    """One line of the history in words."""
    row = change.row
    lines = [
        (CHANGE_WORDS[field], getattr(row, field) if not field.endswith("_id") else "")
        for field in CHANGE_WORDS
        if field in change.changed and getattr(row, field)
    ]
    if change.changed & {"owner_id", "due_on"} and row.owner:
        lines.append((_("In hand"), _("%(name)s, until %(day)s") % {
            "name": row.owner.name, "day": row.due_on,
        }))  # fmt: skip
    if "effective" in change.changed and row.effective is not None:
        lines.append((_("It helped") if row.effective else _("It did not help"), ""))
    if "status" in change.changed and change.status == Breach.Status.OPEN:
        lines = [(_("Found"), "")]
    return {"at": change.at, "who": change.who, "lines": lines}
