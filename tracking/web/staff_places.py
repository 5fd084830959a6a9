"""Where a named staff member is: one question, one reason, one line in the trail."""

from uuid import UUID

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from hims.errors import Refused
from hims.models import Staff
from hims.web.page import page
from tracking.actions.staff_places import ask


@require_http_methods(["GET", "POST"])
@page("staff_position.ask")
def staff_places(request):
    """A form on GET; the answer beneath it on POST. Nothing is told without a reason."""
    name = request.POST.get("name", request.GET.get("name", "")).strip()[:160]
    reason = request.POST.get("reason", "").strip()[:500]
    context = {"name": name, "reason": reason}
    if name:
        context["matches"] = list(Staff.objects.filter(name__icontains=name).order_by("name")[:20])
    if request.method == "POST" and request.POST.get("staff"):
        staff = Staff.objects.filter(uid=_uid(request.POST["staff"])).first()
        context["staff"] = staff
        if staff:
            try:
                context["position"] = ask(
                    actor=request.user, now=timezone.now(), staff=staff, reason=reason
                )
                context["answered"] = True
            except Refused as refused:
                context["findings"] = refused.findings
    return render(request, "tracking/staff_places.html", context)


def _uid(text: str):
    try:
        return UUID(text)
    except ValueError:
        return None
