"""Data that came in after signing gives a restated version, with the differences listed."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from hims.actions.reports.asking import ask
from hims.actions.reports.restating import KEPT, check_again
from hims.domain.periods import Period
from hims.errors import Refused
from hims.models import ReportEdition, ReportSignature
from hims.queries.actors import clock
from hims.queries.report_schedules import unchecked
from hims.reporting import declared as registry
from hims.reporting.making import make
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
MENDED = re.sub(r"\('desk'.*?\)", "('desk', 'kitchen', false, 3, 'tube')", LAMPS.sql)
MENDED = MENDED.replace(
    "('stove', 'kitchen', false, 5, 'glow')", "('new', 'hall', true, 1, 'glow')"
)
FOUND_LATER = replace(LAMPS, sql=MENDED)
MANY = replace(
    LAMPS,
    sql="SELECT 'lamp ' || n, 'hall', true, 1, 'glow',"
    " (%(begins)s AT TIME ZONE %(zone)s)::date AS day FROM generate_series(1, 500) n ORDER BY n",
)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def signed(house):
    with declared(LAMPS):
        edition = ask(actor=house.manager, now=house.now, report=LAMPS, period=OCTOBER)
        make(edition.pk, house.now)
        sign(house, edition)
        yield edition


def sign(house, edition):
    edition.refresh_from_db()
    ReportSignature.objects.create(
        edition=edition,
        actor=house.manager,
        name=house.manager.name,
        role="manager",
        meaning="approved",
        at=house.now,
        sha256=edition.sha256,
    )


def checked(house, edition, **more) -> ReportEdition:
    check = check_again(actor=house.manager, now=house.now, edition=edition, **more)
    return make(check.pk, house.now)


def found_since(report):
    registry._reports[report.code] = report  # until `declared` takes it back


def test_where_nothing_came_in_the_check_says_so_and_only_the_last_one_is_kept(house, signed):
    first = checked(house, signed)
    assert first.differences == {"rows": 0}
    assert (first.restates, first.sha256) == (signed, signed.sha256)
    second = checked(house, signed)
    assert list(signed.restated_by.all()) == [second]


def test_rows_added_gone_and_changed_and_the_figures_are_listed(house, signed):
    found_since(FOUND_LATER)
    restated = checked(house, signed)
    told = restated.differences
    assert {name: told[name] for name in ("rows", "added", "gone", "changed")} == {
        "rows": 3,
        "added": 1,
        "gone": 1,
        "changed": 1,
    }
    by_what = {row["what"]: row for row in told["kept"]}
    assert by_what["added"]["key"] == ["new"]
    assert (by_what["added"]["before"], by_what["added"]["after"][3]) == (None, 1)
    assert by_what["gone"]["key"] == ["stove"]
    assert (by_what["changed"]["key"], by_what["changed"]["columns"]) == (["desk"], ["burns"])
    figures = {
        one["figure"]: (one["before"]["value"], one["after"]["value"]) for one in told["figures"]
    }
    assert figures["hours"] == ("15", "11")
    assert "lamps" not in figures, "there are as many as before"
    signed.refresh_from_db()
    assert signed.row_count == 6, "what was signed stays as it was"


def test_many_differences_are_all_counted_and_the_first_are_kept(house, signed):
    found_since(MANY)
    told = checked(house, signed).differences
    assert (told["added"], told["gone"], told["changed"]) == (500, 6, 0)
    assert len(told["kept"]) == KEPT


def test_only_what_was_signed_and_is_counted_as_then_can_be_checked(house, signed):
    with pytest.raises(Refused, match="Nobody has signed"):
        checked(house, checked(house, signed))
    found_since(replace(LAMPS, version=2))
    with pytest.raises(Refused, match="another way"):
        checked(house, signed)


def test_the_clock_checks_once_a_day_for_five_weeks_until_a_restated_one_waits(house, signed):
    def due(**later):
        return unchecked(house.now + timedelta(**later), at_most=5)

    assert not due(hours=1), "it was signed just now"
    assert due(days=1) == [signed]
    tomorrow = house.now + timedelta(days=1)
    make(check_again(actor=clock(), now=tomorrow, edition=signed).pk, tomorrow)
    assert not due(days=1, minutes=5)
    assert due(days=2) == [signed]
    assert not due(days=36)
    found_since(FOUND_LATER)
    restated = checked(house, signed)
    assert not due(days=3), "the restated one waits for a signature"
    sign(house, restated)
    assert due(days=3) == [restated], "from now on that one is checked"
