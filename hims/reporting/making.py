"""A report that was asked for is made: by the page that waits for it, or by the worker."""

import logging
from datetime import datetime

from django.utils import timezone

from hims.actions.reports.gathering import CalledOff, gather, settle
from hims.actions.sealing import seal
from hims.errors import NotFound
from hims.models import ReportEdition
from hims.queries.actors import clock
from hims.queries.seals import awaits_a_seal

log = logging.getLogger(__name__)


def make(edition: int, now: datetime) -> ReportEdition | None:
    """Make a queued edition as whoever asked for it; None if there is nothing (more) to do.

    The trail is sealed first, so that the seal which the report names covers what was done until
    then. A report that fails is tried again by the clock, three times in all; then it says why.
    """
    row = ReportEdition.objects.select_related("asked_by").filter(pk=edition).first()
    if row is None or row.status != ReportEdition.Status.QUEUED:
        return None
    if awaits_a_seal():
        seal(actor=clock(), now=now)
    try:
        return gather(actor=row.asked_by, now=now, edition=row)
    except NotFound:
        return None
    except CalledOff:
        return settle(actor=row.asked_by, now=timezone.now(), edition=row)
    except Exception as error:
        log.exception("report %s could not be made", row.code)
        return settle(
            actor=row.asked_by, now=timezone.now(), edition=row, error=type(error).__name__
        )
