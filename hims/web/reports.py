"""The reports: which there are and how they stand; one of them over a period; and asking for it."""

import json
from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from hims.actions.reports import asking, signing
from hims.errors import NotFound
from hims.models import ReportEdition
from hims.queries.editions import Kept, edition_of, newest
from hims.queries.report_pages import Shelved, made_before, shelf
from hims.reporting import wording
from hims.reporting.declared import Report, report_at
from hims.reporting.making import make

from .form import fresh_key, once, refusals_in
from .page import page
from .report_parts import context_of, said_line
from .report_question import Question, QuestionForm, presets, typed

AREAS = {
    "reports.flow": _("Patients on their way"),
    "reports.assets": _("Equipment and places"),
    "reports.stock": _("Stock"),
    "reports.controlled": _("Controlled drugs"),
    "reports.access": _("Who looked at what"),
}
"""The permission of a report -> the area of work that it is listed under, in order."""
LISTED = 20
IN_PLACE = {"target": "#answer", "select": "#answer", "swap": "outerHTML"}


@page("reports.view")
@require_GET
def reports(request):
    """Every report that the viewer may see, with its newest headline and how it stands."""
    known = shelf(request.user)
    areas = []
    for permission, title in AREAS.items():
        cards = [_card(one, request.user) for one in known if one.report.permission == permission]
        if cards:
            areas.append((title, cards))
    waiting = sum(card["to_sign"] for _title, cards in areas for card in cards)
    return render(request, "hims/reports.html", {"areas": areas, "waiting": waiting})


def _card(one: Shelved, viewer) -> dict:
    kept = Kept(one.edition) if one.edition else None
    signs = bool(one.report.signers & set(viewer.roles))
    return {
        "report": one.report,
        "edition": one.edition,
        "line": said_line(kept, one.line) if kept and one.line else None,
        "period_text": wording.period_text(one.edition) if one.edition else "",
        "signed": one.signed,
        "to_sign": bool(one.line and signs and not one.signed and _is_current(one)),
        "breaches": one.breaches,
    }


def _is_current(one: Shelved) -> bool:
    return bool(one.edition and one.edition.definition == one.report.version)


@page("reports.view")
@require_GET
def report(request, slug):
    """One report over the asked period: the newest making of it, or one is asked for."""
    found = _the_report(request, slug)
    today = timezone.localdate()
    form = QuestionForm(
        typed(request, found, today), report=found, viewer=request.user, today=today
    )
    return _answer(request, found, form, today)


@page("report.ask")
@require_POST
def ask(request, slug):
    """Have the report made; a short period at once, a longer one by the worker."""
    found = _the_report(request, slug)
    today = timezone.localdate()
    form = QuestionForm(request.POST, report=found, viewer=request.user, today=today)
    if not form.is_valid():
        return _answer(request, found, form, today)
    question = form.question
    with refusals_in(form):
        asked, _repeated = once(
            request,
            asking.ask,
            word=lambda one: {"id": str(one.uid), "key": one.pk},
            report=found,
            period=question.period,
            filters=question.filters,
            grouping=question.grouping,
            waits=question.waits,
        )
        if question.waits:
            make(asked["key"], timezone.now())
        url = reverse("edition", args=[asked["id"]])
        done = edition_of(request.user, asked["id"]).status == ReportEdition.Status.DONE
        if done:
            url = f"{reverse('report', args=[slug])}?{question.query}"
        if not request.htmx:
            return redirect(url)
        answer = HttpResponse(status=204)
        if done:  # only the answer comes anew: what was typed meanwhile for another question stays
            answer["HX-Location"] = json.dumps({"path": url, **IN_PLACE})
        else:
            answer["HX-Redirect"] = url
        return answer
    return _answer(request, found, form, today)


def _the_report(request, slug: str) -> Report:
    found = report_at(slug)
    if found is None or not request.user.may(found.permission):
        raise NotFound("no such report")
    return found


def _answer(request, found: Report, form: QuestionForm, today: date) -> HttpResponse:
    """The page: the form, what it asks for, and what was made before."""
    question = form.question if form.is_valid() else None
    edition = question and _newest(request, question)
    before = request.GET.get("before", "")
    listed = made_before(
        request.user,
        found.code,
        LISTED + 1,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0,
    )
    context = {
        "report": found,
        "form": form,
        "presets": presets({name: form.data.get(name, "") for name in form.fields}, today),
        "question": question,
        "edition": edition,
        "editions": [(one, wording.period_text(one)) for one in listed[:LISTED]],
        "further": listed[LISTED - 1].pk if len(listed) > LISTED else None,
        "listing_on": bool(before),
        "key": fresh_key(),
        "now": timezone.now(),
        "signs": signing.signers_text(found),
    }
    if edition and edition.status == ReportEdition.Status.DONE:
        context |= context_of(request, Kept(edition))
    return render(request, "hims/report.html", context, status=200 if question else 400)


def _newest(request, question: Question) -> ReportEdition | None:
    return newest(
        request.user,
        question.report,
        first=question.period.first,
        until=question.period.until,
        filters=question.filters,
        grouping=question.grouping,
    )
