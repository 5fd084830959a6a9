"""R20, ER throughput: visits that can be counted by hand, and any visits counted again by SQL."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from hims import gate
from hims.actions import encounters, rooms_by_people
from hims.actions.milestones import correct_milestone, say_milestone
from hims.domain.periods import Period
from hims.models import Encounter, Milestone, Patient
from hims.queries.actors import console
from hims.reporting.declared import report_of
from tests import given, given_flow
from tests.given_reports import made

from .recounting import cells_of, counted_again, few_examples, numbers, part, rounded, undone

pytestmark = pytest.mark.django_db
R20 = report_of("R20")
DAY = date(2026, 3, 2)
EIGHT = datetime(2026, 3, 2, 8, tzinfo=UTC)
MONTH = Period(date(2026, 3, 1), date(2026, 4, 1))
Kind = Milestone.Kind


def at(minutes):
    return EIGHT + timedelta(minutes=minutes)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house, EIGHT)


def says(house, visit, kind, minutes):
    say_milestone(actor=house.nurse, now=at(minutes), encounter=visit, kind=kind)


def leaves(house, visit, minutes, disposition):
    encounters.patient_left(
        actor=house.nurse, now=at(minutes), encounter=visit, disposition=disposition
    )


def decides(house, visit, minutes, disposition):
    encounters.set_disposition(
        actor=house.physician, now=at(minutes), encounter=visit, disposition=disposition
    )


def somebody(number, born=None):
    return Patient.objects.create(
        mrn=f"MRN-{number}", family="Someone", given=str(number), birth_date=born
    )


def a_day(house, flow):
    """Six visits: sent home in good time; left unseen after 90 minutes; admitted after five hours
    of boarding; observed for ten hours; sent home with nothing but the ends seen; still here,
    waiting for two hours."""
    good = given_flow.arrived(house, flow, at=at(0))
    encounters.triage(actor=house.nurse, now=at(5), encounter=good, acuity=3)
    rooms_by_people.occupy(
        actor=house.nurse, now=at(30), space=flow.spaces["ED-1-A"], encounter=good
    )
    says(house, good, Kind.PROVIDER, 40)
    decides(house, good, 100, "home")
    leaves(house, good, 120, "home")

    unseen = given_flow.arrived(house, flow, "MRN-777002", at=at(0))
    leaves(house, unseen, 90, "left-unseen")

    admitted = given_flow.arrived(house, flow, somebody(1, date(2010, 1, 1)), at=at(10))
    says(house, admitted, Kind.IN_ROOM, 70)  # exactly 60 minutes are no gap
    says(house, admitted, Kind.PROVIDER, 80)
    decides(house, admitted, 100, "admit")
    with gate.opened(gate.Act(name="test.given", actor=console(), now=at(400))):
        encounters.move_to(
            encounter=admitted,
            department=flow.departments["W1"],
            at=at(400),
            actor=console(),
            now=at(400),
            source="tap",
        )
    decides(house, admitted, 3000, "home")  # the ward sends home whom the ER admitted
    leaves(house, admitted, 3100, "home")

    observed = given_flow.arrived(house, flow, somebody(2, date(1980, 1, 1)), at=at(20))
    says(house, observed, Kind.IN_ROOM, 30)
    says(house, observed, Kind.PROVIDER, 40)
    decides(house, observed, 60, "observe")
    leaves(house, observed, 620, "")

    missed = given_flow.arrived(house, flow, somebody(3), at=at(30))
    leaves(house, missed, 90, "home")

    waiting = given_flow.arrived(house, flow, somebody(4), at=at(1000))
    by_mistake = given_flow.arrived(house, flow, somebody(5), at=at(0))
    encounters.cancel_visit(
        actor=house.nurse, now=at(3), encounter=by_mistake, reason="registered twice"
    )
    return good, unseen, admitted, observed, missed, waiting


def test_a_day_is_counted_as_a_hand_counts_it(house, flow):
    visits = a_day(house, flow)
    kept = made(R20, MONTH, house.manager, at(1120))
    told = numbers(kept)
    assert told["visits"].n == 6
    rows = {row["visit"]: row for row in cells_of(kept)}
    good, unseen, admitted, observed, missed, waiting = (rows[str(one.uid)] for one in visits)
    assert [one["gap"] for one in (good, unseen, admitted, observed, missed, waiting)] == [
        False, True, True, False, None, True,
    ]  # fmt: skip
    # Who is observed for ten hours is no gap of stay; two hours without a room are one already.
    assert (observed["gap_stay"], observed["counted"]) == (True, False)
    assert waiting["gap_room"] is True
    assert waiting["stay"] is None
    assert [one["first_gap"] for one in (unseen, admitted)] == [
        "later than 60 min in a room", "boarded over 240 min",
    ]  # fmt: skip
    assert part(told["ecat"]) == (3, 5, 1)
    assert told["ecat"].value == Decimal("60.0")
    assert part(told["op22"]) == (1, 5, 1)  # of who still waits nobody knows
    assert part(told["gap_boarding"]) == (1, 4, 1)
    assert told["op18"].value == Decimal(90)  # 120 and 60 minutes
    assert (told["ed1"].value, told["ed2"].value) == (Decimal(390), Decimal(300))
    assert (told["room_median"].value, told["room_p90"].value) == (Decimal(30), Decimal(60))
    assert told["room_median"].unknown == 3
    assert (missed["inferred"], good["inferred"]) == (True, False)
    assert [one["age"] for one in (good, admitted, missed)] == [
        "18 and over", "under 18", None,
    ]  # fmt: skip
    assert (told["mental_health"].n, told["mental_health"].unknown) == (0, 6)
    assert admitted["outcome"] == Encounter.Disposition.ADMIT.label

    # The day after, the one who waited is gone; a corrected time is the one that counts.
    leaves(house, visits[5], 1300, "home")
    room = visits[0].milestones.get(kind=Kind.IN_ROOM, stands=True)
    correct_milestone(
        actor=house.nurse, now=at(1400), milestone=room, at=at(61), reason="typed late"
    )
    later = made(R20, MONTH, house.manager, at(1500), department="ED", acuity="3")
    assert part(numbers(later)["ecat"]) == (1, 1, 0)
    assert [group[0] for group in later.groups] == [3]


@pytest.mark.parametrize("grouping", R20.groupings)
def test_a_department_without_visits_has_no_numbers_and_no_zero(house, flow, grouping):
    kept = made(
        R20, Period(date(2026, 3, 29), date(2026, 3, 30)), house.manager, EIGHT, grouping=grouping
    )
    told = numbers(kept)
    assert (told["ecat"].value, told["op18"].value) == (None, None)
    assert part(told["ecat"]) == (0, 0, 0)
    assert told["visits"].n == 0


SECONDS = st.one_of(
    st.none(), st.integers(0, 15 * 3600), st.sampled_from([3600, 3601, 14400, 14401, 28800, 28801])
)
VISIT = st.fixed_dictionaries(
    {
        "arrived": st.integers(-3600, 49 * 3600),
        "seen": st.fixed_dictionaries(
            dict.fromkeys(("in_room", "provider", "disposition", "bed_requested"), SECONDS)
        ),
        "left": SECONDS,
        "guessed": st.sampled_from(["", "", "", "in_room", "left"]),
        "to": st.sampled_from(["", "home", "admit", "observe", "left-unseen", "transfer"]),
        "moved": st.booleans(),
        "status": st.sampled_from(["in-progress", "finished", "finished", "cancelled"]),
        "acuity": st.sampled_from([None, 1, 3, 5]),
    }
)


def written(flow, patient, visits):
    """These visits as rows, without the house's rules."""
    for one in visits:
        began = EIGHT.replace(hour=0) + timedelta(seconds=one["arrived"])
        ended = began + timedelta(days=3)
        encounter = Encounter(
            patient=patient,
            department=flow.departments["W1" if one["moved"] else "ED"],
            visit_class="EMER",
            status=one["status"],
            started_at=began,
            ended_at=ended if one["status"] == "finished" else None,
            acuity=one["acuity"],
            disposition=one["to"],
        )
        Encounter.objects.bulk_create([encounter])
        said = {"arrival": 0, **one["seen"], "left": one["left"]}
        Milestone.objects.bulk_create(
            Milestone(
                encounter=encounter,
                kind=kind,
                at=began + timedelta(seconds=seconds),
                recorded_at=began,
                source="inferred" if kind == one["guessed"] else "tap",
                actor=console(),
                evidence={"department": "ED"}
                | ({"disposition": one["to"]} if kind == "disposition" and one["to"] else {}),
            )
            for kind, seconds in said.items()
            if seconds is not None
        )


AGAIN = """
SELECT count(*) AS visits,
  count(*) FILTER (WHERE sure) AS ecat, count(*) FILTER (WHERE sure OR NOT possible) AS of,
  count(*) FILTER (WHERE room) AS room,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM stay)::numeric)
    FILTER (WHERE went = 'home') AS op18,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM wait)::numeric)
    FILTER (WHERE went = 'admit') AS ed2,
  percentile_disc(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM door)::numeric) AS room_p90,
  count(*) FILTER (WHERE stay <= '4:00') AS in_4h,
  count(*) FILTER (WHERE stay > '4:00' OR stay IS NULL AND here AND %(now)s - a > '4:00') AS not_4h
FROM (
  SELECT *,
    room OR unseen IS TRUE OR (went IS DISTINCT FROM 'observe' AND (long IS TRUE OR boards)) AS sure,
    room IS NULL OR unseen IS NULL OR (went IS DISTINCT FROM 'observe' AND (long IS NULL
      OR (boards IS NULL AND (went IS NULL OR went = 'admit')))) OR coalesce(room, false)
      OR coalesce(unseen, false)
      OR (went IS DISTINCT FROM 'observe' AND (coalesce(long, false) OR coalesce(boards, false)))
      AS possible
  FROM (
    SELECT *,
      CASE WHEN t ? 'in_room' THEN door > '1:00'
        WHEN n ? 'in_room' OR t ? 'provider' OR (t ? 'disposition' AND went_first <> 'left-unseen')
          THEN NULL
        WHEN went = 'left-unseen' THEN stay > '1:00'
        ELSE nullif(here AND %(now)s - a > '1:00', false) END AS room,
      CASE WHEN went IS NULL AND NOT t ? 'provider' THEN NULL
        ELSE coalesce(went, '') = 'left-unseen' END AS unseen,
      coalesce(stay > '8:00', nullif(here AND %(now)s - a > '8:00', false)) AS long,
      CASE WHEN went = 'admit' THEN
        coalesce(wait > '4:00', nullif(here AND %(now)s - decided > '4:00', false)) END AS boards
    FROM (
      SELECT *,
        CASE WHEN l >= a THEN l - a END AS stay, CASE WHEN r >= a THEN r - a END AS door,
        CASE WHEN l >= decided THEN l - decided END AS wait
      FROM (
        SELECT *, (t ->> 'left')::timestamptz AS l, (t ->> 'in_room')::timestamptz AS r,
          CASE WHEN went = 'admit' AND went_first IN ('admit', 'observe', '-')
            THEN least((t ->> 'disposition')::timestamptz, (t ->> 'bed_requested')::timestamptz)
            WHEN went = 'admit' THEN (t ->> 'bed_requested')::timestamptz END AS decided
        FROM (
          SELECT e.started_at AS a, m.t, m.n, m.went_first,
            e.department_id = ed.id AND e.status = 'in-progress' AND NOT m.n ? 'left' AS here,
            CASE WHEN e.department_id = ed.id THEN nullif(e.disposition, '')
              WHEN m.went_first IN ('admit', 'observe') THEN m.went_first ELSE 'admit' END AS went
          FROM hims_encounter e, hims_department ed, LATERAL (
            SELECT coalesce(jsonb_object_agg(kind, at) FILTER (WHERE source <> 'inferred'), '{}') AS t,
              jsonb_object_agg(kind, at) AS n,
              coalesce(max(evidence ->> 'disposition'), '-') AS went_first
            FROM hims_milestone WHERE encounter_id = e.id
          ) AS m
          WHERE ed.code = 'ED' AND e.status <> 'cancelled'
            AND e.started_at BETWEEN '2026-03-02 00:00Z' AND '2026-03-03 23:59:59Z'
        ) AS one
      ) AS two
    ) AS three
  ) AS four
) AS five
"""  # noqa: E501


@few_examples
@examples(visits=st.lists(VISIT, max_size=12))
def test_any_visits_come_to_the_same_numbers_when_somebody_else_counts(house, flow, visits):
    now = EIGHT + timedelta(hours=45)
    with undone():
        written(flow, house.patients["MRN-777001"], visits)
        kept = made(R20, Period(DAY, date(2026, 3, 4)), house.manager, now)
        told = numbers(kept)
        again = counted_again(AGAIN, now=now)
        assert told["visits"].n == again["visits"]
        assert (told["ecat"].n, told["ecat"].whole) == (again["ecat"], again["of"])
        assert told["gap_room"].n == again["room"]
        assert (told["within_4h"].n, told["within_4h"].whole) == (
            again["in_4h"], again["in_4h"] + again["not_4h"],
        )  # fmt: skip
        for name in ("op18", "ed2", "room_p90"):
            assert told[name].value == rounded(again[name], scale=60), name
