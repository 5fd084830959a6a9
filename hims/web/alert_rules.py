"""The rules of alerts: how each behaves and did, what is held back; and the budgets of roles."""

from datetime import timedelta

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.roles import ROLE_NAMES, Role
from hims.access.scopes import the_one
from hims.actions.alerts import keeping as actions
from hims.models import AlertRule, AlertSuppression, Department, Priority
from hims.queries import alerts as queries

from .form import fresh_key, once, refusals_in
from .page import page
from .settings import form_page

SCORED = timedelta(days=30)
HOURS = [(n, gettext_lazy("%d h") % n) for n in (1, 2, 4, 8, 12, 24)]
ROLES = [(role.value, name) for role, name in ROLE_NAMES.items()]


class RuleForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput)
    title = forms.CharField(label=gettext_lazy("What it is called"), max_length=120)
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=Priority.choices)
    owner_role = forms.ChoiceField(label=gettext_lazy("Who is told first"), choices=ROLES)
    acknowledge_within_s = forms.IntegerField(
        label=gettext_lazy("Seconds until the next are told"), min_value=5, max_value=86400
    )
    escalates_to = forms.MultipleChoiceField(
        label=gettext_lazy("Who is told next, in this order, before everybody on shift"),
        choices=ROLES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    delay_s = forms.IntegerField(
        label=gettext_lazy("Seconds it must last before anybody is told"),
        min_value=0,
        max_value=86400,
    )
    clears_after_s = forms.IntegerField(
        label=gettext_lazy("Seconds it must be over before it ends by itself"),
        min_value=0,
        max_value=86400,
    )
    threshold_min = forms.FloatField(
        label=gettext_lazy("Its own threshold in minutes"),
        required=False,
        min_value=0,
        max_value=10_000,
    )
    active = forms.BooleanField(label=gettext_lazy("In use"), required=False)


class SuppressForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput)
    hours = forms.TypedChoiceField(label=gettext_lazy("For how long"), choices=HOURS, coerce=int)
    department = forms.ModelChoiceField(
        Department.objects.none(),
        label=gettext_lazy("Where"),
        required=False,
        empty_label=gettext_lazy("The whole house"),
    )
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=200)


class BudgetForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    per_hour = forms.IntegerField(
        label=gettext_lazy("Alerts an hour that may interrupt one person"),
        help_text=gettext_lazy("High priority always interrupts."),
        min_value=0,
        max_value=1000,
    )
    digest_every_min = forms.IntegerField(
        label=gettext_lazy("The rest comes together every so many minutes"),
        min_value=1,
        max_value=480,
    )


@page("alert_rules.view")
@require_GET
def rules(request):
    """All rules with their scores of the last thirty days, what is held back, and the budgets."""
    now = timezone.now()
    scored = queries.scores(request.user, now - SCORED)
    found = list(queries.rules(request.user))
    for rule in found:
        rule.score, rule.held = scored.get(rule.pk, (None, 0))
        rule.owner_name = ROLE_NAMES[Role(rule.owner_role)]
    budgets = queries.budgets(request.user)
    context = {
        "now": now,
        "rules": found,
        "suppressions": queries.suppressions(request.user, now),
        "budgets": [(ROLE_NAMES[Role(role)], row) for role, row in sorted(budgets.items())],
        "key": fresh_key(),
        "may_change": request.user.may("alert_rule.change"),
        "may_suppress": request.user.may("alert.suppress"),
    }
    return render(request, "hims/alert_rules.html", context)


@page("alert_rule.change")
def change(request, uid):
    """How one rule behaves from now on."""
    rule = _the_rule(request, uid)
    names = [name for name in RuleForm.base_fields if name != "key"]
    start = {name: getattr(rule, name) for name in names} | {"key": fresh_key()}
    form = RuleForm(request.POST or None, initial=start)
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in names}
        with refusals_in(form):
            once(request, actions.change_rule, word=_named, rule=rule, **asked)
            messages.success(request, _("Saved."))
            return redirect("alert-rules")
    return form_page(request, form, title=rule.title, submit=_("Save"), back=reverse("alert-rules"))


@page("alert.suppress")
def suppress(request, uid):
    """Hold one rule back for some hours."""
    rule = _the_rule(request, uid)
    form = SuppressForm(request.POST or None, initial={"key": fresh_key()})
    form.fields["department"].queryset = Department.objects.filter(active=True).order_by("name")
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        with refusals_in(form):
            once(
                request,
                actions.suppress,
                word=_named,
                now=now,
                rule=rule,
                until=now + timedelta(hours=form.cleaned_data["hours"]),
                department=form.cleaned_data["department"],
                reason=form.cleaned_data["reason"],
            )
            messages.success(request, _("Held back. Everybody sees it on the page of alerts."))
            return redirect("alerts")
    title = _("Hold back: %(rule)s") % {"rule": rule.title}
    back = reverse("alert-rules")
    return form_page(request, form, title=title, submit=_("Hold back"), back=back)


@page("alert.suppress")
@require_POST
def end_suppression(request, uid):
    """Hear them again."""
    row = the_one(request.user, AlertSuppression.objects.all(), uid=uid)
    once(request, actions.end_suppression, word=_named, suppression=row)
    messages.success(request, _("These alerts are heard again."))
    return redirect("alerts")


@page("alert_rule.change")
def budget(request):
    """How often a role may be interrupted."""
    form = BudgetForm(request.POST or None, initial={"key": fresh_key(), "per_hour": 6})
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in form.fields if name != "key"}
        with refusals_in(form):
            once(request, actions.set_budget, word=lambda row: {"role": row.role}, **asked)
            messages.success(request, _("Saved."))
            return redirect("alert-rules")
    title, back = _("Interruptions of a role"), reverse("alert-rules")
    return form_page(request, form, title=title, submit=_("Save"), back=back)


def _named(row) -> dict:
    return {"id": str(row.uid)}


def _the_rule(request, uid) -> AlertRule:
    return the_one(request.user, AlertRule.objects.all(), uid=uid)
