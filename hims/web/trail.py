"""The trail: who did what, when, from which door and why. Looks are in it, contents are not."""

from datetime import date

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from hims.queries.audit import PAGE, entries

from .page import page


@page("audit.view")
@require_GET
def trail(request):
    """The entries that match, newest first, a page at a time by the entry's own number."""
    asked = {
        name: request.GET.get(name, "").strip()[:200]
        for name in ("actor", "thing", "action", "day")
    }
    day, bad_day = _day(asked["day"])
    found = entries(
        request.user, actor=asked["actor"], thing=asked["thing"], action=asked["action"], day=day
    )
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    rows = list(found[: PAGE + 1])
    further = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        query = request.GET.copy()
        query["before"] = str(rows[-1].pk)
        further = query.urlencode()
    context = {
        "entries": rows,
        "asked": asked,
        "bad_day": bad_day,
        "further": further,
        "now": timezone.now(),
    }
    return render(request, "hims/trail.html", context)


def _day(text: str) -> tuple[date | None, bool]:
    if not text:
        return None, False
    try:
        return date.fromisoformat(text), False
    except ValueError:
        return None, True
