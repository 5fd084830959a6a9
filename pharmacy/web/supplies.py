"""What is done to one supply at the counter, each a press of one button."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hims.access.scopes import the_one
from hims.actions.confirmations import ask_confirmation
from hims.errors import Finding, Invalid, Refused
from hims.web.form import once
from hims.web.page import page
from inventory.domain.quantities import NotAQuantity, base_units
from inventory.models import Lot
from pharmacy.actions import dispensing, handover, labels, picking, returns, verification
from pharmacy.actions.firings import note_once
from pharmacy.models import Dispense
from pharmacy.printing import pdf
from pharmacy.queries import asking
from pharmacy.queries.counter import supply_of
from pharmacy.queries.labels import label_of, printable
from pharmacy.queries.second_person import WASTED, wasted_of
from pharmacy.wire.zpl import zpl

from .counter import asked_before, asked_to_supply, basket_lines, place_of, pressed, shown, yes_of
from .prescribing import overrides_in


@page("dispensing.claim")
@require_POST
def claim(request, uid):
    return pressed(request, supply_of(request.user, uid), picking.claim)


@page("dispensing.claim")
@require_POST
def let_go(request, uid):
    return pressed(request, supply_of(request.user, uid), picking.let_go)


@page("dispensing.verify")
@require_POST
def verify(request, uid):
    """A pharmacist says that it is right; warnings need a reason."""
    overrides = overrides_in(request.POST)
    return pressed(request, supply_of(request.user, uid), verification.verify, overrides=overrides)


@page("dispensing.hold")
@require_POST
def hold(request, uid):
    question = request.POST.get("question", "")[:500]
    return pressed(request, supply_of(request.user, uid), verification.hold, question=question)


@page("dispensing.verify")
@require_POST
def drop(request, uid):
    reason = request.POST.get("reason", "")[:300]
    return pressed(request, supply_of(request.user, uid), verification.drop, reason=reason)


@page("dispensing.pick")
@require_POST
def basket(request, uid):
    """Change how many of a lot are taken, or put it back."""
    supply = supply_of(request.user, uid)
    lot = the_one(request.user, Lot.objects.all(), uid=request.POST.get("lot", ""))
    if "back" in request.POST:
        return pressed(request, supply, picking.put_back, lot=lot)
    quantity = request.POST.get("quantity", "")[:40]
    return pressed(request, supply, picking.set_quantity, lot=lot, quantity=quantity)


@page("pharmacy.dispense")
@require_POST
def dispense(request, uid):
    """Supply what is in the basket: the stock leaves, the label can be printed."""
    supply, place = supply_of(request.user, uid), place_of(request)
    items = list(supply.basket.select_related("lot__product").order_by("pk"))
    confirmation = yes_of(asked_to_supply(request, supply, place)) if items else ""
    key = request.POST.get("key", "")
    try:
        once(
            request,
            dispensing.dispense,
            word=lambda made: {"dispense": str(made.uid)},
            order=supply.order.uid,
            lines=basket_lines(items),
            place=place.code,
            confirmation=confirmation,
            overrides=overrides_in(request.POST),
        )
    except Refused as refused:
        note_once(
            f"form {key}",
            refused.findings,
            actor=request.user,
            now=timezone.now(),
            order=supply.order,
        )
        found = refused.findings
        if isinstance(refused, Invalid) and not items:
            found = [Finding("empty_basket", _("Scan what is to be supplied first."))]
        again = supply_of(request.user, uid)
        return shown(request, again, findings=found, ways=refused.alternatives)
    return shown(request, supply_of(request.user, uid))


@page("confirmation.ask")
@require_POST
def ask(request, uid):
    """Ask a second person to confirm exactly what is in the basket, on their own device."""
    supply, place = supply_of(request.user, uid), place_of(request)
    items = list(supply.basket.select_related("lot__product").order_by("pk"))
    try:
        question = asking.before_supplying(
            viewer=request.user,
            now=timezone.now(),
            order=supply.order.uid,
            lines=basket_lines(items),
            place=place,
        )
        once(
            request,
            ask_confirmation,
            word=lambda asked: {"id": str(asked.uid)},
            asked_from=request.browser,
            **question,
        )
    except Refused as refused:
        return shown(request, supply, findings=refused.findings)
    return shown(request, supply_of(request.user, uid))


@page("dispensing.print")
@require_POST
def label(request, uid):
    """The label, counted; a second press of the same button prints the same one."""
    supply = printable(request.user, uid)
    said, _repeated = once(
        request, labels.print_label, word=lambda copy: {"copy": copy}, dispense=supply
    )
    made = label_of(supply, copy=said["copy"], now=timezone.now())
    if request.POST.get("form") == "zpl":
        answer = HttpResponse(zpl(made), content_type="application/zpl")
        answer["Content-Disposition"] = f'attachment; filename="label-{supply.uid}.zpl"'
        return answer
    return HttpResponse(pdf([made], title=made.medicine), content_type="application/pdf")


@page("dispensing.hand_over")
@require_POST
def hand_over(request, uid):
    """To the patient, whose wristband is scanned, or to somebody who is named."""
    return pressed(
        request,
        supply_of(request.user, uid),
        handover.hand_over,
        label=request.POST.get("label", "")[:200],
        wristband=request.POST.get("wristband", "")[:200],
        collector=request.POST.get("collector", "")[:120],
    )


@page("dispensing.return")
@require_POST
def take_back(request, uid):
    """What comes back, line by line: to quarantine or to waste."""
    supply = supply_of(request.user, uid)
    try:
        lines = _coming_back(request, supply)
    except Refused as refused:
        return shown(request, supply, findings=refused.findings)
    wasted = [(one.lot, one.quantity) for one in lines if one.to == returns.WASTE]
    if wasted and "ask" in request.POST:
        question = asking.before_wasting(supply, wasted)
        try:
            once(
                request,
                ask_confirmation,
                word=lambda asked: {"id": str(asked.uid)},
                asked_from=request.browser,
                **question,
            )
        except Refused as refused:
            return shown(request, supply, findings=refused.findings)
        return shown(request, supply)
    return pressed(
        request,
        supply,
        returns.take_back,
        lines=lines,
        reason=request.POST.get("reason", "")[:300],
        confirmation=yes_of(asked_before(request, WASTED, wasted_of(supply, wasted))),
    )


@page("dispensing.verify")
@require_POST
def again(request, uid):
    """Queue the next supply of the same order."""
    supply = supply_of(request.user, uid)
    try:
        said, _repeated = once(
            request,
            verification.supply_again,
            word=lambda made: {"dispense": str(made.uid)},
            order=supply.order,
        )
    except Refused as refused:
        return shown(request, supply, findings=refused.findings)
    return shown(request, supply_of(request.user, said["dispense"]))


def _coming_back(request, supply: Dispense) -> list[returns.Back]:
    """The lines of the form that say how many come back."""
    found = []
    product = supply.product
    for line in supply.lines.select_related("lot"):
        text = request.POST.get(f"back-{line.pk}", "").strip()[:40]
        if not text:
            continue
        try:
            quantity = base_units(text, product.base_per_unit if product else 1)
        except NotAQuantity as wrong:
            raise Refused(Finding("bad_quantity", str(wrong))) from None
        serials = tuple(
            one for one in request.POST.getlist(f"serial-{line.pk}") if one in line.serials
        )
        to = request.POST.get(f"to-{line.pk}", returns.QUARANTINE)
        found.append(returns.Back(line.lot.uid, quantity, to, serials))
    if not found:
        raise Refused(Finding("nothing_back", _("Say how many of which lot come back.")))
    return found
