"""Patients: those one cares for, and the page of one, to which each floor adds its part."""

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions.care import begin_care
from hims.errors import Refused
from hims.models import Patient
from hims.queries.patients import SHOWN, patients

from .page import page
from .panels import panels_of


@page("patients.view")
@require_GET
def list_patients(request):
    """One's own patients, and the field that opens another one's page."""
    return _listed(request)


@page("care.begin")
@require_POST
def begin(request):
    """A wristband or a whole number opens a patient's page."""
    code = request.POST.get("code", "").strip()[:200]
    try:
        patient = begin_care(actor=request.user, now=timezone.now(), text=code)
    except Refused as refused:
        return _listed(request, code=code, findings=refused.findings)
    return redirect("patient", uid=patient.uid)


@page("patients.view")
@require_GET
def patient(request, uid):
    """One patient, as those who care for them may see them; the look is kept."""
    found = the_one(request.user, Patient.objects.all(), uid=uid)
    now = timezone.now()
    look(viewer=request.user, now=now, what="patient.look", things=[found])
    context = {
        "patient": found,
        "today": timezone.localdate(now),
        "panels": panels_of(request.user, found),
    }
    return render(request, "hims/patient.html", context)


def _listed(request, code: str = "", findings=()):
    words = request.GET.get("q", "").strip()[:120]
    found = list(patients(request.user, words)[: SHOWN + 1])
    context = {
        "patients": found[:SHOWN],
        "more": len(found) > SHOWN,
        "words": words,
        "code": code,
        "findings": findings,
        "may_begin": request.user.may("care.begin"),
    }
    return render(request, "hims/patients.html", context, status=409 if findings else 200)
