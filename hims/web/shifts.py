"""Saying "I am here": whose shift it is in which department, by oneself or by plan."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from hims.access.scopes import the_one
from hims.actions import shifts as actions
from hims.errors import Refused
from hims.models import Actor, Department, Shift
from hims.queries import shifts

from .form import fresh_key, once, refusals_in, status_of
from .page import page
from .registering import Moment, departments


class HereForm(forms.Form):
    department = forms.ModelChoiceField(
        Department.objects.none(), label=gettext_lazy("Department"), to_field_name="code"
    )
    hours = forms.IntegerField(
        label=gettext_lazy("For how many hours?"), min_value=1, max_value=12, initial=8
    )

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = departments(viewer)
        self.fields["department"].empty_label = _("choose")


class PlanForm(forms.Form):
    person = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=80,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    department = forms.ModelChoiceField(
        Department.objects.none(), label=gettext_lazy("Department"), to_field_name="code"
    )
    begins_at = forms.DateTimeField(label=gettext_lazy("From"), widget=Moment)
    ends_at = forms.DateTimeField(label=gettext_lazy("To"), widget=Moment)

    def __init__(self, *args, viewer, **kwargs):
        super().__init__(*args, auto_id="plan_%s", **kwargs)
        self.fields["department"].queryset = departments(viewer)
        self.fields["department"].empty_label = _("choose")

    def clean_person(self) -> Actor:
        people = Actor.objects.filter(kind=Actor.Kind.PERSON, is_active=True)
        found = people.filter(username=self.cleaned_data["person"].strip()).first()
        if found is None:
            raise forms.ValidationError(_("Nobody signs in by this name."))
        return found


@page("shift.begin")
@require_http_methods(["GET", "POST"])
def my_shifts(request):
    """Where one works now, and who else does."""
    form = HereForm(request.POST or None, viewer=request.user)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.begin_shift, word=_done, **form.cleaned_data)
            messages.success(request, _("You are here."))
            return redirect("shifts")
    return _shown(request, form=form)


@page("shift.plan")
@require_POST
def plan(request):
    """Somebody is to work somewhere at a time to come."""
    form = PlanForm(request.POST, viewer=request.user)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.plan_shift, word=_done, **form.cleaned_data)
            messages.success(request, _("Planned."))
            return redirect("shifts")
    return _shown(request, plan_form=form)


@page("shift.end")
@require_POST
def end(request, uid):
    """Leave, or take back what was planned."""
    shift = the_one(request.user, Shift.objects.all(), uid=uid)
    try:
        once(request, actions.end_shift, word=_done, shift=shift)
        messages.success(request, _("The shift has ended."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("shifts")


def _shown(request, form=None, plan_form=None):
    now, viewer = timezone.now(), request.user
    may_plan = viewer.may("shift.plan")
    context = {
        "now": now,
        "mine": shifts.own(viewer, now),
        "others": shifts.on_shift(viewer, now),
        "planned": shifts.planned(viewer, now) if may_plan else [],
        "form": form or HereForm(viewer=viewer),
        "plan_form": (plan_form or PlanForm(viewer=viewer)) if may_plan else None,
        "key": fresh_key(),
    }
    status = max(status_of(one) for one in (form, plan_form) if one) if form or plan_form else 200
    return render(request, "hims/shifts.html", context, status=status)


def _done(shift: Shift) -> dict:
    return {"id": str(shift.uid)}
