"""The hand-over on the ward: the label on the bag, then the wristband."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hims.actions.care import begin_care
from hims.errors import Finding, NotFound, Refused
from hims.models import Actor
from hims.web.form import fresh_key, once
from hims.web.page import page
from pharmacy.actions import handover
from pharmacy.models import Dispense
from pharmacy.queries.counter import supply_of


@page("dispensing.hand_over")
@require_http_methods(["GET", "POST"])
def begin(request):
    """Scan the label, scan the wristband; or write down who collects it."""
    asked = {
        name: request.POST.get(name, "").strip()[:200]
        for name in ("label", "wristband", "collector")
    }
    findings: list[Finding] = []
    if request.method == "POST":
        try:
            supply = _supply(request.user, asked["label"], asked["wristband"])
            once(
                request,
                handover.hand_over,
                word=lambda made: {"id": str(made.uid)},
                dispense=supply,
                **asked,
            )
        except Refused as refused:
            findings = refused.findings
        else:
            name = supply.product.shown_name if supply.product else ""
            messages.success(request, _("%(name)s is handed over.") % {"name": name})
            return redirect("hand-over")
    context = {"asked": asked, "findings": findings, "key": fresh_key()}
    return render(request, "pharmacy/hand_over.html", context, status=409 if findings else 200)


def _supply(viewer: Actor, label: str, wristband: str) -> Dispense:
    """The supply that the label names. Whoever reads the wristband begins to care for its
    patient, as everywhere."""
    uid = handover.label_read(label)
    if uid is None:
        text = _("Scan the label on the bag first.")
        raise Refused(Finding("wrong_label", text, field="label"))
    try:
        return supply_of(viewer, uid)
    except NotFound:
        if not wristband or not viewer.may("care.begin"):
            text = _("Read the patient's wristband too: you do not care for them yet.")
            raise Refused(Finding("nobody_named", text, field="wristband")) from None
    begin_care(actor=viewer, now=timezone.now(), text=wristband)
    try:
        return supply_of(viewer, uid)
    except NotFound:
        text = _("Stop: this supply is not for the patient whose wristband was read.")
        raise Refused(Finding("wrong_patient", text, field="wristband")) from None
