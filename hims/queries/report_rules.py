"""What reports are held to: targets and citations, and how they came about."""

from django.db.models import QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor, ReportRule


def rules(viewer: Actor) -> QuerySet[ReportRule]:
    """What holds now, of the reports that the viewer may see; the citation of a whole report
    before its targets."""
    found = visible_to(viewer, ReportRule.objects.filter(active=True))
    return found.order_by("code", "figure")


def history_of(row) -> list:
    """How a rule or a schedule was before, the newest first."""
    return list(row.history.select_related("history_user").order_by("-history_id")[:50])
