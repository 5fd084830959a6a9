"""To prescribe, by keyboard alone: the findings stand beside the form while it is filled in."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.roles import Role
from hims.access.scopes import the_one
from hims.action import look
from hims.errors import Finding, Refused
from hims.models import Actor, Patient
from hims.web.form import fresh_key, once, status_of
from hims.web.page import page
from inventory.domain.quantities import NotAQuantity, base_units
from pharmacy.actions import orders as actions
from pharmacy.actions.firings import REASONS, note_once
from pharmacy.domain.checks import RULES
from pharmacy.domain.doses import UNITS
from pharmacy.domain.prescribing import ROUTES
from pharmacy.models import MedicationOrder
from pharmacy.queries.orders import choices, named
from pharmacy.queries.patient import record_of
from pharmacy.queries.trying import Tried, tried

TIMINGS = (
    *("once daily", "twice daily", "three times a day", "four times a day", "every 4 hours"),
    *("every 6 hours", "every 8 hours", "every 12 hours", "every morning", "at night", "weekly"),
)


def _listed(name: str, **more: str) -> forms.TextInput:
    return forms.TextInput({"list": name, "autocomplete": "off", "spellcheck": "false"} | more)


class PrescriptionForm(forms.Form):
    """What is prescribed; the names of its fields are those of the order."""

    dose = forms.CharField(
        label=gettext_lazy("Dose"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    dose_unit = forms.CharField(
        label=gettext_lazy("Unit"), max_length=20, widget=_listed("units"), initial="mg"
    )
    route = forms.CharField(label=gettext_lazy("Route"), max_length=30, widget=_listed("routes"))
    timing = forms.CharField(label=gettext_lazy("When"), max_length=120, widget=_listed("timings"))
    supply_days = forms.IntegerField(
        label=gettext_lazy("Days"), initial=1, min_value=1, max_value=366
    )
    quantity = forms.CharField(
        label=gettext_lazy("Quantity"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Empty: worked out from dose, timing and days."),
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    as_needed = forms.BooleanField(label=gettext_lazy("As needed"), required=False)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=MedicationOrder.Priority.choices
    )
    indication = forms.CharField(label=gettext_lazy("For"), max_length=200, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note to the pharmacy"), max_length=500, required=False
    )


class NewOrderForm(PrescriptionForm):
    field_order = ["medicine"]
    medicine = forms.CharField(
        label=gettext_lazy("Medicine"),
        max_length=200,
        help_text=gettext_lazy("A product, or an ingredient; the pharmacy then picks the product."),
        widget=_listed("medicines", autofocus="", **{"data-medicine": ""}),
    )
    prescriber = forms.ModelChoiceField(
        label=gettext_lazy("Prescriber"), queryset=Actor.objects.none(), to_field_name="uid"
    )

    def __init__(self, *args, viewer: Actor, **kwargs):
        super().__init__(*args, **kwargs)
        if Role.PHYSICIAN in viewer.roles:
            del self.fields["prescriber"]
        else:
            prescribers = cast(forms.ModelChoiceField, self.fields["prescriber"])
            prescribers.queryset = Actor.objects.filter(
                kind=Actor.Kind.PERSON, is_active=True, roles__contains=[Role.PHYSICIAN]
            ).order_by("name")


@page("order.enter")
def prescribe(request, uid):
    """A new order of a patient."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    form = NewOrderForm(request.POST or None, viewer=request.user)
    found: list[Finding] = []
    if request.method == "POST" and form.is_valid():
        asked, found = asked_in(form)
        if not found:
            try:
                once(
                    request,
                    actions.enter_order,
                    word=lambda order: {"order": str(order.uid)},
                    patient=patient,
                    overrides=overrides_in(request.POST),
                    heeded=spoken_in(request.POST),
                    **asked,
                )
            except Refused as refused:
                found = refused.findings
                note_once(
                    f"form {request.POST.get('key', '')}",
                    found,
                    actor=request.user,
                    now=timezone.now(),
                )
            else:
                messages.success(request, _("It is prescribed, and the pharmacy has it."))
                return redirect("patient", uid=uid)
    if request.method == "GET":
        look(viewer=request.user, now=timezone.now(), what="order.look", things=[patient])
    context = form_context(request, form, found) | {
        "patient": patient,
        "record": record_of(request.user, patient, now=timezone.now()),
        "now": timezone.now(),
        "tried": _tried(request, patient, form) if request.method == "POST" else None,
    }
    status = 409 if found else status_of(form)
    return render(request, "pharmacy/prescribe.html", context, status=status)


@page("order.enter")
@require_POST
def check_new(request, uid):
    """What the checks say of the form as it stands; nothing is kept."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    form = NewOrderForm(request.POST, viewer=request.user)
    context = findings_context(request, []) | {"tried": _tried(request, patient, form)}
    return render(request, "pharmacy/findings.html", context)


@page("order.enter")
@require_GET
def medicine_names(request):
    """Names that begin to match what is typed: options of the medicine field."""
    words = (request.GET.get("medicine") or "").strip()[:120]
    return render(request, "pharmacy/medicine_names.html", {"found": choices(words)})


def _tried(request, patient: Patient, form: NewOrderForm) -> Tried | None:
    """What the form would come to, as far as it is filled in."""
    form.is_valid()
    if not {"medicine", "dose", "dose_unit"} <= form.cleaned_data.keys():
        return None
    asked, found = asked_in(form)
    if found:
        return None
    order = MedicationOrder(patient=patient, starts_at=timezone.now(), **_fields(asked))
    return tried(order, timing=str(form.cleaned_data.get("timing", "")), now=timezone.now())


def _fields(asked: dict[str, Any]) -> dict[str, Any]:
    return {"supply_days": 1, "route": "", "timing": "", "priority": "routine"} | asked


def asked_in(form: PrescriptionForm) -> tuple[dict[str, Any], list[Finding]]:
    """What a form asks for by the names of the action, and what of it cannot be found."""
    asked = dict(form.cleaned_data)
    product = form.initial.get("product")
    if "medicine" in asked:
        product, ingredient = named(asked.pop("medicine"))
        if product is None and ingredient is None:
            words = _("Nothing of the formulary has this name. Choose from the list.")
            form.add_error("medicine", words)
            return {}, [Finding("unknown_medicine", words, field="medicine")]
        asked |= {"product": product, "ingredient": ingredient}
    if "quantity" in asked:
        text = asked["quantity"].strip()
        try:
            per = product.base_per_unit if product is not None else 1
            asked["quantity"] = base_units(text, per) if text else None
        except NotAQuantity as reason:
            form.add_error("quantity", str(reason))
            return {}, [Finding("bad_quantity", str(reason), field="quantity")]
    return asked, []


def overrides_in(post) -> list[dict[str, str]]:
    """The reasons that were given beside warnings."""
    return [
        {
            "finding": name.removeprefix("reason-"),
            "reason": post[name],
            "text": post.get(f"words-{name.removeprefix('reason-')}", ""),
        }
        for name in post
        if name.startswith("reason-") and post[name] in REASONS
    ]


def spoken_in(post) -> list[str]:
    """The rules that spoke while the form was filled in: those that fell silent were heeded."""
    return [rule for rule in dict.fromkeys(post.getlist("spoke")) if rule in RULES]


def findings_context(request, found: list[Finding]) -> dict[str, Any]:
    """What `pharmacy/findings.html` needs beside what was tried."""
    post = request.POST
    return {
        "reasons": REASONS,
        "given": {one["finding"]: one for one in overrides_in(post)},
        "spoke": spoken_in(post),
        "refused": [one for one in found if one.code not in RULES],
        "asked_again": {one.code for one in found if one.severity == "warn"},
    }


def form_context(request, form: forms.Form, found: list[Finding]) -> dict[str, Any]:
    """What every form of a prescription needs."""
    return findings_context(request, found) | {
        "form": form,
        "key": fresh_key(),
        "units": UNITS,
        "routes": ROUTES,
        "timings": TIMINGS,
    }
