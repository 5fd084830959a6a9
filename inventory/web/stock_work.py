"""The working pages of the stock: scan, say how many, press once. One page serves every job."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from hims.access.scopes import the_one, visible_to
from hims.actions.confirmations import ask_confirmation
from hims.errors import Finding, Refused
from hims.models import Confirmation
from hims.web.form import fresh_key, once
from hims.web.page import page
from hims.wire import own_codes
from inventory.actions.stock import wasting
from inventory.actions.stock.reading import Line, read_lines
from inventory.domain.quantities import in_units
from inventory.models import Product, StockPlace
from inventory.queries.stock import first_to_take, places
from inventory.queries.waiting import like

from .stock_basket import FIELDS, WHY_UNSCANNED, Row, read_rows, rows_of, same_lot
from .stock_jobs import JOBS, Job
from .stock_told import told

LONGEST_SCAN = 2000
MOST_CHOICES = 8


@dataclass
class Work:
    """What a working page holds: the places, the rows, what was said and what is to be answered."""

    job: Job
    request: Any
    now: datetime
    places: dict[str, StockPlace | None]
    rows: list[Row] = field(default_factory=list)
    said: list[Finding] = field(default_factory=list)
    ways: list[dict[str, Any]] = field(default_factory=list)
    choices: list[Product] = field(default_factory=list)
    done: dict[str, Any] | None = None
    confirmation: Confirmation | None = None

    @property
    def here(self) -> StockPlace | None:
        return self.places.get(self.job.here)

    def say(self, code: str, text: str, severity: str = "stop") -> None:
        self.said.append(Finding(code, text, severity))

    def read(self) -> None:
        """Have the rows understood, and remember which version of a level a counter sees."""
        try:
            read_rows(
                self.rows,
                viewer=self.request.user,
                now=self.now,
                here=self.here,
                new_lots=self.job.new_lots,
                none=self.job.counts,
            )
        except Refused as refused:
            self.said += refused.findings
            self.rows = [row for row in self.rows if row.lines]
        for row in self.rows if self.job.counts else ():
            if not row.version:
                row.version = str(row.level.version if row.level else 0)


def _working(job: Job) -> Callable:
    @page(job.permission)
    @require_http_methods(["GET", "POST"])
    def view(request):
        work = _begun(job, request)
        if request.method == "POST":
            work.rows = rows_of(request.POST)
            step, _sep, value = request.POST.get("step", "scan").partition(":")
            STEPS.get(step, _scan)(work, value)
            if work.done and not request.htmx:
                messages.success(request, work.done["said"])
                return redirect(_again(work))
        return _shown(work)

    view.__doc__ = f"The working page: {job.name}."
    return view


def _begun(job: Job, request) -> Work:
    sent = request.POST if request.method == "POST" else request.GET
    kept = request.session.get("stock", {}).get(job.name, {})
    chosen: dict[str, StockPlace | None] = {}
    real = {str(place.uid): place for place in places(viewer=request.user)}
    for ask in job.places:
        uid = sent.get(ask.name, kept.get(ask.name, "") if request.method == "GET" else "")
        place = real.get(uid)
        if place and ask.quarantine is not None:
            place = place if (place.kind == "quarantine") is ask.quarantine else None
        chosen[ask.name] = place
    return Work(job, request, timezone.now(), chosen)


# --- steps --------------------------------------------------------------------------------------


def _scan(work: Work, value: str) -> None:
    """A pack, a shelf or a typed word came."""
    work.read()
    text = work.request.POST.get("scan", "")[:LONGEST_SCAN]
    if not text.strip():
        if not work.rows:
            work.say("nothing_scanned", _("Scan a pack, or a shelf to say where you are."))
        return
    if place := _place_by_code(work, text.strip()):
        _go_to(work, place)
        return
    if work.job.counts and work.here is None:
        work.say("no_place", _("First say where you are: scan the shelf, or choose it."))
        return
    line = read_lines(
        [{"scan": text}], actor=work.request.user, now=work.now, new_lots=work.job.new_lots
    )[0]
    if line.product is None and line.read.code.format == "none":
        work.choices = list(like(viewer=work.request.user, words=text.strip()[:80])[:MOST_CHOICES])
    if line.product is None or not line.read.readable:
        work.said += [] if work.choices else line.stops
        return
    again = same_lot(work.rows, line)
    if again and (wrong := again.one_more(text, line.read.pack, line.read.code.serial)):
        work.said.append(wrong)
    if not again:
        work.rows.insert(0, _row_of(text, line))
    work.read()
    _hint(work, line)


def _pick(work: Work, value: str) -> None:
    """A product was chosen among those that typed words may mean."""
    product = visible_to(work.request.user, Product.objects.filter(code=value)).first()
    if product:
        work.rows.insert(0, Row(product=product.code))
    work.read()


def _row_of(text: str, line: Line) -> Row:
    if line.read.code.format == "none":  # typed words: what it was, not that it was scanned
        return Row(product=line.product.code, lot=str(line.lot.uid) if line.lot else "")
    row = Row(codes=[text])
    pack = line.read.pack
    if pack and line.read.units:
        row.quantity, row.unit = in_units(line.read.units // pack.units), pack.name
    return row


def _hint(work: Work, line: Line) -> None:
    """Say so when something that expires sooner lies at the same place."""
    if work.job.name != "transfer" or work.here is None or line.lot is None:
        return
    first = first_to_take(line.product, work.here, timezone.localdate(work.now))
    if first and first.expiry and first.lot != line.lot.pk and line.lot.expiry != first.expiry:
        words = {"lot": first.number, "day": date_format(first.expiry, "j M Y")}
        text = _("Lot %(lot)s expires sooner, on %(day)s, and lies here too: take it first.")
        work.say("not_first", text % words, "warn")


def _place_by_code(work: Work, text: str) -> StockPlace | None:
    own = own_codes.parsed(text)
    code = own[1] if own and own[0] == "place" else text
    return places(viewer=work.request.user).filter(code__iexact=code).first()


def _go_to(work: Work, place: StockPlace) -> None:
    """A scanned place fills the first empty field that it fits, or the last where none is empty."""
    waiting = place.kind == StockPlace.Kind.QUARANTINE
    fits = [one for one in work.job.places if one.quarantine in (None, waiting)]
    if not fits:
        text = _("%(name)s cannot be chosen here.") % {"name": place.name}
        work.say("wrong_place", text)
        return
    ask = next((one for one in fits if work.places[one.name] is None), fits[-1])
    work.places[ask.name] = place
    for row in work.rows if ask.name == work.job.here else ():
        row.version = ""
    work.read()


def _remove(work: Work, value: str) -> None:
    """A row was a mistake."""
    if value.isdecimal() and int(value) < len(work.rows):
        del work.rows[int(value)]
    work.read()


def _seen_again(work: Work, value: str) -> None:
    """Whoever counts has looked at the shelf again: the ledger as it is now is what they see."""
    for row in work.rows:
        row.version = ""
    work.read()


def _ask(work: Work, value: str) -> None:
    """Ask a second person to see what is wasted."""
    try:
        question = wasting.question(
            actor=work.request.user, now=work.now, **_asked(work, ("place", "lines", "why"))
        )
        asked, _repeated = once(
            work.request,
            ask_confirmation,
            word=lambda made: {"id": str(made.uid)},
            asked_from=work.request.browser,
            **question,
        )
    except Refused as refused:
        _refused(work, refused)
    else:
        work.confirmation = _confirmation(work.request, asked["id"])
    work.read()


def _post(work: Work, value: str) -> None:
    """Do it."""
    try:
        asked = _asked(work)
        if value == "quarantine":
            asked["into_quarantine"] = True
        work.done, _repeated = once(
            work.request, work.job.action, word=lambda done: told(work.job, done), **asked
        )
    except Refused as refused:
        _refused(work, refused)
        work.read()
        return
    work.rows = []
    kept = {name: str(place.uid) for name, place in work.places.items() if place}
    work.request.session["stock"] = work.request.session.get("stock", {}) | {work.job.name: kept}


def _refused(work: Work, refused: Refused) -> None:
    """Keep the findings that no row shows by itself, and the ways out."""
    token = work.request.POST.get("confirmation", "")
    if token and not any(one.field == "confirmation" for one in refused.findings):
        work.confirmation = _confirmation(work.request, token)
    shown_by_rows = {"not_scanned", "no_lot", "no_expiry"}
    work.said += [one for one in refused.findings if one.code not in shown_by_rows]
    if any(one.code in shown_by_rows for one in refused.findings):
        work.say("unanswered", _("Answer what is asked in the rows below, then press again."))
    work.ways = refused.alternatives


STEPS = {
    "scan": _scan,
    "pick": _pick,
    "remove": _remove,
    "again": _seen_again,
    "ask": _ask,
    "post": _post,
}


def _asked(work: Work, only: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the action is asked. Raises Refused where a place is missing."""
    asked: dict[str, Any] = {}
    for ask in work.job.places:
        place = work.places[ask.name]
        if place is None and not ask.none:
            text = _("Say where: %(what)s.") % {"what": ask.label}
            raise Refused(Finding("no_place", text, field=ask.name))
        if place is not None:
            asked[ask.given_as] = place
    asked["lines"] = [line for row in work.rows for line in row.asked()]
    sent = work.request.POST
    if work.job.reason:
        asked["reason"] = sent.get("reason", "").strip()[:300]
    if work.job.document:
        asked["document"] = sent.get("document", "").strip()[:120]
    if work.job.name == "waste":
        asked["why"] = sent.get("why", "")[:20]
        asked["words"] = sent.get("words", "").strip()[:200]
        asked["confirmation"] = sent.get("confirmation", "")[:80]
    return {name: asked[name] for name in only} if only else asked


# --- what is shown ------------------------------------------------------------------------------


def _shown(work: Work):
    request, job = work.request, work.job
    if not any(row.lines for row in work.rows):
        work.rows = []
    offered = list(places(viewer=request.user))
    controlled = any(row.known and row.known.controlled for row in work.rows)
    context = {
        "work": work,
        "job": job,
        "url": reverse(job.url_name),
        "asks": [
            {
                "ask": ask,
                "chosen": work.places[ask.name],
                "places": [
                    place
                    for place in offered
                    if ask.quarantine in (None, place.kind == StockPlace.Kind.QUARANTINE)
                ],
            }
            for ask in job.places
        ],
        "fields": FIELDS,
        "key": fresh_key(),
        "sent": {} if work.done else request.POST,
        "reasons": wasting.REASONS.items() if job.name == "waste" else (),
        "why_unscanned": WHY_UNSCANNED,
        "needs_witness": job.name == "waste" and controlled,
        "confirmation": work.confirmation,
        "to_quarantine": any(way["kind"] == "quarantine" for way in work.ways),
        "count_again": any(way["kind"] == "count_again" for way in work.ways),
        "may_find": request.user.may("stock.found") and job.name not in {"found", "receive"},
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "inventory/stock_basket.html" if fragment else "inventory/stock_work.html"
    # htmx puts the answer in place whatever it says; a plain browser is told by the status.
    status = 409 if work.said and not fragment and request.method == "POST" else 200
    return render(request, template, context, status=status)


def _again(work: Work) -> str:
    return reverse(work.job.url_name)


def _confirmation(request, uid: str) -> Confirmation | None:
    try:
        return visible_to(request.user, Confirmation.objects.all()).filter(uid=uid).first()
    except (ValueError, TypeError):
        return None


@page("stock.waste")
@require_GET
def witness(request, uid):
    """Whether the second person has answered yet: a fragment of the waste page."""
    asked = the_one(request.user, Confirmation.objects.select_related("given_by"), uid=uid)
    context = {"confirmation": asked, "now": timezone.now()}
    return render(request, "inventory/stock_witness.html", context)


receive = _working(JOBS["receive"])
transfer = _working(JOBS["transfer"])
count = _working(JOBS["count"])
found = _working(JOBS["found"])
waste = _working(JOBS["waste"])
give_back = _working(JOBS["return"])
quarantine = _working(JOBS["quarantine"])
release = _working(JOBS["release"])
