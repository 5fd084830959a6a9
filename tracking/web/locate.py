"""The locator: one field, then where it is, and two taps to say whether that was true."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hims.access.scopes import the_one, visible_to
from hims.models import Zone
from hims.web.page import page
from inventory.actions.assets import reserve as reserve_asset
from inventory.models import Asset, AssetKind
from tracking.actions import sightings
from tracking.queries.locate import find, find_rate
from tracking.web import rooms
from tracking.web.cards import card_of, may
from tracking.web.codes import meant

FIRST, MOST = 20, 300
RATE_OVER = timedelta(days=30)


@dataclass
class Asked:
    """What was asked: words or a scanned code, filters, and where the asker stands."""

    q: str = ""
    kind: str = ""
    available: bool = False
    near: str = ""
    near_zone: Zone | None = None
    asset_ids: list[int] | None = None

    @property
    def near_name(self) -> str:
        return self.near_zone.name if self.near_zone else ""

    @property
    def near_unknown(self) -> str:
        return self.near if self.near and not self.near_zone else ""


def _asked(request) -> Asked:
    """The question in the address; a scanned room says where one is, a scanned thing is the one."""
    given = request.GET
    asked = Asked(
        q=given.get("q", "").strip()[:200],
        kind=given.get("kind", "")[:40],
        available=given.get("available") == "true",
        near=given.get("near", "").strip()[:200],
    )
    thing = meant(request.user, asked.q)
    if isinstance(thing, Zone):
        asked.near, asked.q = thing.code, ""
    elif isinstance(thing, Asset):
        asked.asset_ids = [thing.pk]
    asked.near_zone = rooms.named(request.user, asked.near)
    return asked


@page("assets.view")
@require_GET
def locate(request):
    now, viewer, asked = timezone.now(), request.user, _asked(request)
    limit = MOST if request.GET.get("more") else FIRST
    located = find(
        viewer=viewer,
        now=now,
        q="" if asked.asset_ids is not None else asked.q,
        kind=asked.kind,
        available=True if asked.available else None,
        near=asked.near_zone,
        asset_ids=asked.asset_ids,
        limit=limit,
    )
    cards = [card_of(one, viewer) for one in located]
    context = may(viewer) | {
        "asked": asked,
        "cards": cards,
        "now": now,
        "near_unknown": asked.near_unknown,
        "count_words": _count_words(len(cards), limit),
        "more_url": _more_url(request) if len(cards) == limit < MOST else "",
        "find_rate": _rate_words(viewer, now),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "tracking/found.html", context)
    context |= {
        "kinds": visible_to(viewer, AssetKind.objects.order_by("name")),
        "rooms": rooms.offered(viewer),
        "map_url": next((_plan_url(card.map_url) for card in cards if card.map_url), ""),
    }
    return render(request, "tracking/locate.html", context)


@page("assets.view")
@require_GET
def one_card(request, uid):
    """The card of one asset, asked for by a page on which it moved."""
    return _card(request, the_one(request.user, Asset.objects.all(), uid=uid))


@page("sighting.found")
@require_http_methods(["GET", "POST"])
def found_it(request, uid):
    """Ask which room the finder stands in, by scan or pick; our own guess is never put there."""
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    error = ""
    if request.method == "POST":
        said = request.POST.get("zone", "")
        if zone := rooms.named(request.user, said):
            sightings.found_here(
                actor=request.user,
                now=timezone.now(),
                asset=asset,
                zone=zone,
                source=rooms.source_of(said),
            )
            return _done(request, asset, _("Thank you. It is in %(room)s.") % {"room": zone.name})
        error = _("We know no room “%(said)s”. Scan the door, or choose one.") % {"said": said}
    context = {"uid": uid, "asset_name": f"{asset.name} {asset.number}", "error": error}
    if request.htmx:
        answer = render(request, "tracking/found_it_form.html", context)
        if error:
            answer["HX-Retarget"] = f"#find-{uid} .find-reply"
            answer["HX-Reswap"] = "innerHTML"
        return answer
    return render(
        request, "tracking/found_it.html", context | {"rooms": rooms.offered(request.user)}
    )


@page("sighting.not_there")
@require_POST
def not_there(request, uid):
    """It is not where we said: the next candidate shows and others are warned."""
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    zone = the_one(
        request.user, Zone.objects.select_related("floor"), code=request.POST.get("zone", "")
    )
    before = find(viewer=request.user, now=timezone.now(), asset_ids=[asset.pk])[0].position
    sightings.not_there(actor=request.user, now=timezone.now(), asset=asset, zone=zone)
    reply = _("Thank you. Others are warned for 30 minutes.")
    others = [one.name for one in before.candidates if one.code != zone.code] if before else []
    if others:
        reply = _("Thank you. Try %(place)s next.") % {"place": others[0]}
    return _done(request, asset, reply)


@page("asset.reserve")
@require_POST
def reserve(request, uid):
    asset = the_one(request.user, Asset.objects.all(), uid=uid)
    made = reserve_asset(actor=request.user, now=timezone.now(), asset=asset)
    until = timezone.localtime(made.period.upper)
    return _done(request, asset, _("It is yours until %(time)s.") % {"time": f"{until:%H:%M}"})


def _done(request, asset: Asset, reply: str):
    if request.htmx:
        return _card(request, asset, reply)
    messages.success(request, reply)
    return redirect(f"{reverse('locate')}?{urlencode({'q': asset.number})}")


def _card(request, asset: Asset, reply: str = ""):
    now = timezone.now()
    near = rooms.named(request.user, request.GET.get("near", ""))
    found = find(viewer=request.user, now=now, asset_ids=[asset.pk], near=near)
    found = found or find(viewer=request.user, now=now, asset_ids=[asset.pk])
    context = may(request.user) | {
        "card": card_of(found[0], request.user, reply),
        "asked": Asked(near=request.GET.get("near", "")),
        "now": now,
    }
    return render(request, "tracking/card.html", context)


def _count_words(count: int, limit: int) -> str:
    if count == limit:
        return _("The first %(n)d") % {"n": count}
    return ngettext("%(n)d found", "%(n)d found", count) % {"n": count}


def _rate_words(viewer, now) -> str:
    right, told = find_rate(viewer=viewer, since=now - RATE_OVER)
    if not viewer.may("find_rate.view"):
        return ""
    if not told:
        return _("Found where we said: n/a, nobody has told us yet")
    return _("Found where we said: %(percent)s of %(told)d in 30 days") % {
        "percent": _("%(n)d %%") % {"n": round(100 * right / told)},
        "told": told,
    }


def _more_url(request) -> str:
    given = request.GET.copy()
    given["more"] = "1"
    return f"{reverse('locate')}?{given.urlencode()}"


def _plan_url(map_url: str) -> str:
    path, _sep, query = map_url.partition("?")
    return f"{path}plan/?{query}"
