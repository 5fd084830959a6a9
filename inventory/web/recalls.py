"""Recalls on pages: look before, open, fetch with a scanner in one hand, withdraw or close."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.action import digest_of
from hims.errors import Finding, Refused
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once, status_of
from hims.web.page import page
from hims.web.panels import panels_of
from hims.web.settings import form_page
from inventory.actions import recalls as actions
from inventory.domain.quantities import said
from inventory.models import Lot, Recall, StockPlace
from inventory.queries import recalls as queries
from inventory.queries.scanned import resolve

from .keyed import KeyedForm, Why, typed

SHOWN = 100


class RecallForm(KeyedForm):
    lots = forms.CharField(
        label=gettext_lazy("Lots, one on each line"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5, "data-scan-lines": "", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "Scan packs or paste them from the notice: a lot's number, or product and lot with a "
            "comma between. A star for the lot means every lot of the product."
        ),
    )
    reference = forms.CharField(label=gettext_lazy("Number or title of the notice"), max_length=120)
    reason = forms.CharField(label=gettext_lazy("What is wrong"), max_length=500)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class WhyForm(KeyedForm):
    reason = Why()


class CloseForm(WhyForm):
    despite_open = forms.BooleanField(
        label=gettext_lazy("Close it although not everything was fetched"), required=False
    )


@page("recalls.view")
@require_GET
def recalls(request):
    """All recalls, the open ones first."""
    context = {
        "recalls": queries.recalls(viewer=request.user).prefetch_related("lots__lot__product")[
            :SHOWN
        ],
        "now": timezone.now(),
        "may_open": request.user.may("recall.open"),
    }
    return render(request, "inventory/recalls.html", context)


@page("recall.open")
@require_http_methods(["GET", "POST"])
def new_recall(request):
    """First what it would set aside, then one press; what was not looked at is not opened."""
    form = RecallForm(request.POST or None, initial={"lots": _lots_asked_for(request)})
    if "open" not in request.POST:  # one may look before one has words for it
        form.fields["reference"].required = form.fields["reason"].required = False
    context = {"form": form}
    is_good = request.method == "POST" and form.is_valid()
    if said_lots := form.is_bound and form.cleaned_data.get("lots"):
        named = queries.named_by(said_lots, viewer=request.user, now=timezone.now())
        seen = queries.preview([lot for one in named for lot in one.lots], viewer=request.user)
        mark = digest_of({"lots": sorted(lot.pk for lot in seen.lots)}).hex()
        if "open" in request.POST and is_good and form.cleaned_data["seen"] == mark:
            if kept := form.acted(
                request,
                actions.open_recall,
                word=_kept,
                lots=seen.lots,
                reference=form.cleaned_data["reference"],
                reason=form.cleaned_data["reason"],
            ):
                messages.success(request, _("These lots may not be used any more, anywhere."))
                return redirect("recall", uid=kept["id"])
        else:
            form.data = form.data.copy()
        form.data["seen"] = mark
        problems = [one for one in named if one.problem]
        context |= {"problems": problems, "preview": seen}
    form.fields["reference"].required = form.fields["reason"].required = True
    return render(request, "inventory/recall_new.html", context, status=status_of(form))


@page("recalls.view")
@require_GET
def recall(request, uid):
    """What is still to fetch, what became of every unit, and to whom it went."""
    found = _the_recall(request, uid)
    viewer = request.user
    report = found.report or queries.report(found)
    left = queries.left_of(found, viewer=viewer)
    is_open = found.status == Recall.Status.OPEN
    context = {
        "recall": found,
        "now": timezone.now(),
        "is_open": is_open,
        "report": report,
        "lots": [_worded(lot) for lot in report["lots"]],
        "todo": [one for one in left if not one.done],
        "done": [one for one in left if one.done],
        "panels": panels_of(viewer, found),
        "changes": timeline(found, viewer=viewer),
        "may_fetch": is_open and viewer.may("recall.collect"),
        "may_withdraw": is_open and viewer.may("recall.withdraw"),
        "may_close": is_open and viewer.may("recall.close"),
    }
    return render(request, "inventory/recall.html", context)


@page("recall.collect")
@require_http_methods(["GET", "POST"])
def fetch(request, uid):
    """At a place: scan a pack, count what is there, take it away."""
    found = _the_recall(request, uid)
    asked = request.POST if request.method == "POST" else request.GET
    places = visible_to(request.user, StockPlace.objects.filter(virtual=False, active=True))
    places = places.exclude(kind=StockPlace.Kind.QUARANTINE).order_by("name")
    place = places.filter(code=asked.get("place", "")[:40]).first()
    findings: list[Finding] = []
    if request.method == "POST":
        try:
            _fetched(request, found, place)
            return redirect(f"{reverse('fetch-recalled', args=[found.uid])}?place={place.code}")
        except Refused as refused:
            findings = refused.findings
    left = queries.left_of(found, viewer=request.user)
    context = {
        "recall": found,
        "place": place,
        "places": places,
        "here": [one for one in left if place and one.place.pk == place.pk],
        "next": next((one.place for one in left if not one.done and one.place != place), None),
        "asked": asked,
        "findings": findings,
        "key": fresh_key(),
    }
    status = 409 if findings else 200
    return render(request, "inventory/recall_fetch.html", context, status=status)


@page("recall.withdraw")
@require_http_methods(["GET", "POST"])
def withdraw(request, uid):
    """It was in error: every lot is again what it was."""
    found = _the_recall(request, uid)
    title = _("Withdraw the recall %(reference)s") % {"reference": found.reference}
    return _ended(request, found, WhyForm, actions.withdraw_recall, title, _("Withdraw it"))


@page("recall.close")
@require_http_methods(["GET", "POST"])
def close(request, uid):
    """The end, with its report."""
    found = _the_recall(request, uid)
    title = _("Close the recall %(reference)s") % {"reference": found.reference}
    return _ended(request, found, CloseForm, actions.close_recall, title, _("Close it"))


def _ended(request, found: Recall, form_class, action, title: str, submit: str):
    form = form_class(request.POST or None)
    back = reverse("recall", args=[found.uid])
    if request.method == "POST" and form.is_valid():
        told = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        if form.acted(request, action, word=_kept, recall=found, **told):
            return redirect(back)
    return form_page(request, form, title=title, submit=submit, back=back)


def _fetched(request, found: Recall, place: StockPlace | None) -> None:
    """Do what was typed on the fetch page, or raise Refused."""
    if place is None:
        raise Refused(Finding("no_place", _("Choose the place where you are."), field="place"))
    one = resolve(request.POST.get("code", "")[:4096], viewer=request.user, now=timezone.now())
    if one.lot is None or not one.readable:
        known = [finding for finding in one.reading if finding.severity == "stop"]
        raise Refused(*(known or [Finding("unknown_lot", _("Scan a pack of a recalled lot."))]))
    units = typed(request.POST.get("collected", ""), one.product, none=True, field="collected")
    once(
        request,
        actions.collect,
        word=lambda task: {"collected": task.collected},
        recall=found,
        lot=one.lot,
        place=place,
        collected=units,
    )
    product = one.product
    words = {
        "units": said(units, product.unit, product.base_per_unit),
        "lot": one.lot.number or "-",
        "place": place.name,
    }
    messages.success(request, _("%(units)s of lot %(lot)s fetched from %(place)s.") % words)


def _the_recall(request, uid) -> Recall:
    rows = Recall.objects.select_related("opened_by", "ended_by")
    return the_one(request.user, rows, uid=uid)


def _kept(recall: Recall) -> dict:
    return {"id": str(recall.uid)}


def _worded(lot: dict) -> dict:
    """A lot of the report with its quantities in words."""
    counted = ("received", "in_quarantine", "on_shelves", "given", "wasted", "missing")
    counted += ("accounted", "unaccounted")
    return (
        lot
        | {name: said(lot[name], lot["unit"], lot["base_per_unit"]) for name in counted}
        | {"is_whole": lot["unaccounted"] == 0}
    )


def _lots_asked_for(request) -> str:
    """The lines of the form that somebody came with: from a lot's page, or from a list."""
    asked = request.GET.getlist("lot")[:50]
    if not asked:
        return ""
    lots = []
    for uid in asked:
        lots.append(the_one(request.user, Lot.objects.select_related("product"), uid=uid))
    return "\n".join(f"{lot.product.code}, {lot.number}" for lot in lots)
