"""Two records side by side, made one, and made two again."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions import merging
from hims.errors import NotFound, Refused
from hims.models import Patient, PatientMerge
from hims.queries.patients import search
from hims.queries.records import counted

from .form import fresh_key, once
from .page import page
from .registering import the_found

LONGEST = 200


@page("patient.merge")
@require_http_methods(["GET", "POST"])
def merge(request, uid):
    """Choose the other record, compare, and say why it is one person. This one is kept."""
    kept = the_found(request, uid)
    findings: list = []
    if request.method == "POST":
        other = the_found(request, request.POST.get("other", ""))
        try:
            once(
                request,
                merging.merge,
                word=lambda made: {"id": str(made.uid)},
                merged=other,
                kept=kept,
                reason=request.POST.get("reason", "")[:200],
            )
        except Refused as refused:
            findings = refused.findings
        else:
            messages.success(request, _("These are one record now."))
            return _to_record(request, kept)
    else:
        other = the_found(request, request.GET["other"]) if request.GET.get("other") else None
    words = request.GET.get("q", "").strip()[:LONGEST]
    hits = [] if other else [hit for hit in search(request.user, words) if hit.patient != kept]
    if hits:
        shown = [hit.patient for hit in hits]
        look(viewer=request.user, now=timezone.now(), what="patients.search", things=shown)
    context = {
        "kept": kept,
        "other": other,
        "rows": _compared(kept, other) if other else [],
        "words": words,
        "hits": hits,
        "findings": findings,
        "reason": request.POST.get("reason", ""),
        "key": fresh_key(),
    }
    return render(request, "hims/patient_merge.html", context, status=409 if findings else 200)


@page("patient.unmerge")
@require_POST
def unmerge(request, uid):
    """They were two after all."""
    done = the_one(request.user, PatientMerge.objects.select_related("kept"), uid=uid)
    try:
        once(
            request,
            merging.unmerge,
            word=lambda undone: {"id": str(undone.uid)},
            merge=done,
            reason=request.POST.get("reason", "")[:200],
        )
        messages.success(request, _("These are two records again."))
    except Refused as refused:
        messages.error(request, str(refused))
    return _to_record(request, done.kept)


def _to_record(request, kept: Patient):
    """The record, for whoever may open it; else back to the search."""
    try:
        the_one(request.user, Patient.objects.all(), pk=kept.pk)
    except NotFound:
        return redirect("find-patient")
    return redirect("patient", uid=kept.uid)


def _compared(kept: Patient, other: Patient) -> list[dict]:
    """What both records say, line by line, and whether it is the same."""
    lines = [
        (_("Record number"), kept.mrn, other.mrn),
        (_("Family name"), kept.family, other.family),
        (_("Given names"), kept.given, other.given),
        (_("Born"), _day(kept), _day(other)),
        (_("Sex"), kept.get_sex_display(), other.get_sex_display()),
    ]
    here, there = counted(kept), counted(other)
    words = {
        "visits": _("Visits"),
        "documents": _("Documents"),
        "contacts": _("Contacts"),
        "team": _("Care team"),
    }
    lines += [(words[name], here[name], there[name]) for name in words]
    return [
        {"label": label, "kept": one, "other": two, "same": one == two} for label, one, two in lines
    ]


def _day(patient: Patient) -> str:
    return date_format(patient.birth_date, "j M Y") if patient.birth_date else _("not known")
