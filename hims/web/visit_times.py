"""How long the visits of a day took: what the board of that day came to."""

from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from hims.action import look
from hims.queries.boards import with_board
from hims.queries.visit_times import ASKED, headlines, visits_of

from .board import chosen
from .page import page

NAMES = {
    "door_to_room": _("Door to room"),
    "door_to_provider": _("Door to doctor"),
    "boarding": _("Waiting for a ward bed"),
    "stay": _("Whole stay"),
}


@page("flow.view")
@require_GET
def visit_times(request):
    """The visits of one day in one department, today if nothing else is asked."""
    department = chosen(request)
    if department is None:
        return render(request, "hims/board_none.html")
    now = timezone.now()
    today = timezone.localdate(now)
    try:
        day = min(parse_date(request.GET.get("day", "")) or today, today)
    except ValueError:
        day = today
    visits = visits_of(request.user, department, day)
    known = [one.patient for one in visits if one.patient]
    if known:
        look(viewer=request.user, now=now, what="visit_times.look", things=known)
    context = {
        "department": department,
        "departments": with_board(request.user),
        "day": day,
        "today": today,
        "now": now,
        "headlines": [(NAMES[line.name], line) for line in headlines(visits)],
        "columns": [NAMES[name] for name in ASKED],
        "rows": [(one, [one.times.get(name) for name in ASKED]) for one in visits],
    }
    return render(request, "hims/visit_times.html", context)
