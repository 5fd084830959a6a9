"""R21 and R21D, alerts and their burden: by hand, and any alerts counted again by SQL."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from hypothesis import given as examples
from hypothesis import strategies as st

from hims.actions.alerts.answering import acknowledge_alert, resolve_alert
from hims.actions.alerts.keeping import suppress
from hims.domain.periods import Period
from hims.models import Alert, BedAssignment, Encounter
from hims.queries.actors import console
from hims.reporting.declared import report_of
from tests import given, given_alerts, given_flow
from tests.given_alerts import HIGH, MEDIUM, NOON, raised
from tests.given_reports import made

from .recounting import cells_of, counted_again, few_examples, numbers, part, rounded, undone

pytestmark = pytest.mark.django_db
R21, R21D = report_of("R21"), report_of("R21D")
DAY = Period(date(2026, 3, 2), date(2026, 3, 3))
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def house():
    return given.hospital()


@pytest.fixture
def flow(house):
    return given_flow.a_department(house, MIDNIGHT)


def lies(house, flow, patient, space, begins, ends):
    """The patient lay in the space from one hour of the day to another, or still does."""
    encounter = Encounter.objects.create(
        patient=house.patients[patient],
        department=flow.spaces[space].department,
        visit_class="IMP",
        started_at=MIDNIGHT,
    )
    upper = None if ends is None else MIDNIGHT + timedelta(hours=ends)
    BedAssignment.objects.create(
        encounter=encounter,
        patient=encounter.patient,
        bed_space=flow.spaces[space],
        status="completed" if ends else "active",
        period=DateTimeTZRange(MIDNIGHT + timedelta(hours=begins), upper),
        assigned_by=console(),
    )


def a_noon(house, flow):
    """Four alerts: one taken after a minute and acted on, one taken after three minutes and worth
    nothing, one that climbed and is not taken, one of no department that ended by itself. A fifth
    is held back."""
    nurse = given_alerts.on_shift(flow.ed, "nurse")
    at = given_alerts.at
    good = raised(subject="one", group_key="1", department=flow.ed)
    vain = raised(subject="two", group_key="2", department=flow.ed)
    acknowledge_alert(actor=nurse, now=at(50), alert=good)
    resolve_alert(actor=nurse, now=at(600), alert=good, acted_on=True)
    resolve_alert(actor=nurse, now=at(58), alert=vain, acted_on=False)
    raised(subject="three", group_key="3", department=flow.ed, now=at(700))
    given_alerts.clock_comes(770)
    raised(MEDIUM, "four", group_key="4", now=at(800))
    given_alerts.cleared(MEDIUM, "four", group_key="4", now=at(900))
    given_alerts.clock_comes(1100)
    rule = given_alerts.rule_of(HIGH)
    suppress(
        actor=house.manager, now=at(1200), rule=rule, until=at(4000), reason="works on the roof"
    )
    raised(subject="five", group_key="5", department=flow.ed, now=at(1300))


def test_alerts_are_counted_as_a_hand_counts_them(house, flow):
    a_noon(house, flow)
    now = given_alerts.at(1400)
    kept = made(R21, DAY, house.manager, now)
    told = numbers(kept)
    assert told["alerts"].n == 4
    assert part(told["acted_on"]) == (1, 2, 2)
    assert part(told["answered"]) == (2, 3, 1)
    assert (told["answered_after"].value, told["answered_p90"].value) == (
        Decimal("0.9"), Decimal("1.0"),
    )  # fmt: skip
    assert told["answered_after"].unknown == 0
    assert part(told["escalated"]) == (1, 4, 0)
    assert told["people"].n >= 3
    assert [row["end"] for row in cells_of(kept)] == [
        "acted on", "nothing to do", "not over yet", "nobody said",
    ]  # fmt: skip
    only = numbers(made(R21, DAY, house.manager, now, rule=MEDIUM))
    assert (only["alerts"].n, only["acted_on"].value) == (1, None)


def test_the_burden_is_alerts_for_the_time_that_patients_lay_there(house, flow):
    a_noon(house, flow)
    lies(house, flow, "MRN-777001", "ED-1-A", 6, 18)
    lies(house, flow, "MRN-777002", "ED-1-B", -3, 6)
    told = numbers(made(R21D, DAY, house.manager, NOON + timedelta(days=2)))
    # Three in the department, where patients lay for eighteen hours; one of no department.
    assert (told["burden"].value, told["burden"].whole) == (Decimal("4.00"), Decimal("0.75"))
    assert told["burden"].unknown == 1
    assert (told["alerts"].n, told["held_back"].n) == (4, 1)
    assert told["patient_days"].value == Decimal("0.8")
    noon = made(R21D, DAY, house.manager, NOON, department="ED")
    (row,) = cells_of(noon)
    assert row["patient_days"] == "0.5000"
    nobody = numbers(made(R21D, DAY, house.manager, NOON, department="W1"))
    assert nobody["burden"].value is None


ALERT = st.fixed_dictionaries(
    {
        "raised": st.one_of(st.none(), st.integers(-60, 3000)),
        "answered": st.one_of(st.none(), st.integers(0, 5000)),
        "level": st.integers(0, 3),
        "acted_on": st.sampled_from([None, True, False]),
        "status": st.sampled_from(["raised", "resolved"]),
        "department": st.sampled_from([None, "ED", "W1"]),
        "rule": st.sampled_from([HIGH, MEDIUM]),
    }
)
STAY = st.tuples(st.integers(-5, 40), st.integers(1, 30))
AGAIN = """
SELECT count(*) AS alerts, sum(CASE WHEN acted_on THEN 1 END) AS acted,
  sum((level <> 0)::int) AS climbed,
  sum((acknowledged_at IS NULL AND status = 'resolved')::int) AS never,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY acknowledged_at - raised_at) AS after,
  sum((department_id IS NOT NULL)::int) AS placed,
  (SELECT sum(extract(epoch FROM least(upper(period), '2026-03-03 00:00Z', %(now)s)
                                 - greatest(lower(period), '2026-03-02 00:00Z')))
   FROM hims_bedassignment WHERE lower(period) < least('2026-03-03 00:00Z', %(now)s)
     AND upper(period) > '2026-03-02 00:00Z') AS lain
FROM hims_alert
WHERE (raised_at AT TIME ZONE 'UTC')::date = '2026-03-02'
"""


@few_examples
@examples(alerts=st.lists(ALERT, max_size=10), stay=STAY, hour=st.integers(1, 40))
def test_any_alerts_come_to_the_same_numbers_when_somebody_else_counts(
    house, flow, alerts, stay, hour
):
    now = MIDNIGHT + timedelta(hours=hour)
    with undone():
        for number, one in enumerate(alerts):
            began = MIDNIGHT + timedelta(minutes=one["raised"] or 0)
            answered = one["answered"] if one["raised"] is not None else None
            Alert.objects.create(
                rule=given_alerts.rule_of(one["rule"]),
                group_key=str(number),
                priority="high" if one["rule"] == HIGH else "medium",
                status=one["status"],
                title="Something",
                department=flow.departments.get(one["department"]),
                owner_role="nurse",
                level=one["level"],
                begun_at=began,
                raised_at=None if one["raised"] is None else began,
                acknowledged_at=None if answered is None else began + timedelta(seconds=answered),
                resolved_at=began + timedelta(days=1) if one["status"] == "resolved" else None,
                acted_on=one["acted_on"],
            )
        lies(house, flow, "MRN-777001", "ED-1-A", stay[0], stay[0] + stay[1])
        again = counted_again(AGAIN, now=now)
        told = numbers(made(R21, DAY, house.manager, now))
        assert told["alerts"].n == again["alerts"]
        assert told["acted_on"].n == (again["acted"] or 0)
        assert told["escalated"].n == (again["climbed"] or 0)
        assert told["answered"].whole - told["answered"].n == (again["never"] or 0)
        after = again["after"] and again["after"].total_seconds()
        assert told["answered_after"].value == rounded(after, 1, 60)
        burden = numbers(made(R21D, DAY, house.manager, now))
        assert burden["burden"].n == (again["placed"] or 0)
        assert burden["patient_days"].n == rounded(again["lain"] or 0, 4, 86400)
