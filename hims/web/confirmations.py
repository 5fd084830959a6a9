"""Where a second person says yes, on their own device, to exactly what they are shown."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.actions.confirmations import give_confirmation
from hims.errors import Finding, Refused
from hims.models import Confirmation
from hims.queries import confirmations as queries

from .form import fresh_key, once
from .page import page


@page("confirmation.give")
@require_GET
def confirmations(request):
    """What waits for my yes, and what I asked of others."""
    return _shown(request)


@page("confirmation.give")
@require_POST
def answer(request, uid):
    """Yes, or no with a word why."""
    asked = the_one(request.user, Confirmation.objects.all(), uid=uid)
    says_no = "no" in request.POST
    words = request.POST.get("refused", "").strip()[:300]
    try:
        if says_no and not words:
            raise Refused(Finding("no_words", _("Say why not, in a few words."), field="refused"))
        once(
            request,
            give_confirmation,
            word=lambda given: {"id": str(given.uid)},
            confirmation=asked,
            given_from=request.browser,
            refused=words if says_no else "",
        )
    except Refused as refused:
        return _shown(request, about=asked, findings=refused.findings, status=409)
    messages.success(request, _("They were told no.") if says_no else _("Confirmed. Thank you."))
    return redirect("confirmations")


def _shown(request, about=None, findings=(), status: int = 200):
    now = timezone.now()
    context = {
        "now": now,
        "waiting": queries.to_answer(request.user, now),
        "mine": queries.asked_by(request.user, now),
        "about": about,
        "findings": findings,
        "key": fresh_key(),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "hims/confirmations_list.html" if fragment else "hims/confirmations.html"
    return render(request, template, context, status=status)
