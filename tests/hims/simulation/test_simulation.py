"""The simulated department: nobody is lost, chance is shared, and its figures can be trusted."""

from dataclasses import replace
from math import exp

import numpy as np
import pytest

pytest.importorskip("simpy", reason="the simulation needs simpy: pip install 'hims[simulation]'")

from hims.domain.rooms import State
from hims.simulation import department as departments
from hims.simulation import measures, queueing
from hims.simulation.arrivals import people
from hims.simulation.department import Broken, Department
from hims.simulation.parameters import DESCRIBED, Scenario, table

SMALL = replace(Scenario(), days=3, warm_up_days=1)


def ran(scenario: Scenario, seed: int = 1) -> Department:
    department = Department(scenario, people(scenario, seed))
    department.run()
    return department


def test_everybody_who_comes_leaves_and_every_room_is_ready_in_the_end():
    department = ran(replace(SMALL, arrivals_per_day=150.0))
    assert all(one.left_at is not None for one in department.people)
    assert any(one.unseen for one in department.people)
    assert {bed.state for bed in department.beds.values()} == {State.READY}
    seen = [one for one in department.people if not one.unseen]
    assert all(
        one.at <= one.triaged_at <= one.in_room_at <= one.provider_at <= one.disposition_at
        for one in seen
    )
    assert len(department.turns.turned) == len(seen)


def test_a_lost_patient_ends_the_run():
    department = Department(SMALL, people(SMALL, 1))
    department._gives_up = lambda person: department.queue.pop(person.number, None)
    department.people[5].patience = 0.0
    department.ready.clear()  # so that the queue is not empty and somebody loses patience
    with pytest.raises(Broken, match="are here"):
        department.run()


def test_what_the_rules_refuse_ends_the_run():
    department = Department(SMALL, people(SMALL, 1))
    department.ready["ED-01"] = department.spaces["ED-01"]
    department.beds["ED-01"] = replace(department.beds["ED-01"], state=State.DIRTY)
    with pytest.raises(Broken, match="refused"):
        department.run()


def test_no_room_has_two_patients_at_once(monkeypatch):
    held: dict[str, int] = {}
    happens = Department._happens

    def watched(self, name, what, source, **more):
        done = happens(self, name, what, source, **more)
        if done.after.state is State.OCCUPIED:
            assert held.get(name, done.after.patient) == done.after.patient
            held[name] = done.after.patient
        elif done.after.state is State.DIRTY:
            held.pop(name)
        return done

    monkeypatch.setattr(departments.Department, "_happens", watched)
    ran(SMALL)
    assert held == {}


def test_two_scenarios_meet_the_same_people_with_the_same_luck():
    one = people(SMALL, 4)
    other = people(replace(SMALL, told_cleaner=1.0, plain_rooms=3, alerts=True), 4)
    assert [(p.at, p.acuity, p.work_up, p.cleaning) for p in one] == [
        (p.at, p.acuity, p.work_up, p.cleaning) for p in other
    ]
    scaled = people(replace(SMALL, told_cleaner=1.0), 4)
    assert np.allclose([p.told_cleaner for p in scaled], [p.told_cleaner / 10 for p in one])
    assert [p.at for p in people(SMALL, 5)] != [p.at for p in one]


def test_equal_delays_change_nothing_at_all():
    by_mouth = replace(SMALL, adopted=0.0)
    same = measures.same_delays(by_mouth)
    assert measures.run(same, 2) == measures.run(by_mouth, 2)
    quicker = replace(same, told_cleaner=1.0, told_nurse=1.0)
    assert measures.run(quicker, 2).turned < measures.run(same, 2).turned - 15


def test_missed_events_and_partial_use_fall_back_on_word_of_mouth():
    quick = replace(SMALL, told_cleaner=0.0, told_nurse=0.0)
    none_heard = measures.run(replace(quick, missed=1.0), 3)
    assert none_heard.told_cleaner == pytest.approx(10, rel=0.15)
    assert none_heard.told_nurse == 0
    unused = measures.run(replace(quick, adopted=0.0), 3)
    assert unused.told_nurse == pytest.approx(10, rel=0.15)


def test_an_alert_cuts_the_longest_silence_and_an_ignored_one_does_not():
    forgotten = replace(SMALL, usual_told=60.0, adopted=0.0, ignored_alerts=0.0)
    told = [
        measures.run(one, 6).told_cleaner
        for one in (
            forgotten,
            replace(forgotten, alerts=True),
            replace(forgotten, alerts=True, ignored_alerts=1.0),
        )
    ]
    assert told[1] < told[0] - 20
    assert told[2] == told[0]


def test_arrivals_follow_the_hours():
    scenario = replace(SMALL, days=200, arrivals_per_day=48.0)
    at = np.array([one.at for one in people(scenario, 7)])
    assert len(at) / 200 == pytest.approx(48, rel=0.05)
    hours = np.bincount((at // 60 % 24).astype(int), minlength=24)
    assert hours[11] / hours[4] == pytest.approx(1.42 / 0.37, rel=0.25)
    waits = np.diff(at[(at // 60 % 24).astype(int) == 12])
    assert (waits[waits < 60] > 30).mean() < exp(-30 * 48 * 1.42 / 1440) * 2


def test_erlangs_formula_and_the_engine_agree():
    # 2 servers, offered load 1: Erlang C = 1/3, wait = 1/3 x service / (2 - 1)
    assert queueing.mean_wait(servers=2, arrivals_per_min=0.1, service_min=10) == pytest.approx(
        10 / 3
    )
    with pytest.raises(ValueError, match="more work"):
        queueing.mean_wait(servers=2, arrivals_per_min=0.2, service_min=10)
    found = queueing.against_erlang(
        servers=3, arrivals_per_min=0.04, service_min=50.0, days=30, seeds=range(8)
    )
    assert found.simulated_low <= found.formula <= found.simulated_high
    assert found.simulated_high - found.simulated_low < found.formula


def test_intervals_are_students():
    found = measures.interval([1.0, 2.0, 3.0, 4.0, 5.0])  # sd 1.5811, t(4) = 2.776
    assert found.mean == 3
    assert found.high - found.mean == pytest.approx(2.776 * 1.5811 / 5**0.5, rel=2e-3)


def test_every_parameter_is_described_and_says_where_it_comes_from():
    rows = table(Scenario())
    assert {row["name"] for row in rows} == set(Scenario.__dataclass_fields__) == set(DESCRIBED)
    assert all(row["meaning"] and row["source"] for row in rows)
