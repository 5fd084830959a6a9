"""Why here? What an answer rests on, and the last ten minutes told again, as pages."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.action import look
from hims.errors import NotFound, Refused
from hims.models import Patient, Staff
from hims.web.page import page
from inventory.models import Asset
from tracking.actions.staff_places import ask
from tracking.models import Position
from tracking.queries.retold import Bearer, last_minutes
from tracking.queries.spool import Unreadable, most_bytes
from tracking.queries.why import why
from tracking.web import why_words
from tracking.web.cards import certainty_words, place_words
from tracking.web.why_story import story_of


@page("assets.view")
@require_GET
def asset_why(request, uid):
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    return _why(request, asset, _position(request.user, asset), f"{asset.name} {asset.number}")


@page("stays.view")
@require_GET
def asset_replay(request, uid):
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    return _replay(request, asset, f"{asset.name} {asset.number}")


@page("patients.view")
@require_GET
def patient_why(request, uid):
    """For those with a care relationship; each look is recorded."""
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    look(viewer=request.user, now=timezone.now(), what="patient.why", things=[patient])
    return _why(request, patient, _position(request.user, patient), str(patient))


@page("patients.view")
@require_GET
def patient_replay(request, uid):
    patient = the_one(request.user, Patient.objects.all(), uid=uid)
    look(viewer=request.user, now=timezone.now(), what="patient.replay", things=[patient])
    return _replay(request, patient, str(patient))


@page("staff_position.ask")
@require_http_methods(["GET", "POST"])
def staff_why(request, uid):
    """One answer for one reason, like the question where a colleague is. Where somebody was is
    kept of nobody, so there is nothing to replay."""
    staff = Staff.objects.filter(uid=uid).first()
    if staff is None:
        raise NotFound("no such staff member")
    context = {"name": staff.name, "reason": request.POST.get("reason", "").strip()[:500]}
    if request.method == "POST":
        try:
            position = ask(
                actor=request.user, now=timezone.now(), staff=staff, reason=context["reason"]
            )
            return _why(request, staff, position, staff.name)
        except Refused as refused:
            context["findings"] = refused.findings
    return render(request, "tracking/why_ask.html", context)


def _position(viewer, bearer: Bearer) -> Position | None:
    mine = Position.objects.filter(**{bearer._meta.model_name: bearer})
    return visible_to(viewer, mine).select_related("zone", "floor__building").first()


def _why(request, bearer: Bearer, position: Position | None, name: str):
    now = timezone.now()
    found = why(viewer=request.user, bearer=bearer, position=position, now=now)
    lines = [why_words.line_of(one, now) for one in found.hearing]
    where = found.position
    kind = bearer._meta.model_name
    return render(
        request,
        "tracking/why.html",
        {
            "name": name,
            "url": reverse("asset", args=[bearer.uid]) if kind == "asset" else "",
            "replay_url": "" if kind == "staff" else reverse(f"{kind}-replay", args=[bearer.uid]),
            "again_url": "" if kind == "staff" else request.path,
            "where": where,
            "now": now,
            "place": place_words(where),
            "floor": _floor(where),
            "certainty": certainty_words(where),
            "lead": why_words.lead(found, now),
            "hearing": [line for line in lines if line.now],
            "before": [line for line in lines if not line.now],
            "spoken": [why_words.told(one, now) for one in found.spoken],
            "came": why_words.came(found.passed, now),
            "against": [why_words.against(one, now) for one in found.against],
            "raw": _raw_words(found.raw, found.trouble, kind),
        },
    )


def _floor(where) -> str:
    if where is None or where.floor is None or where.level == "unknown":
        return ""
    return ", ".join(filter(None, [where.floor_name, where.building]))


def _raw_words(raw: str, trouble: str, kind: str) -> str:
    """Why there are no raw readings behind the answer, if there are none."""
    if kind == "staff":
        return _("Raw readings of staff tags are kept of nobody, so their ages are not known.")
    if raw == "off":
        return _("Raw readings are not kept on this server: no ages, and nothing to replay.")
    if raw == "unreadable":
        return _("Raw readings cannot be read at the moment: %(trouble)s.") % {"trouble": trouble}
    if raw == "none":
        return _("No gateway has heard it in the last ten minutes.")
    return ""


def _replay(request, bearer: Bearer, name: str):
    now, told, trouble = timezone.now(), None, ""
    try:
        told = last_minutes(bearer, now) if most_bytes() else None
    except Unreadable as error:
        trouble = str(error)
    if told is None:
        raw = "unreadable" if trouble else "none" if most_bytes() else "off"
        context = {"nothing": _raw_words(raw, trouble, "")}
    else:
        context = {"story": story_of(told, now)}
    kind = bearer._meta.model_name
    context |= {"name": name, "why_url": reverse(f"{kind}-why", args=[bearer.uid])}
    if request.htmx:
        return render(request, "tracking/why_replay.html", context)
    return render(request, "tracking/why_replay_page.html", context)
