"""What the checks know: the lists with their dates, and the hospital's own table of dose limits."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.errors import Refused
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once, refusals_in, status_of
from hims.web.page import page
from pharmacy.actions import knowledge as actions
from pharmacy.domain.doses import plain
from pharmacy.models import DoseLimit, Ingredient
from pharmacy.queries.knowledge import ingredient_names, limits, pairs, sources

A_PAGE = 50
NUMBERS = ("single_min", "single_max", "daily_max", "absolute_max")


def _number(label) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=20,
        required=False,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )


class LimitForm(forms.Form):
    ingredient = forms.CharField(
        label=gettext_lazy("Ingredient"),
        max_length=120,
        widget=forms.TextInput({"list": "ingredients", "autocomplete": "off"}),
    )
    route = forms.CharField(
        label=gettext_lazy("Route"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Empty: any route that has no limit of its own."),
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), max_length=20, initial="mg")
    per_kg = forms.BooleanField(label=gettext_lazy("For each kilogram"), required=False)
    single_min = _number(gettext_lazy("Least single dose"))
    single_max = _number(gettext_lazy("Most for one dose"))
    daily_max = _number(gettext_lazy("Most for a day"))
    absolute_max = _number(gettext_lazy("Never more at once, whatever the weight"))
    age_from_days = forms.IntegerField(
        label=gettext_lazy("From this age in days"), initial=0, min_value=0, max_value=54_900
    )
    age_to_days = forms.IntegerField(
        label=gettext_lazy("Below this age in days"),
        required=False,
        min_value=1,
        max_value=54_900,
        help_text=gettext_lazy("Empty: no upper age. A year is 365 days."),
    )
    source = forms.CharField(label=gettext_lazy("Where is it from?"), max_length=200)

    def clean_ingredient(self) -> Ingredient:
        found = Ingredient.objects.filter(name__iexact=self.cleaned_data["ingredient"].strip())
        if (one := found.first()) is None:
            raise forms.ValidationError(_("No ingredient has this name."))
        return one


@page("orders.view")
@require_GET
def knowledge(request):
    """Lists with their dates, the table of limits, and what interacts with a name."""
    q = request.GET.get("q", "").strip()[:120]
    found = Paginator(limits(request.user, q), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "q": q,
        "sources": sources(request.user),
        "limits": found,
        "pairs": pairs(request.user, q),
        "may_change": request.user.may("knowledge.change"),
    }
    return render(request, "pharmacy/knowledge.html", context)


@page("knowledge.change")
def add_limit(request):
    """A new row of the table."""
    form = LimitForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            once(request, actions.set_limit, word=_done, **form.cleaned_data)
            messages.success(request, _("The limit is set."))
            return redirect("knowledge")
    return _form(request, form, _("A dose limit"))


@page("knowledge.change")
def limit(request, uid):
    """One row of the table, to change or to confirm as reviewed today."""
    found = the_one(request.user, DoseLimit.objects.select_related("ingredient"), uid=uid)
    form = LimitForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            once(request, actions.set_limit, word=_done, limit=found, **form.cleaned_data)
            messages.success(request, _("The limit is set, and reviewed today."))
            return redirect("knowledge")
    return _form(request, form, _("A dose limit"), found)


@page("knowledge.change")
@require_POST
def withdraw(request, uid):
    found = the_one(request.user, DoseLimit.objects.select_related("ingredient"), uid=uid)
    try:
        reason = request.POST.get("reason", "").strip()[:300]
        once(request, actions.withdraw_limit, word=_done, limit=found, reason=reason)
    except Refused as refused:
        form = LimitForm(initial=_initial(found))
        return _form(request, form, _("A dose limit"), found, refused.findings)
    messages.success(request, _("The limit is withdrawn."))
    return redirect("knowledge")


def _done(_result) -> dict:
    return {"done": True}


def _initial(found: DoseLimit) -> dict:
    same = ("route", "unit", "per_kg", "age_from_days", "age_to_days", "source")
    numbers = {name: getattr(found, name) for name in NUMBERS}
    return (
        {name: getattr(found, name) for name in same}
        | {name: "" if value is None else plain(value) for name, value in numbers.items()}
        | {"ingredient": found.ingredient.name}
    )


def _form(request, form: LimitForm, title: str, found: DoseLimit | None = None, findings=()):
    context = {
        "form": form,
        "title": title,
        "limit": found,
        "back": reverse("knowledge"),
        "ingredients": ingredient_names(request.user),
        "changes": timeline(found, viewer=request.user) if found else [],
        "findings": findings,
        "now": timezone.now(),
        "key": fresh_key(),
    }
    status = 409 if findings else status_of(form)
    return render(request, "pharmacy/limit.html", context, status=status)
