"""verify finds each kind of broken row, and nothing in a hospital that is well."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from hims.verifying import verify
from tests import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    house = given.hospital()
    given.everybody_somewhere(house)
    return house


def broken(statement: str, parameters: list | None = None) -> None:
    """Do what only a fault or a forger could: change rows past every trigger and constraint."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")


def without(constraint: str, table: str) -> None:
    """Take a constraint away, so that a row can be wrong at all."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else this table still has pending checks
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def complaints() -> dict[str, str]:
    return {result.name: result.first_bad for result in verify() if result.first_bad}


def test_a_hospital_that_is_well_has_no_complaints_and_counts_what_was_looked_at(house):
    out = StringIO()
    call_command("verify", stdout=out)
    line = out.getvalue()
    assert line.startswith("All holds: ")
    assert line.count("\n") == 1
    counts = {result.name: result.count for result in verify()}
    assert counts["stays"] == 8
    assert counts["positions"] == 8
    assert counts["tag assignments"] > 0
    assert counts["audit entries"] > 0
    assert counts["references"] > 50


def test_every_kind_that_does_not_hold_is_named_and_the_command_fails(house):
    broken("UPDATE hims_auditentry SET door = ''")
    broken("UPDATE tracking_stay SET zone_id = 0")
    err = StringIO()
    with pytest.raises(CommandError, match=r"2 of \d+ kinds do not hold"):
        call_command("verify", stdout=StringIO(), stderr=err)
    audit, stay = err.getvalue().splitlines()
    assert audit.startswith("audit entries: audit entry ")
    assert stay.endswith("its zone does not exist")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("actor_id = 0", "its actor does not exist"),
        ("action = ''", "it names no action"),
        ("digest = 'short'", "its digest has 5 bytes, not 32"),
    ],
)
def test_an_audit_entry_that_says_too_little_is_found(house, change, word):
    broken(f"UPDATE hims_auditentry SET {change} WHERE id = (SELECT max(id) FROM hims_auditentry)")
    assert complaints()["audit entries"].endswith(word)


def test_a_disabled_trigger_is_found(house):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE hims_auditentry DISABLE TRIGGER hims_auditentry_keep")
    assert complaints() == {
        "append-only guards": "table hims_auditentry: nothing refuses DELETE and UPDATE"
    }


def test_a_right_that_the_application_should_not_have_is_found(house):
    with connection.cursor() as cursor:
        cursor.execute("GRANT DELETE ON tracking_scan TO hims_app")
    assert complaints()["append-only guards"].endswith("role hims_app holds the right DELETE")


def test_a_missing_constraint_is_found_and_so_are_the_overlaps_it_prevented(house):
    without("tag_one_bearer_at_a_time", "tracking_tagassignment")
    broken(
        "INSERT INTO tracking_tagassignment (tag_id, asset_id, period) SELECT tag_id, %s, period "
        "FROM tracking_tagassignment ORDER BY id LIMIT 1",
        [house.assets["P-5"].pk],
    )
    found = complaints()
    assert "tag_one_bearer_at_a_time is missing" in found["constraints"]
    assert "overlap" in found["tag assignments"]


def test_a_constraint_that_old_rows_never_met_is_found(house):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE hims_zone ADD CONSTRAINT later CHECK (id > 0) NOT VALID")
    assert complaints()["constraints"] == "table hims_zone: its constraint later was never checked"


def test_a_reference_into_nothing_is_found(house):
    broken("UPDATE tracking_position SET zone_id = 0 WHERE asset_id = %s", [house.assets["P-1"].pk])
    assert "zone_id 0 is not in hims_zone" in complaints()["references"]


def test_two_stays_of_one_bearer_at_one_time_are_found(house):
    now, pump = house.now, house.assets["P-1"]
    given.stayed(
        pump, house.zones["ST"], now - timedelta(hours=2, minutes=30), now - timedelta(hours=2)
    )
    assert "while an earlier stay lasts until" in complaints()["stays"]


def test_a_stay_that_begins_while_another_is_still_open_is_found(house):
    pump = house.assets["P-1"]
    given.stayed(
        pump, house.zones["W1"], house.now - timedelta(minutes=9), house.now - timedelta(minutes=2)
    )
    assert complaints()["stays"].endswith("lasts until now")


def test_stays_that_touch_are_no_overlap(house):
    pump, now = house.assets["P-2"], house.now
    given.stayed(pump, house.zones["ST"], now - timedelta(hours=3), now - timedelta(hours=2))
    given.stayed(pump, house.zones["COR"], now - timedelta(hours=2), now - timedelta(hours=1))
    given.staying(pump, house.zones["ED-1"], now - timedelta(hours=1))
    assert complaints() == {}


def test_a_stay_that_ends_before_it_begins_is_found(house):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracking_stay DROP CONSTRAINT stay_ends_after_its_start")
    broken("UPDATE tracking_stay SET started_at = ended_at + interval '1 s'")
    assert complaints()["stays"].endswith("it ends before it begins")


def test_a_position_on_another_floor_than_its_zone_is_found(house):
    broken(
        "UPDATE tracking_position SET floor_id = %s WHERE asset_id = %s",
        [house.floors["1"].pk, house.assets["P-1"].pk],
    )
    assert complaints()["positions"].endswith("its zone lies on another floor")


def test_a_candidate_zone_that_does_not_exist_is_found(house):
    broken("UPDATE tracking_position SET candidates = '[[0, 0.5]]'")
    assert complaints()["positions"].endswith("its candidate zone 0 does not exist")


def test_a_missing_file_is_found(house):
    broken("UPDATE hims_floor SET plan = 'plans/gone.png' WHERE code = 'G'")
    assert complaints()["uploaded files"].endswith("its file plans/gone.png is missing")


def test_since_leaves_out_what_happened_before(house):
    broken("UPDATE hims_auditentry SET door = ''")
    tomorrow = timezone.now() + timedelta(days=1)
    assert [r.first_bad for r in verify(tomorrow) if r.name == "audit entries"] == [None]


@pytest.mark.parametrize("words", ["yesterday", "2026-13-01", "2026-11-31T25:00"])
def test_a_time_that_is_none_is_refused(words):
    with pytest.raises(CommandError, match="is no date or time"):
        call_command("verify", since=words)
