"""R17, access audit: who had to do with the patient at that moment, and who had not."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.action import look
from hims.actions.glass import break_glass, end_glass, review_glass
from hims.domain.periods import Period
from hims.models import AuditEntry, CareRelationship, Patient, Staff
from hims.queries.actors import console
from hims.reporting.declared import report_of
from tests import given, given_flow
from tests.given_reports import made

from .recounting import cells_of, counted_again, few_examples, numbers, part, undone

pytestmark = pytest.mark.django_db
R17 = report_of("R17")
EIGHT = datetime(2026, 3, 3, 8, tzinfo=UTC)
WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))
OAKHURST, YARBOROUGH = "MRN-777001", "MRN-777002"


def at(hours):
    return EIGHT + timedelta(hours=hours)


@pytest.fixture
def house():
    return given.hospital()


def looks(house, who, mrn, hours, what="patient.look"):
    look(viewer=who, now=at(hours), what=what, things=[house.patients[mrn]])


def rows(house, now=None, **filters):
    """The rows of the week by (role or name, record number, action)."""
    kept = made(R17, WEEK, house.privacy_officer, now or at(100), **filters)
    return kept, {(row["roles"], row["mrn"], row["action"]): row for row in cells_of(kept)}


def test_who_is_on_shift_where_the_patient_is_has_to_do_with_them_and_others_have_not(house):
    flow = given_flow.a_department(house, EIGHT)
    given_flow.on_shift(house.nurse, flow.ed, at(0), at(8))
    given_flow.on_shift(house.charge_nurse, flow.departments["W1"], at(0), at(8))
    given_flow.arrived(house, flow, OAKHURST, at=at(1))
    for hours in (2, 3, 3.5):
        looks(house, house.nurse, OAKHURST, hours)
    looks(house, house.nurse, YARBOROUGH, 2)
    looks(house, house.charge_nurse, OAKHURST, 2)
    looks(house, house.charge_nurse, OAKHURST, 9)  # after the shift
    looks(house, house.pharmacist, OAKHURST, 2)
    looks(house, house.physician, OAKHURST, 4)
    CareRelationship.objects.create(
        patient=house.patients[OAKHURST],
        actor=house.physician,
        basis="wristband",
        begun_at=at(3.9),
        ends_at=at(5),
    )
    kept, found = rows(house)
    here, elsewhere = (
        found["nurse", OAKHURST, "patient.look"],
        found["nurse", YARBOROUGH, "patient.look"],
    )
    assert (here["times"], here["unrelated"], here["off_shift"]) == (3, False, False)
    assert elsewhere["unrelated"] is True
    ward = found["charge nurse", OAKHURST, "patient.look"]
    assert (ward["unrelated"], ward["off_shift"], ward["times"]) == (True, True, 2)
    # Whom a pharmacist dispenses for this floor does not know; without any shift nobody is late.
    druggist = found["pharmacist", OAKHURST, "patient.look"]
    assert (druggist["unrelated"], druggist["off_shift"]) == (None, None)
    assert found["physician", OAKHURST, "patient.look"]["unrelated"] is False
    told = numbers(kept)
    assert part(told["unrelated"]) == (2, 5, 1)  # the visit's registration is a row too
    assert told["unrelated"].value == Decimal("40.0")
    assert (told["times"].n, told["public"].unknown) == (9, told["rows"].n)
    _kept, only = rows(house, role="physician")
    assert [key[0] for key in only] == ["physician"]


def test_a_broken_glass_is_apart_and_must_be_reviewed_within_a_week(house):
    one = break_glass(
        actor=house.nurse,
        now=at(0),
        patient=house.patients[OAKHURST],
        why="emergency",
        text="unconscious in the corridor",
    )
    looks(house, house.nurse, OAKHURST, 0.5)
    end_glass(actor=house.nurse, now=at(0.6), glass=one)
    looks(house, house.nurse, OAKHURST, 0.9)
    kept, found = rows(house)
    assert found["nurse", OAKHURST, "glass.break"]["by_glass"] is True
    seen = found["nurse", OAKHURST, "patient.look"]
    assert (seen["by_glass"], seen["unrelated"], seen["times"]) == (True, True, 2)
    told = numbers(kept)
    assert (told["glass_broken"].n, part(told["reviewed"])) == (1, (0, 0, 1))
    assert part(numbers(rows(house, at(24 * 8))[0])["reviewed"]) == (0, 1, 0)
    review_glass(
        actor=house.privacy_officer, now=at(48), glass=one, verdict="justified", text="was so"
    )
    kept, found = rows(house)
    assert part(numbers(kept)["reviewed"]) == (1, 1, 0)
    row = found["nurse", OAKHURST, "glass.break"]
    assert (row["reviewer"], row["verdict"]) == (house.privacy_officer.name, "justified")


def test_the_same_name_is_said_and_a_stand_in_name_says_nothing(house):
    Staff.objects.filter(actor=house.nurse).update(name="Berta van OAKHURST")
    Staff.objects.filter(actor=house.physician).update(name="Zebulon Oakhurst")
    Patient.objects.filter(mrn=YARBOROUGH).update(identified=False, family="Oakhurst")
    for who in (house.nurse, house.physician, house.receptionist):
        looks(house, who, OAKHURST, 1)
    looks(house, house.nurse, YARBOROUGH, 1)
    kept, found = rows(house)
    said = {key: (row["same_family"], row["same_name"]) for key, row in found.items()}
    assert said == {
        ("nurse", OAKHURST, "patient.look"): (True, False),
        ("physician", OAKHURST, "patient.look"): (True, True),
        ("receptionist", OAKHURST, "patient.look"): (False, False),
        ("nurse", YARBOROUGH, "patient.look"): (None, None),
    }
    assert (numbers(kept)["same_family"].n, numbers(kept)["same_family"].unknown) == (2, 1)


ACCESS = st.fixed_dictionaries(
    {
        "hours": st.integers(-40, 200),
        "who": st.sampled_from(["nurse", "physician", "pharmacist"]),
        "whom": st.sampled_from([(OAKHURST,), (YARBOROUGH,), (OAKHURST, YARBOROUGH), ()]),
        "what": st.sampled_from(["patient.look", "board.look", "patient.register"]),
    }
)
CARE = st.tuples(
    st.sampled_from(["nurse", "physician"]),
    st.sampled_from([OAKHURST, YARBOROUGH]),
    st.integers(-40, 200),
    st.integers(1, 60),
)
AGAIN = """
SELECT count(*) AS rows, coalesce(sum(times), 0)::int AS times,
  coalesce(sum((without > 0)::int), 0) AS unrelated,
  coalesce(sum((without = 0 AND unsure > 0)::int), 0) AS unsure
FROM (
  SELECT count(*) AS times,
    count(*) FILTER (WHERE NOT cared AND e.action <> 'patient.register'
      AND NOT 'pharmacist' = ANY (roles)) AS without,
    count(*) FILTER (WHERE NOT cared AND e.action <> 'patient.register'
      AND 'pharmacist' = ANY (roles)) AS unsure
  FROM hims_patient p
  JOIN hims_auditentry e ON 'patient:' || p.uid = ANY (e.objects_named)
  JOIN hims_actor a ON a.id = e.actor_id,
  LATERAL (SELECT EXISTS (SELECT FROM hims_carerelationship c
    WHERE c.actor_id = a.id AND c.patient_id = p.id AND c.begun_at <= e.at AND c.ends_at > e.at
  ) AS cared) AS c
  WHERE e.at >= '2026-03-02 00:00Z' AND e.at < '2026-03-09 00:00Z'
  GROUP BY a.id, p.id, e.action, (e.at AT TIME ZONE 'UTC')::date
) AS by_day
"""


@few_examples
@examples(accesses=st.lists(ACCESS, max_size=12), care=st.lists(CARE, max_size=4))
def test_any_accesses_come_to_the_same_numbers_when_somebody_else_counts(house, accesses, care):
    with undone():
        AuditEntry.objects.bulk_create(
            AuditEntry(
                at=at(one["hours"]),
                actor=getattr(house, one["who"]),
                action=one["what"],
                objects_named=[
                    "staff:1",
                    *(f"patient:{house.patients[mrn].uid}" for mrn in one["whom"]),
                ],
                door="web",
                digest=b"",
            )
            for one in accesses
        )
        CareRelationship.objects.bulk_create(
            CareRelationship(
                actor=getattr(house, who),
                patient=house.patients[mrn],
                basis="wristband",
                begun_at=at(begins),
                ends_at=at(begins + hours),
            )
            for who, mrn, begins, hours in care
        )
        told = numbers(made(R17, WEEK, house.privacy_officer, at(300)))
        again = counted_again(AGAIN)
        assert (told["rows"].n, told["times"].n) == (again["rows"], again["times"])
        assert told["unrelated"].n == again["unrelated"]
        assert told["unrelated"].unknown == again["unsure"]


def test_nobody_but_the_privacy_officer_may_have_it_made(house):
    assert not house.manager.may(R17.permission)
    assert house.privacy_officer.may(R17.permission)
    assert console().may(R17.permission)
