"""A worker that is killed in the middle of a report: nothing is left half made, and the next one
makes the report, once."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hims.actions.reports.asking import ask
from hims.domain.periods import Period
from hims.models import ReportEdition, ReportProgress, ReportRow
from hims.reporting.declared import report_of
from tests import given
from tests.given_flow import a_department, arrived
from tests.programs import end, program, until

pytestmark = [
    pytest.mark.proof,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]

WAITS = """
SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE c.relname = 'hims_milestone' AND NOT l.granted
"""


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITS)
        return cursor.fetchone()[0]


def test_a_killed_worker_leaves_nothing_half_made_and_the_next_one_makes_it(tmp_path):
    house = given.hospital()
    flow = a_department(house)
    arrived(house, flow)
    today = timezone.localdate(house.now)
    edition = ask(
        actor=house.manager,
        now=timezone.now(),
        report=report_of("R20"),
        period=Period(date(today.year, today.month, 1), today + timedelta(days=1)),
    )
    log = tmp_path / "worker.log"
    with program(["manage.py", "worker"], log) as worker, transaction.atomic():
        # The report waits for a table that the test holds: so it is killed in its middle.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE hims_milestone IN ACCESS EXCLUSIVE MODE")
        until(waiting, 60, log)
        end(worker)
    edition.refresh_from_db()
    assert edition.status == ReportEdition.Status.QUEUED
    assert not ReportRow.objects.exists()

    # The clock comes by for what nobody has made for a minute; here the minute is over.
    long_ago = timezone.now() - timedelta(minutes=2)
    ReportProgress.objects.filter(edition=edition).update(beat_at=long_ago)
    with program(["manage.py", "worker"], log), program(["manage.py", "clock"], log):
        until(lambda: ReportEdition.objects.filter(pk=edition.pk, status="done").exists(), 90, log)
    edition.refresh_from_db()
    assert edition.row_count == ReportRow.objects.filter(edition=edition).count() == 1
    assert ReportEdition.objects.count() == 1
