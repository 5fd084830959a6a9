"""Many at once: one cause is one alert, whoever says it; patients and priorities stay apart."""

import threading
from collections import Counter

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from hims.actions.alerts import raise_alert
from hims.models import Alert, AlertOccurrence, Delivery, Patient
from tests.given_alerts import HIGH, MEDIUM, NOON, a_department, cleared, on_shift, raised, told
from tests.people import someone

CAUSES = st.tuples(
    st.sampled_from([HIGH, MEDIUM]), st.sampled_from(["g1", "g2"]), st.sampled_from([None, 0, 1])
)
SAID = st.tuples(CAUSES, st.integers(0, 6), st.booleans())


@pytest.mark.django_db(transaction=True)
def test_eight_people_who_say_the_same_at_once_raise_one_alert():
    ed = a_department()
    nurse = on_shift(ed, "nurse")
    start = threading.Barrier(8)
    failed = []

    def say(n):
        try:
            start.wait(10)
            for k in range(5):
                raised(subject=f"pump-{n}-{k}", department=ed)
                raised(subject="the same", department=ed)
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=say, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    alert = Alert.objects.get()
    assert alert.occurrences.count() == 41
    assert list(alert.deliveries.values_list("actor", flat=True)) == [nurse.pk]
    assert list(alert.events.values_list("event", flat=True)) == ["begun", "raised", "told"]


@pytest.mark.django_db
def test_a_burst_of_five_hundred_is_one_alert_and_one_word_to_each_receiver():
    ed = a_department()
    receivers = [on_shift(ed, "nurse") for _ in range(3)]

    def burst(*, now, actor):
        for n in range(500):
            raise_alert(
                rule=HIGH,
                group_key="rack",
                subject=f"thing-{n}",
                title="The rack is dark",
                department=ed,
                actor=actor,
                now=now,
            )

    told(burst)
    alert = Alert.objects.get()
    assert alert.occurrences.filter(cleared_at=None).count() == 500
    assert Counter(Delivery.objects.values_list("actor", flat=True)) == Counter(
        one.pk for one in receivers
    )
    assert alert.events.count() == 3
    cleared(group_key="rack", subject="", now=NOON)
    alert.refresh_from_db()
    assert alert.status == "resolved"


class Property(TestCase):
    """What people say in any order."""

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(SAID, max_size=14))
    def test_alerts_never_join_two_causes_two_patients_or_two_priorities(self, said):
        someone("manager")
        patients = [
            Patient.objects.create(mrn=f"P{n}", family="Quill", given="Ada") for n in (0, 1)
        ]
        standing: dict[tuple, set[str]] = {}
        for (rule, group, who), subject, begins in said:
            cause = {"group_key": group, "patient": None if who is None else patients[who]}
            name = f"s{subject}"
            if begins:
                raised(rule, name, **cause)
                standing.setdefault((rule, group, who), set()).add(name)
            else:
                cleared(rule, name, now=NOON, **cause)
                standing.get((rule, group, who), set()).discard(name)
        rules = [HIGH, MEDIUM]
        alerts = Alert.objects.filter(rule__code__in=rules).exclude(status="resolved")
        found = {}
        for alert in alerts.select_related("rule", "patient"):
            who = patients.index(alert.patient) if alert.patient else None
            assert alert.priority == alert.rule.priority
            mark = (alert.rule.code, alert.group_key, who)
            assert mark not in found
            open_ones = AlertOccurrence.objects.filter(alert=alert, cleared_at=None)
            found[mark] = set(open_ones.values_list("subject", flat=True))
        wanted = {mark: names for mark, names in standing.items() if names}
        assert {mark: names for mark, names in found.items() if names} == wanted
