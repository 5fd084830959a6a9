"""An emergency supply: the medicine first, the order to follow."""

from typing import Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from hims.access.scopes import visible_to
from hims.actions.care import begin_care
from hims.actions.confirmations import ask_confirmation
from hims.errors import Finding, Refused
from hims.models import Confirmation, Patient
from hims.web.form import fresh_key, once
from hims.web.page import page
from hims.wire import own_codes
from pharmacy.actions import emergency as actions
from pharmacy.actions.firings import REASONS, note_once
from pharmacy.domain.doses import UNITS
from pharmacy.domain.prescribing import ROUTES
from pharmacy.queries import asking
from pharmacy.queries.picked import Asked

from .counter import asked_before, place_of, yes_of
from .prescribing import overrides_in


class EmergencyForm(forms.Form):
    """What is taken, for whom, and why at once."""

    patient = forms.CharField(
        label=gettext_lazy("Patient"),
        help_text=gettext_lazy("The wristband, or the whole record number."),
        max_length=120,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )
    quantity = forms.CharField(
        label=gettext_lazy("How many"),
        help_text=gettext_lazy("As it is counted: tablets, ampoules, ml."),
        max_length=20,
        initial="1",
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    dose = forms.CharField(
        label=gettext_lazy("Dose"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
    )
    dose_unit = forms.CharField(
        label=gettext_lazy("Unit"),
        max_length=20,
        initial="mg",
        widget=forms.TextInput({"list": "units", "autocomplete": "off"}),
    )
    route = forms.CharField(
        label=gettext_lazy("Route"),
        max_length=30,
        widget=forms.TextInput({"list": "routes", "autocomplete": "off"}),
    )
    reason = forms.CharField(label=gettext_lazy("What is the emergency?"), max_length=300)


@page("pharmacy.emergency")
@require_http_methods(["GET", "POST"])
def emergency(request):
    """Scan the pack, say for whom and why; a prescriber signs it afterwards."""
    form = EmergencyForm(request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return _shown(request, form, status=400 if form.is_bound else 200)
    asked, place = form.cleaned_data, place_of(request)
    pack = request.POST.get("pack", "").strip(" ")[:4096]
    try:
        if not pack:
            raise Refused(Finding("no_pack", _("Scan the pack first."), field="pack"))
        patient = _patient(request, asked["patient"])
        given = {key: asked[key].strip() for key in ("dose", "dose_unit", "route")}
        lines = [Asked(asked["quantity"].strip(), scan=pack, unit="unit")]
        question = asking.before_an_emergency(
            now=timezone.now(), patient=patient, lines=lines, place=place, **given
        )
        before = asked_before(request, question["purpose"], question["about"])
        if "ask" in request.POST and before is None:
            once(
                request,
                ask_confirmation,
                word=lambda made: {"id": str(made.uid)},
                asked_from=request.browser,
                **question,
            )
            before = asked_before(request, question["purpose"], question["about"])
        if "ask" in request.POST:
            return _shown(request, form, waiting=before)
        said, _repeated = once(
            request,
            actions.supply_in_emergency,
            word=lambda made: {"dispense": str(made.uid)},
            patient=patient,
            lines=lines,
            place=place.code,
            reason=asked["reason"],
            confirmation=yes_of(before),
            overrides=overrides_in(request.POST),
            **given,
        )
    except Refused as refused:
        note_once(
            f"form {request.POST.get('key', '')}",
            refused.findings,
            actor=request.user,
            now=timezone.now(),
        )
        return _shown(request, form, findings=refused.findings, ways=refused.alternatives)
    messages.success(request, _("It is supplied. A prescriber must sign it afterwards."))
    if request.user.may("pharmacy.view"):
        return redirect("supply", uid=said["dispense"])
    return redirect("emergency")


def _patient(request, text: str) -> Patient:
    """The patient whose wristband or whole number it is; reading it begins to care for them."""
    if request.user.may("care.begin"):
        return begin_care(actor=request.user, now=timezone.now(), text=text)
    own = own_codes.parsed(text)
    number = own[1] if own and own[0] == "patient" else text.strip()
    found = visible_to(request.user, Patient.objects.filter(mrn=number)).first()
    if found is None:
        words = _("No patient that you care for has this number.")
        raise Refused(Finding("unknown_patient", words, field="patient"))
    return found


def _shown(
    request,
    form: EmergencyForm,
    *,
    findings=(),
    ways=(),
    waiting: Confirmation | None = None,
    status: int = 200,
):
    stops = [one for one in findings if one.severity == "stop"]
    context: dict[str, Any] = {
        "form": form,
        "pack": request.POST.get("pack", ""),
        "stops": [one for one in stops if one.code != "second_person"],
        "second": next((one for one in stops if one.code == "second_person"), None),
        "warns": [one for one in findings if one.severity == "warn"],
        "ways": ways,
        "asked": waiting,
        "reasons": REASONS,
        "units": UNITS,
        "routes": ROUTES,
        "place": place_of(request),
        "key": fresh_key(),
    }
    status = 409 if findings else status
    return render(request, "pharmacy/emergency.html", context, status=status)
