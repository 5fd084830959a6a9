"""Settings: what was heard on the radio and is not registered."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.web.page import page
from tracking.actions.gateways import adopt_gateway
from tracking.actions.tags import adopt_tag
from tracking.models import UnknownTransmitter
from tracking.queries.tags import unknown_transmitters

A_PAGE = 50


@page("transmitters.view")
@require_GET
def list_unknown(request):
    """Unknown tags and gateways, the busiest first."""
    kind = request.GET.get("kind", "")
    found = unknown_transmitters(request.user, kind)
    context = {
        "kind": kind,
        "found": Paginator(found, A_PAGE).get_page(request.GET.get("page")),
        "now": timezone.now(),
        "may": {
            "tag": request.user.may("tag.adopt"),
            "gateway": request.user.may("gateway.adopt"),
        },
    }
    return render(request, "tracking/transmitters.html", context)


@require_POST
@page("transmitters.view")
def adopt(request, key):
    """One press: the transmitter becomes a tag or a gateway of the house; its page is next."""
    unknown = the_one(request.user, UnknownTransmitter.objects.all(), pk=key)
    if unknown.kind == UnknownTransmitter.Kind.TAG:
        tag = adopt_tag(actor=request.user, now=timezone.now(), unknown=unknown)
        messages.success(request, _("The tag is ours. What is it fastened to?"))
        return redirect("tag", uid=tag.uid)
    gateway = adopt_gateway(actor=request.user, now=timezone.now(), unknown=unknown)
    messages.success(request, _("The gateway is ours. Where does it hang?"))
    return redirect("gateway", uid=gateway.uid)
