"""How one's reports stand, for the start page: each line one click from what shows it."""

from urllib.parse import urlsplit

from django.urls import reverse
from django.utils import timezone

from hims.models import Actor
from hims.queries.report_home import Place, standing
from hims.reporting import wording

from .breaches import said
from .report_parts import said_line

SHOWN = 5


def stands(viewer: Actor) -> dict:
    """What the template hims/home_reports.html shows."""
    now = timezone.now()
    today = timezone.localdate(now)
    found = standing(viewer, now, today)
    open_now = [*found.owned, *found.late, *found.loose]
    return {
        "breached": [_line(one) for one in found.breached[:SHOWN]],
        "breached_more": max(0, len(found.breached) - SHOWN),
        "held": found.held,
        "changed": [_line(one) for one in found.changed[:SHOWN]],
        "unsigned": [
            {
                "report": kept.report,
                "edition": kept.edition,
                "period": wording.period_text(kept.edition),
            }
            for kept in found.unsigned[:SHOWN]
        ],
        "unsigned_more": max(0, len(found.unsigned) - SHOWN),
        "breaches": [said(one, today) for one in open_now[:SHOWN]],
        "breaches_more": max(0, len(open_now) - SHOWN),
        "told": [{"title": one.title, "url": urlsplit(one.text).path} for one in found.told],
        "now": now,
    }


def _line(place: Place) -> dict:
    kept = place.kept
    return said_line(kept, place.line) | {
        "report": kept.report,
        "url": reverse("edition", args=[kept.edition.uid]),
        "period": wording.period_text(kept.edition),
    }
