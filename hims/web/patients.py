"""Patients: those one cares for, the search over all, and the page of one, to which each floor
adds its part."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.actions.care import begin_care
from hims.errors import NotFound, Refused
from hims.models import Patient
from hims.queries.patients import SHOWN, patients, search
from hims.queries.records import merges_of

from .page import page
from .panels import panels_of
from .registering import may_with

LONGEST = 200


@page("patients.view")
@require_GET
def list_patients(request):
    """One's own patients, and the field that opens another one's page."""
    return _listed(request)


@page("care.begin")
@require_POST
def begin(request):
    """A wristband or a whole number opens a patient's page."""
    code = request.POST.get("code", "").strip()[:LONGEST]
    try:
        patient = begin_care(actor=request.user, now=timezone.now(), text=code)
    except Refused as refused:
        return _listed(request, code=code, findings=refused.findings)
    return redirect("patient", uid=patient.uid)


@page("patients.search")
@require_GET
def find(request):
    """Everybody's patients by name, number, wristband or birth date; whom it showed is kept."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    hits = search(request.user, words) if words else []
    if words:
        shown = [hit.patient for hit in hits]
        look(viewer=request.user, now=timezone.now(), what="patients.search", things=shown)
    context = {"words": words, "hits": hits, "may": may_with(request.user)}
    return render(request, "hims/patients_find.html", context)


@page("patients.view")
@require_GET
def patient(request, uid):
    """One patient, as those who care for them may see them; the look is kept."""
    try:
        found = the_one(request.user, Patient.objects.filter(merged_into=None), uid=uid)
    except NotFound:
        return _now_kept_as(request, uid)
    now = timezone.now()
    look(viewer=request.user, now=now, what="patient.look", things=[found])
    merges = merges_of(request.user, found)
    context = {
        "patient": found,
        "today": timezone.localdate(now),
        "now": now,
        "panels": panels_of(request.user, found),
        "merges": merges,
        "may": {
            "change": request.user.may("patient.change"),
            "merge": request.user.may("patient.merge"),
            "register": request.user.may("patient.register"),
            "arrive": request.user.may("encounter.begin"),
        },
    }
    return render(request, "hims/patient.html", context)


def _now_kept_as(request, uid):
    """The page of the record that goes on, for whoever may know of it."""
    into = Patient.objects.filter(merged_from__uid=uid)
    kept = visible_to(request.user, into).first()
    if kept is None:
        raise Http404
    return redirect("patient", uid=kept.uid)


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
        "may_search": request.user.may("patients.search"),
        "may_register": request.user.may("patient.register"),
    }
    return render(request, "hims/patients.html", context, status=409 if findings else 200)
