"""What the pharmacy asked, and the prescriber answers."""

from django.contrib import messages
from django.db.models import Model
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hims.access.scopes import the_one
from hims.action import look
from hims.errors import Refused
from hims.web.form import fresh_key, once
from hims.web.page import page
from pharmacy.actions import verification
from pharmacy.models import Clarification
from pharmacy.queries.worklist import open_questions


@page("dispensing.answer")
@require_GET
def questions(request):
    """Open questions about orders, one's own first."""
    return _shown(request)


@page("dispensing.answer")
@require_POST
def answer(request, uid):
    asked = the_one(
        request.user,
        Clarification.objects.select_related("dispense__order", "asked_by"),
        uid=uid,
    )
    words = request.POST.get("answer", "")[:500]
    try:
        once(
            request,
            verification.answer,
            word=lambda made: {"id": str(made.uid)},
            clarification=asked,
            answer=words,
        )
    except Refused as refused:
        return _shown(request, about=asked, findings=refused.findings, words=words)
    messages.success(request, _("The pharmacy has your answer."))
    return redirect("questions")


def _shown(request, about=None, findings=(), words: str = ""):
    viewer, now = request.user, timezone.now()
    found = list(open_questions(viewer=viewer))
    if found:
        patients: list[Model] = [*dict.fromkeys(one.dispense.order.patient for one in found)]
        look(viewer=viewer, now=now, what="dispense.look", things=patients)
    own = [one for one in found if one.dispense.order.prescriber_id == viewer.pk]
    context = {
        "questions": own + [one for one in found if one not in own],
        "about": about,
        "findings": findings,
        "words": words,
        "now": now,
        "key": fresh_key(),
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "pharmacy/questions_list.html" if fragment else "pharmacy/questions.html"
    return render(request, template, context, status=409 if findings else 200)
