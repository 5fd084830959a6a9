"""The equipment pages: the list with its state buttons, and the page of one asset."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.templatetags.look import STATES
from hims.web.page import page
from hims.wire import own_codes
from inventory.actions import assets as actions
from inventory.domain.availability import availability
from inventory.models import Asset
from inventory.queries.assets import equipment, kinds

ROWS = 50
SAYABLE = [state for state in STATES if state != Asset.State.UNKNOWN]


@page("assets.view")
@require_GET
def assets(request):
    """The list, filtered; at most ROWS of it, the rest by "Show more"."""
    now = timezone.now()
    asked = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "kind", "state")}
    found = equipment(viewer=request.user, now=now, after=request.GET.get("after", ""), **asked)
    rows = list(found[: ROWS + 1])
    context = _states(request.user) | {
        "asked": asked,
        "now": now,
        "rows": [_row(asset, now) for asset in rows[:ROWS]],
        "more_url": _more(request, rows[ROWS - 1]) if len(rows) > ROWS else "",
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "inventory/rows.html", context)
    context["kinds"] = kinds(viewer=request.user)
    return render(request, "inventory/assets.html", context)


@page("assets.view")
@require_GET
def asset(request, uid):
    """One asset: what it is, its state, its code; where it is comes from the floor above."""
    found = _the_asset(request, uid)
    context = _states(request.user) | {
        "row": _row(found, timezone.now()),
        "now": timezone.now(),
        "code": own_codes.written("asset", found.number),
        "may_reserve": request.user.may("asset.reserve"),
    }
    return render(request, "inventory/asset.html", context)


@page("asset.set_state")
@require_POST
def set_state(request, uid):
    """Somebody who stands before it says free, in use, dirty or broken."""
    found = the_one(request.user, Asset.objects.all(), uid=uid)
    actions.set_state(
        actor=request.user,
        now=timezone.now(),
        asset=found,
        state=request.POST.get("state", ""),
        reason=request.POST.get("reason", "").strip()[:500],
    )
    return _changed(request, uid, _("Thank you, it is noted."))


@page("asset.reserve")
@require_POST
def reserve(request, uid):
    found = the_one(request.user, Asset.objects.all(), uid=uid)
    actions.reserve(actor=request.user, now=timezone.now(), asset=found)
    return _changed(request, uid, _("It is yours for half an hour."))


@page("asset.release")
@require_POST
def release(request, uid):
    found = the_one(request.user, Asset.objects.all(), uid=uid)
    actions.release(actor=request.user, now=timezone.now(), asset=found)
    return _changed(request, uid, _("It is free for others again."))


def _changed(request, uid, said: str):
    """The row again for htmx, else the asset's page."""
    if not request.htmx:
        messages.success(request, said)
        return redirect("asset", uid=uid)
    now = timezone.now()
    context = _states(request.user) | {"row": _row(_the_asset(request, uid), now), "now": now}
    return render(request, "inventory/row.html", context)


def _the_asset(request, uid) -> Asset:
    return the_one(request.user, equipment(viewer=request.user, now=timezone.now()), uid=uid)


def _row(asset: Asset, now) -> dict:
    """An asset with what its row says beyond its fields."""
    held = asset.held_now[0] if asset.held_now else None
    answer = availability(
        state=asset.state,
        service_due_on=asset.service_due_on,
        reserved=held is not None,
        today=timezone.localdate(now),
    )
    return {
        "asset": asset,
        "held": held,
        "overdue": "overdue" in answer.reasons,
        "available": answer.available,
    }


def _states(viewer) -> dict:
    return {
        "states": [{"value": value, "word": STATES[value]} for value in SAYABLE],
        "may_say": viewer.may("asset.set_state"),
    }


def _more(request, last: Asset) -> str:
    given = request.GET.copy()
    given["after"] = last.number
    return f"{request.path}?{given.urlencode()}"
