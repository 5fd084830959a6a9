"""The stock pages that are looked at: what there is, where, and what waits for somebody."""

from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import F, Sum
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one
from hims.errors import Finding, Refused
from hims.web.form import fresh_key, once
from hims.web.page import page
from hims.wire import own_codes
from inventory.actions.stock import counting, reversing
from inventory.domain import fefo
from inventory.domain.fefo import OnHand, unusable
from inventory.models import Count, Movement, Product, StockLevel, StockPlace
from inventory.queries import waiting
from inventory.queries.movements import movements, to_review
from inventory.queries.scanned import resolve
from inventory.queries.stock import levels, places, said_first, totals

from .stock_jobs import jobs_of

ROWS = 50
FEW = 8
SOON = timedelta(days=90)
PANELS = ("stock-waiting", "stock-expiring", "stock-low")


@page("stock.view")
@require_GET
def stock(request):
    """The way in: scan or search, the jobs, and what waits."""
    asked = request.GET.get("q", "").strip()[:2000]
    found: list[Product] = []
    if asked:
        if url := _scanned(request, asked):
            return redirect(url)
        found = list(waiting.like(viewer=request.user, words=asked)[: ROWS + 1])
    held = totals(viewer=request.user, products=found)
    context = {
        "asked": asked,
        "found": [{"product": one, "total": held.get(one.pk, 0)} for one in found[:ROWS]],
        "more": len(found) > ROWS,
        "jobs": jobs_of(request.user),
        "panels": [reverse(name) for name in PANELS],
    }
    return render(request, "inventory/stock.html", context)


def _scanned(request, text: str) -> str:
    """The page of what was scanned: a place, a lot or a product; "" for plain words."""
    own = own_codes.parsed(text)
    code = own[1] if own and own[0] == "place" else text
    if place := places(viewer=request.user).filter(code__iexact=code).first():
        return reverse("stock-place", args=[place.uid])
    read = resolve(text, viewer=request.user, now=timezone.now())
    if read.lot:
        return reverse("lot", args=[read.lot.uid])
    return reverse("product", args=[read.product.uid]) if read.product else ""


@page("stock.view")
@require_GET
def to_look_at(request):
    """Fragment: counts and found stock to review, and what lies in quarantine."""
    counts = to_review(viewer=request.user)
    held = waiting.in_quarantine(viewer=request.user)
    context = {
        "now": timezone.now(),
        "counts": counts[:FEW],
        "held": held[:FEW],
        "may_review": request.user.may("count.review"),
        "may_release": request.user.may("stock.release"),
    }
    return render(request, "inventory/stock_waiting.html", context)


@page("stock.view")
@require_GET
def expiring(request):
    """Fragment: what expires soon, or has."""
    today = timezone.localdate(timezone.now())
    lots = waiting.expiring(viewer=request.user, until=today + SOON)[:FEW]
    rows = [{"lot": lot, "unusable": unusable(lot.status, lot.expiry, today)} for lot in lots]
    return render(request, "inventory/stock_expiring.html", {"rows": rows, "today": today})


@page("stock.view")
@require_GET
def low(request):
    """Fragment: which places are to be filled up."""
    today = timezone.localdate(timezone.now())
    rows = waiting.low(viewer=request.user, today=today, most=FEW)
    return render(request, "inventory/stock_low.html", {"rows": rows})


@page("stock.view")
@require_GET
def product(request, uid):
    """One product: where it lies, in which order to take it, and how it is packed."""
    found = the_one(request.user, Product.objects.select_related("supplier"), uid=uid)
    today = timezone.localdate(timezone.now())
    held = levels(viewer=request.user, product=found)
    per_place = dict(held.order_by().values_list("place").annotate(Sum("quantity")))
    soonest = held.order_by(F("lot__expiry").asc(nulls_last=True), "pk")
    shown = list(soonest[: ROWS + 1])
    shelves: dict[int, list[dict]] = {}
    for level in sorted(shown[:ROWS], key=lambda one: (one.place.name, one.place_id)):
        shelves.setdefault(level.place_id, []).append(_row(level, today))
    context = {
        "product": found,
        "packs": found.packs.order_by("units", "name"),
        "shelves": [_in_order(rows, today, per_place) for rows in shelves.values()],
        "more": len(shown) > ROWS,
        "total": sum(per_place.values()),
        "jobs": jobs_of(request.user),
    }
    return render(request, "inventory/stock_product.html", context)


@page("stock.view")
@require_GET
def list_places(request):
    """All places that hold stock."""
    asked = request.GET.get("q", "").strip()[:120]
    found = places(viewer=request.user)
    for word in asked.split()[:8]:
        found = found.filter(name__icontains=word) | found.filter(code__icontains=word)
    pages = Paginator(found.select_related("within", "zone"), ROWS)
    context = {"found": pages.get_page(request.GET.get("page")), "asked": asked}
    return render(request, "inventory/stock_places.html", context)


@page("stock.view")
@require_GET
def place(request, uid):
    """What lies at one place."""
    found = the_one(request.user, StockPlace.objects.select_related("within", "zone"), uid=uid)
    asked = request.GET.get("q", "").strip()[:200]
    held = levels(viewer=request.user, place=found).order_by(
        "lot__product__name", "lot__expiry", "pk"
    )
    for word in asked.split()[:8]:
        held = held.filter(lot__product__name__icontains=word) | held.filter(
            lot__number__icontains=word
        )
    today = timezone.localdate(timezone.now())
    shown = Paginator(held, ROWS).get_page(request.GET.get("page"))
    context = {
        "place": found,
        "parts": found.parts.filter(active=True).order_by("name"),
        "found": shown,
        "rows": [_row(level, today) for level in shown],
        "asked": asked,
        "jobs": [
            {"job": job, "field": job.here}
            for job in jobs_of(request.user)
            if job.here and _fits(job, found)
        ],
        "code": own_codes.written("place", found.code),
    }
    return render(request, "inventory/stock_place.html", context)


def _fits(job, place: StockPlace) -> bool:
    ask = next(ask for ask in job.places if ask.name == job.here)
    waits = place.kind == StockPlace.Kind.QUARANTINE
    return place.active and not place.virtual and ask.quarantine in (None, waits)


def _row(level: StockLevel, today) -> dict:
    """A level with what its row says beyond its fields."""
    lot = level.lot
    state = unusable(lot.status, lot.expiry, today)
    if not state and level.place.kind == StockPlace.Kind.QUARANTINE:
        state = "quarantined"
    soon = not state and lot.expiry is not None and lot.expiry <= today + SOON
    return {"level": level, "lot": lot, "unusable": state, "soon": soon}


def _in_order(held: list[dict], today, per_place: dict[int, int]) -> dict:
    """The lots of a place in the order in which they leave it, the first with its reason; and what
    the place holds of all of them."""
    stock = {
        row["lot"].pk: OnHand(
            row["lot"].pk,
            row["level"].place_id,
            row["level"].quantity,
            row["lot"].expiry,
            "quarantined" if row["unusable"] == "quarantined" else row["lot"].status,
            row["lot"].number,
        )
        for row in held
    }
    order = fefo.in_order(stock.values(), today)
    rank = {one.lot: n for n, one in enumerate(order)}
    held.sort(key=lambda row: rank.get(row["lot"].pk, len(rank)))
    if order:
        held[0]["first"] = said_first(order[0], order[1:])
    return {
        "place": held[0]["level"].place,
        "rows": held,
        "total": per_place[held[0]["level"].place_id],
    }


# --- what was done ------------------------------------------------------------------------------


@page("stock.view")
@require_GET
def movement(request, uid):
    """One movement: what it moved, who did it, and what took it back."""
    return _shown_movement(request, uid)


def _shown_movement(request, uid, findings=(), status: int = 200):
    found = the_one(request.user, movements(viewer=request.user), uid=uid)
    taken_back = getattr(found, "reversed_by", None)
    touches_patient = any(line.place.kind == "patient" for line in found.lines.all())
    can = not taken_back and found.kind != Movement.Kind.REVERSAL and not touches_patient
    context = {
        "movement": found,
        "taken_back": taken_back,
        "now": timezone.now(),
        "may_reverse": can and request.user.may("stock.reverse"),
        "findings": findings,
        "key": fresh_key(),
    }
    return render(request, "inventory/stock_movement.html", context, status=status)


@page("stock.reverse")
@require_http_methods(["POST"])
def reverse_movement(request, uid):
    """Take a movement back."""
    found = the_one(request.user, Movement.objects.all(), uid=uid)
    try:
        kept, _repeated = once(
            request,
            reversing.reverse,
            word=lambda done: {"id": str(done.posted.uid)},
            movement=found,
            reason=request.POST.get("reason", "")[:300],
        )
    except Refused as refused:
        return _shown_movement(request, uid, refused.findings, 409)
    return redirect("movement", uid=kept["id"])


@page("count.review")
@require_GET
def review(request):
    """Counts with a difference and found stock, one after the other."""
    return _shown_review(request)


def _shown_review(request, about=None, findings=(), status: int = 200):
    counts = to_review(viewer=request.user)
    rows = [
        {"count": one, "off": one.counted - one.seen_quantity, "own": one.actor == request.user}
        for one in counts[:ROWS]
    ]
    context = {
        "rows": rows,
        "now": timezone.now(),
        "about": about,
        "findings": findings,
        "key": fresh_key(),
    }
    return render(request, "inventory/stock_review.html", context, status=status)


@page("count.review")
@require_http_methods(["POST"])
def review_count(request, uid):
    """It stands, or it is taken back with a word why."""
    found = the_one(request.user, Count.objects.all(), uid=uid)
    try:
        if request.POST.get("verdict") not in {"stands", "back"}:
            raise Refused(Finding("no_verdict", _("Say whether it stands or is taken back.")))
        once(
            request,
            counting.review,
            word=lambda done: {"id": str(done.uid)},
            count=found,
            accepted=request.POST["verdict"] == "stands",
            words=request.POST.get("words", "")[:300],
        )
    except Refused as refused:
        return _shown_review(request, found, refused.findings, 409)
    return redirect("stock-review")
