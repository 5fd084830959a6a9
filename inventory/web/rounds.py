"""Top-up rounds on a phone: scan the shelf, count it, pick to par, scan the shelf again."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from hims.access.scopes import the_one, visible_to
from hims.errors import Finding, Refused
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once
from hims.web.page import page
from hims.wire import own_codes
from inventory.actions import rounds as actions
from inventory.domain.quantities import in_units
from inventory.models import StockPlace, TopUp
from inventory.queries import par as queries
from inventory.queries.scanned import Resolved, resolve
from inventory.queries.stock import places

from .keyed import typed

SHOWN = 30
LONGEST = 4096
Status = TopUp.Status
VISITED = (StockPlace.Kind.WARD, StockPlace.Kind.TROLLEY)
"""What a round usually goes to; any other place is begun by its label."""


@page("top_up.run")
@require_http_methods(["GET", "POST"])
def rounds(request):
    """The rounds that are under way; scanning a ward's label begins the next one."""
    findings = []
    if request.method == "POST":
        try:
            return redirect("round", uid=_begun(request))
        except Refused as refused:
            findings = refused.findings
    known = places(viewer=request.user)
    context = {
        "rounds": queries.rounds(viewer=request.user)[:SHOWN],
        "places": known.filter(pars__isnull=False).distinct(),
        "offered": known.filter(pars__isnull=False, kind__in=VISITED).distinct(),
        "sources": _sources(request),
        "asked": request.POST,
        "findings": findings,
        "key": fresh_key(),
        "now": timezone.now(),
    }
    status = 409 if findings else 200
    return render(request, "inventory/rounds.html", context, status=status)


@page("top_up.run")
@require_GET
def round_(request, uid):
    """What is to be done next in a round."""
    return _shown(request, _the_round(request, uid))


@page("top_up.count")
@require_POST
def count(request, uid):
    """So much of a product lies on the shelf."""
    top_up = _the_round(request, uid)

    def act() -> None:
        one = _read(request)
        once(
            request,
            actions.count_shelf,
            word=lambda line: {"wanted": line.wanted},
            top_up=top_up,
            product=one.product,
            counted=typed(request.POST.get("amount", ""), one.product, none=True, field="amount"),
            seen=_whole(request.POST.get("seen", "")),
            lot=one.lot,
        )

    return _done(request, top_up, act)


@page("top_up.pick")
@require_POST
def pick(request, uid):
    """So much of the lot in hand goes onto the trolley."""
    top_up = _the_round(request, uid)

    def act() -> None:
        one = _read(request)
        if one.lot is None:
            raise Refused(Finding("no_lot", _("Scan the pack, so that its lot is known.")))
        place = the_one(
            request.user, StockPlace.objects.all(), code=request.POST.get("place", "")[:40]
        )
        once(
            request,
            actions.pick,
            word=lambda picked: {"picked": picked.picked},
            top_up=top_up,
            place=place,
            lot=one.lot,
            quantity=typed(request.POST.get("amount", ""), one.product, field="amount"),
        )

    return _done(request, top_up, act)


@page("top_up.leave")
@require_POST
def leave(request, uid):
    """Picking is over."""
    return _step(request, uid, actions.leave)


@page("top_up.deliver")
@require_POST
def deliver(request, uid):
    """The label of the place was scanned: put away."""
    top_up = _the_round(request, uid)

    def act() -> None:
        code = request.POST.get("code", "")[:LONGEST].strip()
        if not _is_label_of(code, top_up.place):
            text = _("This is not the label of %(name)s.") % {"name": top_up.place.name}
            raise Refused(Finding("other_place", text, field="code"))
        once(request, actions.deliver, word=_kept, top_up=top_up)
        messages.success(request, _("Delivered. Thank you."))

    return _done(request, top_up, act)


@page("top_up.cancel")
@require_POST
def cancel(request, uid):
    """The round is given up."""
    return _step(request, uid, actions.cancel_top_up)


def _step(request, uid, action):
    top_up = _the_round(request, uid)
    return _done(request, top_up, lambda: once(request, action, word=_kept, top_up=top_up))


def _done(request, top_up: TopUp, act):
    """The round's page again: with what was refused, or as it is now."""
    try:
        act()
    except Refused as refused:
        return _shown(request, top_up, refused.findings, 409)
    return redirect("round", uid=top_up.uid)


def _shown(request, top_up: TopUp, findings=(), status: int = 200):
    top_up = _the_round(request, top_up.uid)
    picking = top_up.status in {Status.COUNTING, Status.PICKING}
    now = timezone.now()
    rows = queries.rows_of(top_up, viewer=request.user, now=now, with_takes=picking)
    asked = request.POST if findings else request.GET
    chosen = next((row for row in rows if row.product.code == asked.get("product")), None)
    uncounted = [row for row in rows if row.line.counted is None]
    if top_up.status == Status.COUNTING and chosen is None:
        chosen = _scanned_row(request, asked, rows) or next(iter(uncounted), None)
    takes = [(row, *take) for row in rows for take in row.takes]
    context = {
        "top_up": top_up,
        "rows": rows,
        "chosen": chosen,
        "uncounted": uncounted,
        "takes": takes,
        "next": takes[0] if takes else None,
        "next_amount": in_units(takes[0][3], takes[0][0].product.base_per_unit) if takes else "",
        "wanted": [row for row in rows if row.line.wanted],
        "short": [row for row in rows if row.short],
        "picked_some": any(row.picked for row in rows),
        "label": own_codes.written("place", top_up.place.code),
        "asked": asked,
        "findings": findings,
        "key": fresh_key(),
        "now": now,
        "is_open": top_up.status in actions.OPEN,
        "changes": timeline(top_up, viewer=request.user),
    }
    return render(request, "inventory/round.html", context, status=status)


def _scanned_row(request, asked, rows):
    """The row that a scan on the counting page means."""
    code = asked.get("code", "")[:LONGEST]
    if not code:
        return None
    one = resolve(code, viewer=request.user, now=timezone.now())
    return next((row for row in rows if one.product and row.product.pk == one.product.pk), None)


def _read(request) -> Resolved:
    """What was scanned or typed, or Refused with what is wrong with it."""
    text = request.POST.get("code", "").strip()[:LONGEST] or request.POST.get("product", "")[:40]
    one = resolve(text, viewer=request.user, now=timezone.now())
    stops = [finding for finding in one.reading if finding.severity == "stop"]
    if one.product is None or stops:
        raise Refused(*(stops or [Finding("unknown_product", _("Scan a pack."), field="code")]))
    return one


def _begun(request):
    code = request.POST.get("code", "").strip()[:LONGEST]
    known = places(viewer=request.user)
    place = next((one for one in known.select_related("zone") if _is_label_of(code, one)), None)
    if place is None:
        raise Refused(Finding("unknown_place", _("No place is known by this label.")))
    source = known.filter(code=request.POST.get("source", "")[:40]).first()
    source = source or next(iter(_sources(request)), None)
    if source is None:
        raise Refused(Finding("no_source", _("Choose where it is filled from.")))
    kept, _repeated = once(request, actions.begin_top_up, word=_kept, place=place, source=source)
    return kept["id"]


def _sources(request) -> list[StockPlace]:
    stores = visible_to(request.user, StockPlace.objects.filter(active=True))
    return list(stores.filter(kind=StockPlace.Kind.STORE).order_by("name"))


def _is_label_of(code: str, place: StockPlace) -> bool:
    """Whether a text is the label of a place: its own, its code, or the sign of its room."""
    own = own_codes.parsed(code)
    if own == ("place", place.code) or code.casefold() == place.code.casefold():
        return True
    return bool(own and own[0] == "zone" and place.zone and place.zone.code == own[1])


def _the_round(request, uid) -> TopUp:
    rows = TopUp.objects.select_related("place__zone", "source", "carrier", "begun_by")
    return the_one(request.user, rows, uid=uid)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1


def _kept(top_up: TopUp) -> dict:
    return {"id": str(top_up.uid)}
