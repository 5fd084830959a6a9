"""What must be known of a patient: the panel of their page, and where it is recorded."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.errors import Refused
from hims.models import Patient
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once, refusals_in, status_of
from hims.web.page import page
from pharmacy.actions import allergies as actions
from pharmacy.models import Allergy, AllergyStatement, Ingredient, Weight
from pharmacy.queries.knowledge import class_names, ingredient_names
from pharmacy.queries.patient import record_of

WEIGHTS_SHOWN = 10


class AllergyForm(forms.Form):
    ingredient = forms.CharField(
        label=gettext_lazy("Medicine or substance"),
        help_text=gettext_lazy("By its ingredient, so that it is checked by name."),
        max_length=120,
        required=False,
        widget=forms.TextInput({"list": "ingredients", "autocomplete": "off"}),
    )
    allergy_class = forms.CharField(
        label=gettext_lazy("Or a whole class"),
        max_length=80,
        required=False,
        widget=forms.TextInput({"list": "classes", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or in words"),
        help_text=gettext_lazy("Words are compared with names only: somebody must read them."),
        max_length=200,
        required=False,
    )
    reaction = forms.CharField(label=gettext_lazy("What happened?"), max_length=200, required=False)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=Allergy.Severity.choices, initial="unknown"
    )

    def clean_ingredient(self) -> Ingredient | None:
        name = self.cleaned_data["ingredient"].strip()
        if not name:
            return None
        found = Ingredient.objects.filter(name__iexact=name).first()
        if found is None:
            raise forms.ValidationError(_("No ingredient has this name. Say it in words below."))
        return found


class WeightForm(forms.Form):
    kg = forms.CharField(
        label=gettext_lazy("Weight in kg"),
        max_length=10,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )


@page("orders.view")
@require_GET
def panel(request, uid):
    """Allergies, weight and current medicines: a part of the patient's page."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    now = timezone.now()
    look(viewer=request.user, now=now, what="order.look", things=[patient])
    context = {
        "record": record_of(request.user, patient, now=now),
        "now": now,
        "may_prescribe": request.user.may("order.enter"),
    }
    return render(request, "pharmacy/patient_panel.html", context)


@page("orders.view")
@require_GET
def record(request, uid):
    """Allergies and weights of one patient, with their story, and the forms to add to them."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    look(viewer=request.user, now=timezone.now(), what="patient.look", things=[patient])
    return _shown(request, patient)


@page("allergy.change")
@require_POST
def add_allergy(request, uid):
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    form = AllergyForm(request.POST)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.record_allergy, word=_done, patient=patient, **form.cleaned_data)
            messages.success(request, _("The allergy is recorded."))
            return redirect("patient-record", uid=uid)
    return _shown(request, patient, allergy_form=form)


@page("allergy.change")
@require_POST
def none_known(request, uid):
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    return _pressed(request, patient, actions.state_none_known, patient=patient)


@page("allergy.change")
@require_POST
def refute(request, uid):
    allergy = the_one(request.user, Allergy.objects.select_related("patient"), uid=uid)
    reason = request.POST.get("reason", "").strip()[:500]
    return _pressed(
        request, allergy.patient, actions.refute_allergy, allergy=allergy, reason=reason
    )


@page("weight.record")
@require_POST
def add_weight(request, uid):
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    form = WeightForm(request.POST)
    if form.is_valid():
        with refusals_in(form):
            once(request, actions.record_weight, word=_done, patient=patient, **form.cleaned_data)
            messages.success(request, _("The weight is recorded."))
            return redirect("patient-record", uid=uid)
    return _shown(request, patient, weight_form=form)


def _pressed(request, patient: Patient, action, /, **asked):
    """One button that does one thing; a refusal is said on the page it was pressed on."""
    try:
        once(request, action, word=_done, **asked)
    except Refused as refused:
        return _shown(request, patient, findings=refused.findings)
    messages.success(request, _("It is recorded."))
    return redirect("patient-record", uid=patient.uid)


def _done(_result) -> dict:
    return {"done": True}


def _shown(request, patient: Patient, *, allergy_form=None, weight_form=None, findings=()):
    viewer, now = request.user, timezone.now()
    allergies = list(
        visible_to(viewer, Allergy.objects.filter(patient=patient))
        .select_related("ingredient")
        .order_by("status", "-pk")
    )
    statements = list(visible_to(viewer, AllergyStatement.objects.filter(patient=patient)))
    weights = visible_to(viewer, Weight.objects.filter(patient=patient)).select_related("actor")
    forms_shown = [form for form in (allergy_form, weight_form) if form]
    status = max([status_of(form) for form in forms_shown] + [409 if findings else 200])
    context = {
        "record": record_of(viewer, patient, now=now),
        "allergies": allergies,
        "weights": weights.order_by("-measured_at")[:WEIGHTS_SHOWN],
        "allergy_form": allergy_form or AllergyForm(),
        "weight_form": weight_form or WeightForm(),
        "changes": timeline(*allergies, *statements, viewer=viewer),
        "ingredients": ingredient_names(viewer),
        "classes": class_names(viewer),
        "findings": findings,
        "may_change": viewer.may("allergy.change"),
        "may_weigh": viewer.may("weight.record"),
        "now": now,
        "key": fresh_key(),
    }
    return render(request, "pharmacy/patient_record.html", context, status=status)
