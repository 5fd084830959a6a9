"""To whom a lot, or the lots of a recall, went: fragments of the stock pages."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hims.access.scopes import the_one
from hims.action import look
from hims.web.page import page
from inventory.models import Lot, Recall
from pharmacy.queries.trace import given_from


@page("orders.view")
@require_GET
def given_of_lot(request, uid):
    """The patients and orders that got some of a lot."""
    lot = the_one(request.user, Lot.objects.all(), uid=uid)
    return _shown(request, lot, [lot])


@page("orders.view")
@require_GET
def given_of_recall(request, uid):
    """The patients and orders that got some of a recall's lots."""
    recall = the_one(request.user, Recall.objects.all(), uid=uid)
    return _shown(request, recall, list(Lot.objects.filter(recalls__recall=recall)))


def _shown(request, thing, lots):
    now = timezone.now()
    given = given_from(lots, viewer=request.user)
    if given.patients:
        what = f"{thing._meta.model_name}.trace"
        look(viewer=request.user, now=now, what=what, things=[thing, *given.patients])
    context = {"given": given, "now": now, "several": len(lots) > 1}
    return render(request, "pharmacy/given.html", context)
