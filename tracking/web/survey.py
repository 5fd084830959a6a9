"""The survey walk on a phone: what you carry, the room's code, wait, next."""

from uuid import UUID

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one, visible_to
from hims.errors import NotFound, Refused
from hims.models import Actor, Floor
from hims.queries.places import seconds_from
from hims.web.page import page
from inventory.models import Asset
from tracking.actions.maps import withdraw as withdraw_labels
from tracking.actions.survey import stand_here
from tracking.models import Sighting
from tracking.queries import coverage as queries
from tracking.web import rooms
from tracking.web.codes import meant

WAIT_S = 15
LOOK_S, LOOKS = 1, 10
"""So often, and so many times, it is looked whether the tag was heard."""
OFFERED = 12


@page("survey.stand")
@require_GET
def survey(request):
    """First what is carried, then room after room; what is asked next has the scan field."""
    asked = request.GET
    carried = _carried(request.user, asked.get("thing", ""))
    if asked.get("thing") and carried is None:
        messages.warning(request, _("That is no equipment with a tag. Scan another one."))
    return _shown(request, carried)


@require_POST
@page("survey.stand")
def stand(request):
    """The surveyor stood in a room for the seconds that were asked."""
    asked = request.POST
    carried = _carried(request.user, asked.get("thing", ""))
    room = rooms.named(request.user, asked.get("room", ""))
    if carried is None or room is None:
        missing = _("Scan the room's code, or choose a room from the list.")
        messages.warning(request, missing if carried else _("Scan what you carry first."))
        return _shown(request, carried, status=400)
    try:
        stand_here(actor=request.user, now=timezone.now(), asset=carried, zone=room)
    except Refused as refused:
        messages.warning(request, str(refused))
        return _shown(request, carried, status=400)
    asked = urlencode({"thing": carried.number, "floor": room.floor.uid})
    return redirect(f"{reverse('survey')}?{asked}")


@page("survey.stand")
@require_GET
def heard(request, uid):
    """Whether the tag was heard at a stop, as a fragment that asks again for a while."""
    stops = Sighting.objects.select_related("zone").prefetch_related("fingerprints")
    sighting = the_one(request.user, stops.filter(source=Sighting.Source.SURVEY), uid=uid)
    tries = request.GET.get("tries", "0")
    tries = int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 4 else 0
    return render(request, "tracking/survey_heard.html", _stop(sighting, tries))


@require_POST
@page("fingerprint.withdraw")
def withdraw(request, uid):
    """It was another room: the label of that stop is taken back."""
    sighting = the_one(request.user, Sighting.objects.select_related("asset", "zone"), uid=uid)
    try:
        withdraw_labels(
            actor=request.user, now=timezone.now(), sighting=sighting, reason=_("another room")
        )
        messages.success(request, _("Taken back. Scan the right room."))
    except NotFound:
        messages.warning(request, _("Nothing was kept there, so there is nothing to take back."))
    number = sighting.asset.number if sighting.asset else ""
    return redirect(f"{reverse('survey')}?{urlencode({'thing': number})}")


def _carried(viewer: Actor, text: str) -> Asset | None:
    """The equipment that a code, a tag or a number stands for, if a tag is fastened to it."""
    found = meant(viewer, text) if text else None
    if not isinstance(found, Asset):
        return None
    now = timezone.now()
    return found if found.tagassignments.filter(period__contains=now).exists() else None


def _stop(sighting: Sighting, tries: int) -> dict:
    gateways, taken_back = queries.label_of(sighting)
    return {
        "stop": sighting,
        "gateways": gateways,
        "taken_back": taken_back,
        "waiting": not gateways and tries < LOOKS,
        "tries": tries + 1,
        "look_s": LOOK_S,
    }


def _shown(request, carried: Asset | None, status: int = 200):
    viewer = request.user
    last = queries.surveyed_by(viewer).first() if carried else None
    floors = list(visible_to(viewer, Floor.objects.select_related("building")))
    floor = _floor(request, floors, last)
    there = queries.heard_rooms(viewer, floor) if floor else []
    wanted = [room for room in there if room.wants_survey]
    way = seconds_from(last.zone) if last and wanted else {}
    here = last.zone_id if last else None
    wanted.sort(key=lambda room: (room.pk == here, way.get(room.pk, float("inf")), room.name))
    context = {
        "carried": carried,
        "floors": floors,
        "floor": floor,
        "wanted": wanted[:OFFERED],
        "left": len(wanted),
        "all": len(there),
        "rooms": rooms.offered(viewer),
        "wait_s": WAIT_S,
        "now": timezone.now(),
        "may_withdraw": viewer.may("fingerprint.withdraw"),
        "recent": last if last and (timezone.now() - last.at).total_seconds() < 600 else None,
    }
    if context["recent"]:
        old = (timezone.now() - last.at).total_seconds() > LOOKS
        context |= _stop(last, LOOKS if old else 0)
    return render(request, "tracking/survey.html", context, status=status)


def _floor(request, floors: list[Floor], last: Sighting | None) -> Floor | None:
    asked = request.GET.get("floor") or request.POST.get("floor", "")
    try:
        wanted = UUID(asked)
    except ValueError:
        wanted = last.zone.floor.uid if last else None
    return next((one for one in floors if one.uid == wanted), floors[0] if floors else None)
