"""Alerts: one line each, taken in one press; the timeline of one; the bell on every page."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.roles import ROLE_NAMES, Role
from hims.access.scopes import the_one
from hims.actions import alerts as actions
from hims.domain.alerts import LONGEST_SNOOZE
from hims.errors import Finding, Refused
from hims.live import Event
from hims.models import Alert
from hims.queries import alerts as queries

from .form import fresh_key, once
from .page import page

EVENT_WORDS = {
    "begun": gettext_lazy("Began"),
    "held_back": gettext_lazy("Held back"),
    "raised": gettext_lazy("Raised"),
    "told": gettext_lazy("Told"),
    "digest": gettext_lazy("Kept for the digest of"),
    "escalated": gettext_lazy("Climbed to the next"),
    "unreachable": gettext_lazy("Nobody could be told"),
    "acknowledged": gettext_lazy("Taken"),
    "assigned": gettext_lazy("Given to"),
    "snoozed": gettext_lazy("Put off"),
    "called_again": gettext_lazy("Called again"),
    "resolved": gettext_lazy("Over"),
}
WHICH_WORDS = {
    "mine": gettext_lazy("Mine"),
    "all": gettext_lazy("All"),
    "resolved": gettext_lazy("Over"),
}
PAUSES_MIN = (5, 15, 60, 240)
EVENTS_SHOWN, THINGS_SHOWN = 200, 50


@page("alerts.view")
@require_GET
def alerts(request):
    """What calls, the worst first; `which` is mine, all or resolved."""
    return _listed(request)


def _listed(request, findings=(), status: int = 200):
    now = timezone.now()
    which = request.GET.get("which", "mine")
    which = which if which in WHICH_WORDS else "mine"
    found = list(queries.alerts(request.user, which, now)[: queries.MOST_SHOWN])
    context = {
        "now": now,
        "which": which,
        "choices": WHICH_WORDS.items(),
        "found": _with_names(request.user, found),
        "suppressions": queries.suppressions(request.user, now),
        "findings": findings,
        "key": fresh_key(),
        "may_keep": request.user.may("alert_rules.view"),
        "may_suppress": request.user.may("alert.suppress"),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "hims/alerts_list.html" if fragment else "hims/alerts.html"
    return render(request, template, context, status=status)


def _with_names(viewer, found: list[Alert]) -> list[Alert]:
    """Each with the name of its patient where the viewer may know it, and of whose it is."""
    known = queries.patients_known(viewer, found)
    for one in found:
        one.who = known.get(one.patient_id)
        one.whose = one.owner.name if one.owner else ROLE_NAMES[Role(one.owner_role)]
    return found


@page("alerts.view")
@require_GET
def alert(request, uid):
    """One alert: what it is about, what happened to it, and what to do with it."""
    return _shown(request, _the_alert(request, uid))


def _shown(request, found: Alert, refused: Refused | None = None, status: int = 200):
    now = timezone.now()
    _with_names(request.user, [found])
    longest = LONGEST_SNOOZE[found.priority].total_seconds() / 60
    events = found.events.select_related("actor").order_by("-id")[:EVENTS_SHOWN]
    context = {
        "now": now,
        "alert": found,
        "is_open": found.status != Alert.Status.RESOLVED,
        "events": [(EVENT_WORDS.get(one.event, one.event), one) for one in events],
        "things": found.occurrences.order_by("-cleared_at", "-last_at", "pk")[:THINGS_SHOWN],
        "things_count": found.occurrences.count(),
        "people": queries.may_take(found.department, now),
        "pauses": [minutes for minutes in PAUSES_MIN if minutes <= longest],
        "findings": refused.findings if refused else (),
        "key": fresh_key(),
    }
    return render(request, "hims/alert.html", context, status=status)


class SnoozeForm(forms.Form):
    minutes = forms.IntegerField(min_value=1, max_value=24 * 60)
    reason = forms.CharField(max_length=200)


class ResolveForm(forms.Form):
    acted_on = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])
    resolution = forms.CharField(max_length=200, required=False)


def _press(request, uid, action, said, **asked):
    """One press on one alert: back to where it was pressed, or the refusal in place."""
    found = _the_alert(request, uid)
    try:
        once(request, action, word=lambda row: {"id": str(row.uid)}, alert=found, **asked)
    except Refused as refused:
        return _shown(request, found, refused, status=409)
    messages.success(request, said)
    if request.POST.get("back") in WHICH_WORDS:
        response = redirect("alerts")
        response["Location"] += f"?which={request.POST['back']}"
        return response
    return redirect("alert", uid=uid)


@page("alert.acknowledge")
@require_POST
def acknowledge(request, uid):
    """It is mine."""
    return _press(request, uid, actions.acknowledge_alert, _("It is yours now."))


@page("alert.assign")
@require_POST
def assign(request, uid):
    """Somebody else's, who is told."""
    found = _the_alert(request, uid)
    people = {str(one.uid): one for one in queries.may_take(found.department, timezone.now())}
    to = people.get(request.POST.get("to", ""))
    if to is None:
        return _missing(request, found, _("Choose somebody who is on shift."), "to")
    said = _("%(name)s is told.") % {"name": to.name}
    return _press(request, uid, actions.assign_alert, said, to=to)


@page("alert.snooze")
@require_POST
def snooze(request, uid):
    """Later, and why."""
    form = SnoozeForm(request.POST)
    if not form.is_valid():
        found = _the_alert(request, uid)
        return _missing(request, found, _("Say for how long and why."), "reason")
    said = _("Put off. It will call again.")
    return _press(request, uid, actions.snooze_alert, said, **form.cleaned_data)


@page("alert.resolve")
@require_POST
def resolve(request, uid):
    """Over, and whether it was worth the call."""
    form = ResolveForm(request.POST)
    if not form.is_valid():
        found = _the_alert(request, uid)
        return _missing(request, found, _("Say whether something had to be done."), "acted_on")
    return _press(
        request,
        uid,
        actions.resolve_alert,
        _("It is over. Thank you."),
        acted_on=form.cleaned_data["acted_on"] == "yes",
        resolution=form.cleaned_data["resolution"],
    )


def _missing(request, found: Alert, text: str, field: str):
    return _shown(request, found, Refused(Finding("required", text, field=field)), status=400)


@page("alerts.view")
@require_GET
def bell(request):
    """What calls me now: the number on the bell, and the words that are read out."""
    return render(request, "hims/alerts_bell.html", {"calling": queries.bell_of(request.user)})


def may_hear(viewer, event: Event) -> Event | None:
    """Of alerts that changed, those that concern the viewer; `yours` when it calls them now."""
    if not viewer.may("alerts.view"):
        return None
    keeps = viewer.may("alert_rules.view")
    roles = set(viewer.roles)
    rows, before = [], []
    for row, was in zip(event.rows, event.before, strict=True):
        yours = viewer.pk in row["calls"]
        concerns = yours or keeps or viewer.pk in row["told"] or row["owner"] == viewer.pk
        if concerns or roles & set(row["roles"]):
            shown = {key: row[key] for key in ("id", "priority", "status", "department", "roles")}
            rows.append(shown | {"owner": row["owner"] == viewer.pk, "yours": yours})
            before.append(was)
    return Event(event.kind, rows, before) if rows else None


def _the_alert(request, uid) -> Alert:
    known = Alert.objects.select_related("rule", "department", "owner", "patient")
    return the_one(request.user, known, uid=uid)
