"""One lot: what may be done with it, every place it touched, every movement, and its history."""

from django import forms
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.queries.timeline import timeline
from hims.web.page import page
from hims.web.panels import panels_of
from hims.web.settings import form_page
from inventory.actions import catalogue as actions
from inventory.domain.fefo import unusable
from inventory.models import Lot, Recall
from inventory.queries import trace

from .keyed import KeyedForm, Why

SHOWN = 30
AWAY = {
    "supplier": gettext_lazy("Received"),
    "patient": gettext_lazy("With patients"),
    "waste": gettext_lazy("Wasted"),
    "count": gettext_lazy("Missing by counts"),
}
"""What the virtual places mean to people who ask where a lot is."""

SAYABLE = [("", gettext_lazy("as it is")), *((one.value, one.label) for one in actions.SAYABLE)]


class LotForm(KeyedForm):
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=SAYABLE, required=False)
    expiry = forms.DateField(
        label=gettext_lazy("Expires at the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("As printed on the pack."),
    )
    reason = Why()


@page("stock.view")
@require_GET
def lot(request, uid):
    """Where a lot is and was, and to whom it went."""
    found = _the_lot(request, uid)
    now = timezone.now()
    touched = trace.places_of(found, viewer=request.user)
    recalls = visible_to(request.user, Recall.objects.filter(lots__lot=found))
    context = _movements(request, found) | {
        "lot": found,
        "product": found.product,
        "now": now,
        "unusable": unusable(found.status, found.expiry, timezone.localdate(now)),
        "there": [place for place in touched if place.now],
        "was": [place for place in touched if not place.now and not place.virtual],
        "away": [
            (words, -place.stayed if kind == "supplier" else place.stayed)
            for kind, words in AWAY.items()
            for place in touched
            if place.kind == kind
        ],
        "total": sum(place.now for place in touched),
        "recalls": recalls.order_by("-opened_at"),
        "panels": panels_of(request.user, found),
        "changes": timeline(found, viewer=request.user),
        "may_change": request.user.may("lot.change"),
        "may_recall": request.user.may("recall.open"),
    }
    return render(request, "inventory/lot.html", context)


@page("stock.view")
@require_GET
def movements(request, uid):
    """The next older movements of a lot, as a fragment."""
    found = _the_lot(request, uid)
    context = _movements(request, found) | {"product": found.product, "now": timezone.now()}
    return render(request, "inventory/lot_movements.html", context)


@page("lot.change")
@require_http_methods(["GET", "POST"])
def change_lot(request, uid):
    """Release it, put it into quarantine, or put its date right."""
    found = _the_lot(request, uid)
    form = LotForm(request.POST or None, initial={"expiry": found.expiry})
    back = reverse("lot", args=[found.uid])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        expiry = said["expiry"] if said["expiry"] != found.expiry else None
        if form.acted(
            request,
            actions.change_lot,
            word=lambda changed: {"id": str(changed.uid)},
            lot=found,
            reason=said["reason"],
            status=said["status"],
            expiry=expiry,
        ):
            return redirect(back)
    title = _("Lot %(number)s of %(name)s") % {
        "number": found.number or "-",
        "name": found.product.shown_name,
    }
    return form_page(request, form, title=title, submit=_("Save"), back=back)


def _the_lot(request, uid) -> Lot:
    lots = Lot.objects.select_related("product", "supplier")
    return the_one(request.user, lots, uid=uid)


def _movements(request, found: Lot) -> dict:
    asked = trace.movements_of(found, viewer=request.user).order_by("-pk")
    if before := request.GET.get("before"):
        asked = asked.filter(pk__lt=int(before)) if _is_key(before) else asked.none()
    rows = list(asked[: SHOWN + 1])
    more = ""
    if len(rows) > SHOWN:
        rows = rows[:SHOWN]
        more = f"{reverse('lot-movements', args=[found.uid])}?before={rows[-1].pk}"
    return {"movements": rows, "more_url": more}


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
