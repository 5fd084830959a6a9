"""Help: call for it, see who calls, and say when it is over."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.web.page import page
from tracking.actions.duress import end_duress, raise_duress
from tracking.models import Duress
from tracking.queries.duress import open_calls


@require_GET
@page("duress.view")
def help_page(request):
    calls = open_calls(viewer=request.user)
    now = timezone.now()
    shown = [
        {"call": call, "place": _place(call), "age_s": (now - call.raised_at).total_seconds()}
        for call in calls
    ]
    template = "tracking/help_calls.html" if request.htmx else "tracking/help.html"
    return render(request, template, {"calls": shown, "may_end": request.user.may("duress.end")})


@require_POST
@page("duress.raise")
def call(request):
    raise_duress(actor=request.user, now=timezone.now())
    messages.warning(request, _("Your call for help is shown to everybody now."))
    return redirect("help")


@require_POST
@page("duress.end")
def end(request, uid):
    found = the_one(request.user, Duress.objects.all(), uid=uid)
    reason = request.POST.get("reason", "").strip() or _("Somebody is with them.")
    end_duress(actor=request.user, now=timezone.now(), call=found, reason=reason)
    messages.success(request, _("The call is ended."))
    return redirect("help")


def _place(call: Duress):
    """Where the caller is now if a tag tells, else where they were when they called."""
    position = getattr(call.staff, "position", None)
    return position.zone if position and position.zone else call.zone
