"""Where one asset is and was: the part of its page that this floor knows."""

from datetime import timedelta

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one
from hims.web.page import page
from inventory.models import Asset
from tracking.queries.locate import find
from tracking.queries.stays import stays
from tracking.web import rooms
from tracking.web.cards import card_of, may

OVER = timedelta(days=1)
MOST = 50


@page("assets.view")
@require_GET
def where(request, uid):
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    now = timezone.now()
    found = find(viewer=request.user, now=now, asset_ids=[asset.pk])
    context = may(request.user) | {
        "card": card_of(found[0], request.user),
        "rooms": rooms.offered(request.user),
        "stays": stays(viewer=request.user, asset=asset, start=now - OVER, limit=MOST),
        "now": now,
    }
    return render(request, "tracking/where.html", context)
