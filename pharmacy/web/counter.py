"""The counter: the queue on the left, the one supply on the right, and a scan that does the next
thing, whatever was scanned."""

from typing import Any

from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims import subjects
from hims.access.scopes import the_one, visible_to
from hims.action import digest_of, look
from hims.errors import Finding, Refused
from hims.models import Confirmation, Patient
from hims.web.form import fresh_key, once
from hims.web.page import page
from inventory.models import StockPlace
from pharmacy.actions import handover, picking
from pharmacy.actions.firings import REASONS, note_once
from pharmacy.models import Dispense
from pharmacy.queries.counter import at_the_counter, supply_of
from pharmacy.queries.patient import record_of
from pharmacy.queries.picked import Asked, picked_lines, the_product
from pharmacy.queries.places import counters
from pharmacy.queries.second_person import PURPOSE, stands_for
from pharmacy.queries.worklist import STAGES, queue

PLACE = "counter_place"
S = Dispense.Status


@page("pharmacy.view")
@require_GET
def counter(request):
    """The queue, and the supply that is chosen, if one is."""
    if chosen := request.GET.get("supply", ""):
        return redirect("supply", uid=supply_of(request.user, chosen).uid)
    return render(request, "pharmacy/counter.html", queue_context(request))


@page("pharmacy.view")
@require_GET
def waiting(request):
    """The queue alone, as open counters ask for it when something changed."""
    return render(request, "pharmacy/counter_queue.html", queue_context(request))


@page("pharmacy.view")
@require_GET
def supply(request, uid):
    """One supply; beside the queue, unless the page only asks for its part."""
    return shown(request, supply_of(request.user, uid), looked=True)


@page("dispensing.pick")
@require_POST
def choose_place(request):
    """From which place this counter takes."""
    place = the_one(request.user, StockPlace.objects.all(), code=request.POST.get("place", ""))
    request.session[PLACE] = place.code
    if chosen := request.POST.get("supply"):
        return shown(request, supply_of(request.user, chosen))
    return redirect("counter")


@page("dispensing.pick")
@require_POST
def scan(request):
    """Whatever was scanned does its own next thing: a label opens its supply, a wristband hands
    over or opens what waits for its patient, a place is taken from, a pack is picked."""
    code = request.POST.get("code", "").strip(" ")[:4096]
    chosen = request.POST.get("supply", "")
    now = supply_of(request.user, chosen) if chosen else None
    if label := handover.label_read(code):
        return shown(request, supply_of(request.user, label), label=code)
    if not code:
        return shown(request, now)
    found = subjects.find(code)
    if found is not None and found.kind == "place" and isinstance(found.thing, StockPlace):
        if found.thing.virtual or found.thing.kind == StockPlace.Kind.QUARANTINE:
            text = _("Nothing is supplied from %(place)s.") % {"place": found.thing.name}
            return shown(request, now, findings=[Finding("no_place", text)])
        request.session[PLACE] = found.thing.code
        return shown(request, now)
    if found is not None and found.kind == "patient" and isinstance(found.thing, Patient):
        return _wristband(request, found.thing, now, code)
    if now is None:
        text = _("Choose a supply first, or scan a label or a wristband.")
        return shown(request, None, findings=[Finding("nothing_chosen", text)])
    return pressed(
        request,
        now,
        picking.pick,
        place=place_of(request),
        scan=code,
        quantity=request.POST.get("quantity", "")[:40],
    )


def _wristband(request, patient: Patient, now: Dispense | None, code: str):
    """Of the supply that is to be handed over; else what waits for this patient opens."""
    label = request.POST.get("label", "")
    if now is not None and now.status in (S.PICKED, S.CHECKED):
        return pressed(request, now, handover.hand_over, label=label, wristband=code)
    theirs = visible_to(request.user, Dispense.objects.filter(order__patient=patient))
    first = theirs.filter(status__in=Dispense.OPEN).order_by("urgency", "promised_at").first()
    if first is None:
        text = _("Nothing waits for this patient.")
        return shown(request, now, findings=[Finding("nothing_waits", text)])
    return shown(request, supply_of(request.user, first.uid))


# --- one supply -----------------------------------------------------------------------------------


def pressed(request, supply: Dispense, action, *, word=None, **asked):
    """One press that does one thing, once; a refusal is a sentence in its place."""
    key = request.POST.get("key", "")
    try:
        said, _repeated = once(
            request, action, word=word or (lambda _made: {}), dispense=supply, **asked
        )
    except Refused as refused:
        note_once(
            f"form {key}",
            refused.findings,
            actor=request.user,
            now=timezone.now(),
            order=supply.order,
        )
        return shown(
            request,
            supply_of(request.user, supply.uid),
            findings=refused.findings,
            ways=refused.alternatives,
            label=request.POST.get("label", ""),
        )
    return shown(request, supply_of(request.user, supply.uid), notes=said.get("notes", ()))


def shown(
    request,
    supply: Dispense | None,
    *,
    findings=(),
    ways=(),
    notes=(),
    label: str = "",
    looked: bool = False,
):
    """The supply as it stands, as a part of the open page or as a whole one.

    findings and ways: what was refused just now, and the ways out. label: what was scanned from
    its bag.
    """
    context: dict[str, Any] = {
        "refused": [one for one in findings if one.severity == "stop"],
        "asked_again": {one.code for one in findings if one.severity == "warn"},
        "ways": ways,
        "noted": notes,
        "label": label,
        "now": timezone.now(),
        "key": fresh_key(),
    }
    if supply is not None:
        if looked:
            patient = supply.order.patient
            look(viewer=request.user, now=context["now"], what="dispense.look", things=[patient])
        context |= _of_supply(request, supply, context)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "pharmacy/counter_one.html", context)
    status = 409 if findings else 200
    whole = queue_context(request) | context
    return render(request, "pharmacy/counter.html", whole, status=status)


def _of_supply(request, supply: Dispense, context: dict[str, Any]) -> dict[str, Any]:
    viewer, now = request.user, context["now"]
    mine = supply.claimed_by_id == viewer.pk
    held = supply.claimed_until is not None and supply.claimed_until > now
    found: dict[str, Any] = {
        "supply": supply,
        "order": supply.order,
        "claimed_by_me": held and mine,
        "claimed_by": supply.claimed_by if held and not mine else None,
        "may_verify": viewer.may("dispensing.verify"),
        "may_hold": viewer.may("dispensing.hold"),
        "may_answer": viewer.may("dispensing.answer"),
    }
    if supply.movement_id is not None:
        lines = list(supply.lines.select_related("lot", "place").order_by("pk"))
        return found | {
            "lines": lines,
            "given": sum(line.quantity for line in lines),
            "out": [line for line in lines if line.returned < line.quantity],
            "label_scanned": handover.label_read(context["label"]) == supply.uid,
        }
    place = place_of(request)
    at = at_the_counter(supply, place, viewer=viewer, now=now)
    found |= {
        "at": at,
        "place": place,
        "places": counters(viewer=viewer),
        "record": record_of(viewer, supply.order.patient, now=now),
        "reasons": REASONS,
    }
    if at is not None:
        found["warns"] = [one for one in at.findings if one.severity == "warn"]
        found["stops"] = [one for one in at.findings if one.severity == "stop"]
        found["told"] = [one for one in at.findings if one.severity == "info"]
        if at.second_person and at.basket:
            found["asked"] = asked_to_supply(request, supply, place)
        context["ways"] = context["ways"] or at.ways
    return found


def asked_to_supply(request, supply: Dispense, place: StockPlace) -> Confirmation | None:
    """What was asked of a second person for exactly what is in the basket now."""
    lines = basket_lines(supply.basket.select_related("lot__product").order_by("pk"))
    if not lines:
        return None
    picked = picked_lines(lines, now=timezone.now())
    about = stands_for(supply.order, the_product(picked), place, picked)
    return asked_before(request, PURPOSE, about)


def asked_before(request, purpose: str, about: Any) -> Confirmation | None:
    """The question about exactly this that is still open or not used yet; a counter that lost its
    connection finds it again."""
    return (
        Confirmation.objects.filter(
            purpose=purpose,
            asked_by=request.user,
            used_at=None,
            expires_at__gt=timezone.now(),
            digest=digest_of({"about": about}),
        )
        .select_related("given_by")
        .order_by("-pk")
        .first()
    )


def basket_lines(basket) -> list[Asked]:
    """What lies in a basket, as the lines of a dispense."""
    return [
        Asked(item.quantity, item.lot.uid, serials=tuple(item.serials), scanned=item.scanned)
        for item in basket
    ]


def yes_of(asked: Confirmation | None) -> str:
    """The token of a yes that was given; "" where nobody has answered yet."""
    return str(asked.uid) if asked is not None and asked.given_by_id is not None else ""


def place_of(request) -> StockPlace:
    """The place that this counter takes from: the one chosen last, else the first store."""
    known = counters(viewer=request.user)
    chosen = request.session.get(PLACE)
    found = next((place for place in known if place.code == chosen), None)
    if found is None:
        stores = [place for place in known if place.kind == StockPlace.Kind.STORE]
        found = next(iter(stores or known), None)
    if found is None:
        raise Refused(Finding("no_place", _("There is no place yet that stock could lie at.")))
    return found


def queue_context(request) -> dict[str, Any]:
    stage = request.GET.get("stage") or request.POST.get("stage") or "waiting"
    stage = stage if stage in STAGES else "waiting"
    now = timezone.now()
    return {
        "queue": queue(viewer=request.user, now=now, stage=stage),
        "stage": stage,
        "chosen": request.GET.get("supply", ""),
        "now": now,
    }
