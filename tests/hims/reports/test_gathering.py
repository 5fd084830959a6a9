"""A report is made once, from one snapshot, and its numbers are those of its rows."""

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections, transaction

from hims.actions.reports import gathering
from hims.actions.reports.asking import ask, cancel
from hims.actions.reports.gathering import CalledOff, gather
from hims.domain.figures import told
from hims.domain.periods import Period
from hims.errors import Forbidden, Invalid
from hims.models import Building, ReportEdition, ReportProgress, ReportRow
from hims.queries.editions import Kept, Only
from hims.reporting import wording
from hims.reporting.cells import Digest
from hims.reporting.making import make
from tests import given
from tests.given_reports import LAMPS, declared

pytestmark = pytest.mark.django_db
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture(autouse=True)
def lamps():
    with declared(LAMPS):
        yield


def made(house, **more):
    edition = ask(actor=house.manager, now=house.now, report=LAMPS, period=OCTOBER, **more)
    return make(edition.pk, house.now)


def test_the_numbers_and_the_rows_are_kept_and_never_change(house):
    edition = made(house)
    assert edition.status == "done"
    assert edition.row_count == 6
    found = {name: told(kept) for name, kept in edition.figures.items()}
    # Six lamps: four burn, one does not, of one nobody knows.
    assert (found["burning"].value, found["burning"].n, found["burning"].whole) == (
        Decimal("80.0"), 4, 5,
    )  # fmt: skip
    assert found["burning"].unknown == 1
    assert found["hours"].value == Decimal(15)
    assert found["half"].value == Decimal("3.0")
    assert [group["key"] for group in edition.groups] == ["hall", "kitchen", None]
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportEdition.objects.filter(pk=edition.pk).update(row_count=7)
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportRow.objects.create(edition=edition, position=7, cells=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        ReportRow.objects.filter(edition=edition).update(cells=[])


def test_the_digest_is_that_of_the_file_of_rows(house):
    kept = Kept(made(house))
    digest = Digest(LAMPS.columns)
    digest.add(kept.cells())
    said = digest.take()
    assert hashlib.sha256(said).hexdigest() == kept.edition.sha256
    assert b"'=1+1,hall,yes," in said  # what a spreadsheet would take for a formula


def test_each_number_leads_to_its_rows_and_rows_are_sorted_by_what_they_hold(house):
    kept = Kept(made(house))
    assert kept.rows(only=[Only("burns", True)]).count() == 4
    assert kept.rows(only=[Only("burns", None)]).count() == 1
    assert kept.rows(only=[Only("burns", True), Only("room", "hall")]).count() == 2
    hours = [row.cells[3] for row in kept.rows(order="hours", backwards=True)]
    assert hours == [5, 4, 3, 2, 1, None]


def test_a_report_asks_for_what_it_needs(house):
    with pytest.raises(Forbidden):
        ask(actor=house.porter, now=house.now, report=LAMPS, period=OCTOBER)
    with pytest.raises(Invalid, match="none of the choices"):
        made(house, filters={"room": "cellar"})
    with pytest.raises(Invalid, match="no filter"):
        made(house, filters={"colour": "red"})
    assert made(house, filters={"room": "hall"}).row_count == 2


def test_one_that_was_called_off_leaves_nothing(house):
    edition = ask(actor=house.manager, now=house.now, report=LAMPS, period=OCTOBER)
    assert cancel(actor=house.manager, now=house.now, edition=edition).status == "cancelled"
    assert make(edition.pk, house.now) is None
    assert not ReportRow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_is_being_made_stops_when_it_is_called_off(house):
    edition = ask(actor=house.manager, now=house.now, report=LAMPS, period=OCTOBER)
    ReportProgress.objects.filter(edition=edition).update(cancel_asked=True)
    with pytest.raises(CalledOff):
        gather(actor=house.manager, now=house.now, edition=edition)
    assert not ReportRow.objects.exists()
    assert make(edition.pk, house.now).status == "cancelled"


def test_what_stands_about_a_report_is_said_in_words(house):
    kept = Kept(made(house, filters={"room": "hall"}))
    said = dict(wording.about(kept))
    assert said["Filters"] == "Room: Hall"
    assert said["Rows"] == "2"
    assert said["SHA-256 of the rows"] == kept.edition.sha256
    line = kept.lines[0]
    assert wording.figure_text(line.figure, line.told) == "100.0 %"
    assert wording.counted_text(LAMPS, line.figure, line.told) == "2 of 2"


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_a_report_is_made_is_not_in_it(house, monkeypatch):
    sql = "SELECT name, NULL, NULL, NULL, NULL, NULL FROM hims_building ORDER BY id"
    report = replace(LAMPS, code="HOUSES", slug="houses", sql=sql, filters=[], charts=[])
    before = Building.objects.count()
    beside = connections.create_connection("default")

    def builds(*_asked):
        with beside.cursor() as cursor:
            cursor.execute(
                "INSERT INTO hims_building (uid, code, name)"
                " SELECT gen_random_uuid(), 'N' || count(*), 'new' FROM hims_building"
            )
        return False

    monkeypatch.setattr(gathering, "AT_ONCE", 1)
    monkeypatch.setattr(gathering, "_beat", builds)
    with declared(report):
        edition = ask(actor=house.manager, now=house.now, report=report, period=OCTOBER)
        gather(actor=house.manager, now=house.now, edition=edition)
        beside.close()
        edition.refresh_from_db()
    assert Building.objects.count() > before
    assert edition.row_count == edition.rows.count() == edition.figures["lamps"]["n"] == before
