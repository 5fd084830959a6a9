"""The orders of one's patients: the list, one with its story, and what can be done with it."""

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.actions.care import begin_care
from hims.errors import Finding, Refused
from hims.queries.timeline import timeline
from hims.web.form import fresh_key, once, refusals_in, status_of
from hims.web.page import page
from inventory.domain.quantities import in_units, said
from pharmacy.actions import orders as actions
from pharmacy.actions.firings import note_once
from pharmacy.actions.order_steps import may_prescribe
from pharmacy.domain.doses import plain
from pharmacy.models import Dispense, MedicationOrder
from pharmacy.queries.orders import need_of, orders_of, to_regularise
from pharmacy.queries.trying import tried

from .prescribing import (
    PrescriptionForm,
    asked_in,
    findings_context,
    form_context,
    overrides_in,
    spoken_in,
)

ROWS = 100
ENDED = ("completed", "stopped", "cancelled")

STATUS_ACTIONS = {
    "hold": actions.hold_order,
    "resume": actions.resume_order,
    "stop": actions.stop_order,
    "cancel": actions.cancel_order,
    "complete": actions.complete_order,
}


class ChangeForm(PrescriptionForm):
    reason = forms.CharField(
        label=gettext_lazy("Why is it changed?"), max_length=300, required=False
    )


@page("orders.view")
@require_GET
def list_orders(request):
    """The orders of one's patients, the newest first; emergencies without a prescriber on top."""
    return _listed(request)


@page("order.enter")
@require_POST
def begin(request):
    """A wristband or a whole record number leads to a new prescription."""
    code = request.POST.get("code", "").strip()[:200]
    try:
        patient = begin_care(actor=request.user, now=timezone.now(), text=code)
    except Refused as refused:
        return _listed(request, code=code, findings=refused.findings)
    return redirect("prescribe", uid=patient.uid)


@page("orders.view")
@require_GET
def order(request, uid):
    """One order: what it says, what was supplied, what the checks say of it now, its story."""
    found = _the_order(request, uid)
    look(viewer=request.user, now=timezone.now(), what="order.look", things=[found.patient])
    return _shown(request, found)


@page("order.change")
def change(request, uid):
    """Another dose, timing or quantity; the checks are asked again."""
    found = _the_order(request, uid)
    if found.status in ENDED:
        return redirect("order", uid=uid)
    form = ChangeForm(request.POST or None, initial=_initial(found))
    refused: list[Finding] = []
    if request.method == "POST" and form.is_valid():
        asked, refused = asked_in(form)
        if not refused:
            try:
                once(
                    request,
                    actions.change_order,
                    word=_done,
                    order=found,
                    overrides=overrides_in(request.POST),
                    heeded=spoken_in(request.POST),
                    **asked,
                )
            except Refused as no:
                refused = no.findings
                _note(request, refused, found)
            else:
                messages.success(request, _("The order is changed."))
                return redirect("order", uid=uid)
    context = form_context(request, form, refused) | {
        "order": found,
        "tried": _tried(found, form) if request.method == "POST" else None,
    }
    status = 409 if refused else status_of(form)
    return render(request, "pharmacy/order_change.html", context, status=status)


@page("order.change")
@require_POST
def check_change(request, uid):
    """What the checks say of the change as it stands; nothing is kept."""
    found = _the_order(request, uid)
    form = ChangeForm(request.POST, initial=_initial(found))
    context = findings_context(request, []) | {"tried": _tried(found, form)}
    return render(request, "pharmacy/findings.html", context)


@page("order.change")
@require_POST
def set_status(request, uid):
    """Hold, resume, stop, cancel or complete it."""
    found = _the_order(request, uid)
    action = STATUS_ACTIONS.get(request.POST.get("to", ""))
    if action is None:
        return _shown(request, found, [Finding("bad_status", _("Choose what is to be done."))])
    more = {"overrides": overrides_in(request.POST)} if action is actions.resume_order else {}
    try:
        reason = request.POST.get("reason", "").strip()[:300]
        once(request, action, word=_done, order=found, reason=reason, **more)
    except Refused as refused:
        _note(request, refused.findings, found)
        return _shown(request, found, refused.findings)
    messages.success(request, _("It is done, and the pharmacy sees it."))
    return redirect("order", uid=uid)


@page("order.change")
@require_POST
def sign(request, uid):
    """The prescriber of an emergency supply makes it an order of their own."""
    found = _the_order(request, uid)
    form = forms.Form(request.POST)
    with refusals_in(form):
        once(request, actions.change_order, word=_done, order=found, prescriber=request.user)
        messages.success(request, _("It is your order now."))
        return redirect("order", uid=uid)
    findings = [Finding("refused", str(line)) for line in form.non_field_errors()]
    return _shown(request, found, findings)


def _the_order(request, uid) -> MedicationOrder:
    return the_one(request.user, orders_of(request.user), uid=uid)


def _note(request, findings: list[Finding], found: MedicationOrder) -> None:
    key = f"form {request.POST.get('key', '')}"
    note_once(key, findings, actor=request.user, now=timezone.now(), order=found)


def _done(_result) -> dict:
    return {"done": True}


def _initial(found: MedicationOrder) -> dict:
    product = found.product or need_of(found).product
    per = product.base_per_unit if product else 1
    return {
        "product": product,
        "dose": plain(found.dose),
        "dose_unit": found.dose_unit,
        "route": found.route,
        "timing": found.timing,
        "supply_days": found.supply_days,
        "quantity": "" if found.quantity is None else in_units(found.quantity, per),
        "as_needed": found.as_needed,
        "priority": found.priority,
        "indication": found.indication,
        "note": found.note,
    }


def _tried(found: MedicationOrder, form: ChangeForm):
    form.is_valid()
    if not {"dose", "dose_unit"} <= form.cleaned_data.keys():
        return None
    asked, refused = asked_in(form)
    if refused:
        return None
    for name, value in asked.items():
        if name in actions.CHANGEABLE:
            setattr(found, name, value)
    found.times_per_day = None
    return tried(found, timing=found.timing, now=timezone.now())


def _shown(request, found: MedicationOrder, findings=()):
    viewer, now = request.user, timezone.now()
    product = found.product or need_of(found).product
    supplies = Dispense.objects.filter(order=found).select_related("product").order_by("-pk")

    def counted(units: int) -> str:
        return said(units, product.unit, product.base_per_unit) if product else str(units)

    looked_at = MedicationOrder.objects.select_related(
        "patient", "product", "ingredient", "prescriber"
    ).get(pk=found.pk)
    context = findings_context(request, list(findings)) | {
        "order": found,
        "product": product,
        "supplies": supplies,
        "tried": tried(looked_at, timing=found.timing, now=now),
        "changes": timeline(
            found,
            viewer=viewer,
            words={
                "quantity": counted,
                "dose": lambda dose: plain(dose),
                "times_per_day": lambda times: plain(times),
            },
        ),
        "findings": list(findings),
        "may_change": viewer.may("order.change") and found.status not in ENDED,
        "may_sign": may_prescribe(viewer) and found.prescriber is None,
        "now": now,
        "key": fresh_key(),
    }
    return render(request, "pharmacy/order.html", context, status=409 if findings else 200)


def _listed(request, code: str = "", findings=()):
    status = request.GET.get("status", "active")
    known = status in MedicationOrder.Status.values
    found = orders_of(request.user, status=status if known else "").order_by("-pk")
    rows = list(found[: ROWS + 1])
    context = {
        "orders": rows[:ROWS],
        "more": len(rows) > ROWS,
        "unsigned": to_regularise(request.user),
        "status": status if known else "",
        "statuses": MedicationOrder.Status.choices,
        "code": code,
        "findings": findings,
        "may_prescribe": request.user.may("order.enter"),
        "now": timezone.now(),
    }
    seen: list[Model] = list(dict.fromkeys(order.patient for order in rows[:ROWS]))
    if seen:
        look(viewer=request.user, now=timezone.now(), what="order.look", things=seen)
    return render(request, "pharmacy/orders.html", context, status=409 if findings else 200)
