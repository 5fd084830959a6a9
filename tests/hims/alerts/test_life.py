"""The life of an alert: raised, joined, told, climbing, answered, over; all in its timeline."""

from datetime import timedelta

import pytest

from hims.actions.alerts import (
    acknowledge_alert,
    assign_alert,
    mend_escalations,
    resolve_alert,
    snooze_alert,
)
from hims.actions.alerts.keeping import end_suppression, suppress
from hims.errors import Invalid, Refused
from hims.models import Alert, AlertRule, Delivery, InterruptionBudget, Timer
from hims.queries.actors import clock
from hims.queries.alerts import need_mending
from tests.given_alerts import (
    HIGH,
    MEDIUM,
    NOON,
    SLOW,
    a_department,
    at,
    cleared,
    clock_comes,
    on_shift,
    raised,
    reached,
    timeline,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def ed():
    return a_department("ED")


def usernames(*people):
    return [one.username for one in people]


def test_an_alert_climbs_from_its_owner_to_the_next_roles_to_everybody_until_somebody_answers(ed):
    nurse = on_shift(ed, "nurse")
    charge = on_shift(ed, "charge_nurse")
    elsewhere = on_shift(a_department("W1"), "nurse")
    doctor = on_shift(ed, "physician")
    alert = raised(department=ed)
    assert (alert.status, reached(alert)) == ("raised", usernames(nurse))
    clock_comes(59)
    assert reached(alert) == usernames(nurse)
    clock_comes(60)
    assert reached(alert) == usernames(nurse, charge)
    clock_comes(120)
    assert reached(alert) == usernames(nurse, charge, doctor)
    clock_comes(180)
    assert sorted(reached(alert)[3:]) == sorted(usernames(nurse, charge, doctor))
    alert.refresh_from_db()
    assert alert.level == 3
    acknowledge_alert(actor=doctor, now=at(200), alert=alert)
    again = acknowledge_alert(actor=nurse, now=at(201), alert=alert)
    assert (again.owner, again.acknowledged_by, again.status) == (doctor, doctor, "acknowledged")
    clock_comes(7200)
    assert len(reached(alert)) == 6
    assert elsewhere.username not in reached(alert)
    resolve_alert(actor=doctor, now=at(7300), alert=alert, acted_on=True, resolution="Replaced")
    alert.refresh_from_db()
    assert (alert.acted_on, alert.resolution, alert.resolved_at) == (True, "Replaced", at(7300))
    assert timeline(alert) == [
        *("begun", "raised", "told", "escalated", "told", "escalated", "told", "escalated"),
        *("told", "acknowledged", "resolved"),
    ]
    assert raised(department=ed, now=at(7400)) != alert


def test_one_cause_is_one_alert_and_never_of_two_patients_or_two_priorities(ed, patient_pair):
    nurse = on_shift(ed, "nurse")
    one, other = patient_pair
    first = raised(subject="a", department=ed, patient=one)
    assert raised(subject="b", department=ed, patient=one) == first
    assert raised(subject="a", department=ed, patient=one, now=at(5)) == first
    assert raised(subject="a", department=ed, patient=other) != first
    assert raised(subject="a", department=ed) != first
    assert raised(subject="a", department=ed, group_key="shelf") != first
    assert raised(rule=MEDIUM, subject="a", department=ed, patient=one) != first
    AlertRule.objects.filter(code=HIGH).update(priority="low")
    assert raised(subject="a", department=ed, patient=one) != first
    assert Alert.objects.count() == 6
    assert first.occurrences.count() == 2
    assert first.occurrences.get(subject="a").last_at == at(5)
    assert reached(first) == usernames(nurse)


def test_when_nobody_of_the_role_is_on_shift_it_climbs_at_once_and_the_house_is_told(ed):
    manager = on_shift(ed, "manager")
    doctor = on_shift(ed, "physician")
    alert = raised(department=ed)
    assert reached(alert) == usernames(doctor)
    complaint = Alert.objects.get(rule__code="alerts.nobody_to_tell")
    assert (complaint.priority, reached(complaint)) == ("high", usernames(manager))
    assert "No nurse is on shift" in complaint.title
    acknowledge_alert(actor=doctor, now=at(10), alert=alert)
    complaint.refresh_from_db()
    assert complaint.status == "resolved"


def test_an_alert_that_nobody_at_all_can_receive_reaches_managers_who_are_not_on_shift(ed):
    from tests.people import someone

    manager, off = someone("manager"), someone("nurse")
    alert = raised(department=ed)
    assert reached(alert) == []
    assert "unreachable" in timeline(alert)
    complaint = Alert.objects.get(rule__code="alerts.nobody_to_tell")
    assert reached(complaint) == usernames(manager)
    assert Timer.objects.filter(subject=str(alert.uid), done_at=None).exists()
    nurse = on_shift(ed, "nurse")
    clock_comes(3600)
    assert nurse.username in reached(alert)
    assert off.username not in reached(alert)


def test_a_delay_waits_for_what_lasts_and_forgets_what_does_not(ed):
    nurse = on_shift(ed, "nurse")
    short = raised(SLOW, "a", department=ed)
    assert short.status == "pending"
    cleared(SLOW, "a", now=at(300))
    clock_comes(600)
    short.refresh_from_db()
    assert (short.status, short.raised_at, reached(short)) == ("resolved", None, [])
    lasting = raised(SLOW, "b", department=ed, now=at(700), at=at(650))
    clock_comes(1249)
    assert reached(lasting) == []
    clock_comes(1250)
    assert reached(lasting) == usernames(nurse)
    assert timeline(lasting) == ["begun", "raised", "told"]


def test_what_clears_for_a_moment_does_not_end_and_begin_again(ed):
    on_shift(ed, "nurse")
    alert = raised(MEDIUM, department=ed)
    cleared(MEDIUM, now=at(10))
    assert raised(MEDIUM, department=ed, now=at(60)) == alert
    clock_comes(200)
    alert.refresh_from_db()
    assert alert.status == "raised"
    cleared(MEDIUM, now=at(210))
    clock_comes(329)
    assert Alert.objects.get(pk=alert.pk).status == "raised"
    clock_comes(330)
    alert.refresh_from_db()
    assert (alert.status, alert.acted_on) == ("resolved", None)
    assert len(reached(alert)) == 1


def test_suppression_is_time_boxed_holds_back_loses_nothing_and_counts(ed):
    manager = on_shift(ed, "manager")
    nurse = on_shift(ed, "nurse")
    raised(department=ed, group_key="first")
    rule = AlertRule.objects.get(code=HIGH)
    day = timedelta(hours=24)
    with pytest.raises(Refused):
        suppress(
            actor=manager, now=NOON, rule=rule, until=NOON + day + timedelta(1), reason="works"
        )
    with pytest.raises(Invalid):
        suppress(actor=manager, now=NOON, rule=rule, until=NOON + day, reason=" ")
    row = suppress(
        actor=manager, now=NOON, rule=rule, until=at(1000), reason="works", department=ed
    )
    alert = raised(department=ed, now=at(10))
    raised(subject="pump-2", department=ed, now=at(20))
    gone = raised(department=ed, group_key="gone", now=at(10))
    heard = raised(department=a_department("W1"), group_key="elsewhere", now=at(20))
    assert (alert.status, gone.status, heard.status) == ("pending", "pending", "raised")
    cleared(group_key="gone", now=at(500))
    row.refresh_from_db()
    assert row.held_back == 2
    clock_comes(999)
    assert reached(alert) == []
    clock_comes(1000)
    assert reached(alert) == usernames(nurse)
    assert reached(gone) == []
    assert timeline(alert) == ["begun", "held_back", "raised", "told"]
    row = suppress(actor=manager, now=at(2000), rule=rule, until=at(9000), reason="more works")
    late = raised(department=ed, group_key="late", now=at(2010))
    end_suppression(actor=manager, now=at(2020), suppression=row)
    clock_comes(2020)
    assert reached(late) == usernames(nurse)


def test_putting_off_needs_a_reason_has_a_limit_and_calls_again(ed):
    nurse, colleague = on_shift(ed, "nurse"), on_shift(ed, "nurse")
    alert = raised(department=ed)
    for wrong, reason in ((0, "busy"), (16, "busy"), (5, " ")):
        with pytest.raises(Refused):
            snooze_alert(actor=nurse, now=at(5), alert=alert, minutes=wrong, reason=reason)
    snooze_alert(actor=nurse, now=at(10), alert=alert, minutes=5, reason="on my way")
    clock_comes(309)
    assert len(reached(alert)) == 2
    clock_comes(310)
    alert.refresh_from_db()
    assert (alert.status, alert.level, alert.snoozed_until) == ("raised", 0, None)
    assert len(reached(alert)) == 4
    assign_alert(actor=nurse, now=at(320), alert=alert, to=colleague)
    alert.refresh_from_db()
    assert (alert.owner, alert.status) == (colleague, "raised")
    assert reached(alert)[4:] == usernames(colleague)
    clock_comes(380)
    alert.refresh_from_db()
    assert alert.level >= 1
    assign_alert(actor=nurse, now=at(390), alert=alert, to=nurse)
    alert.refresh_from_db()
    assert (alert.owner, alert.status) == (nurse, "acknowledged")


def test_over_the_budget_the_rest_comes_together_and_high_is_never_held_back(ed):
    nurse = on_shift(ed, "nurse")
    InterruptionBudget.objects.create(role="nurse", per_hour=2, digest_every_min=30)
    alerts = [
        raised(MEDIUM, department=ed, group_key=f"m{n}", now=at(n), title=f"M{n}") for n in range(5)
    ]
    high = [raised(department=ed, group_key=f"h{n}", now=at(10)) for n in range(4)]
    assert [reached(one) for one in alerts] == [[nurse.username]] * 2 + [[]] * 3
    assert [reached(one) for one in high] == [[nurse.username]] * 4
    waiting = Delivery.objects.filter(status="digest")
    assert waiting.count() == 3
    acknowledge_alert(actor=nurse, now=at(60), alert=alerts[4])
    assert Timer.objects.get(kind="alert.digest").due_at == at(1802)
    for one in (*alerts, *high):
        acknowledge_alert(actor=nurse, now=at(61), alert=one) if one not in alerts[2:4] else None
    AlertRule.objects.update(acknowledge_within_s=36000)
    Timer.objects.filter(kind="alert.escalate").update(due_at=at(36000))
    clock_comes(1801)
    assert waiting.count() == 2
    clock_comes(1802)
    assert [reached(one) for one in alerts[2:]] == [[nurse.username], [nurse.username], []]
    assert Delivery.objects.filter(status="dropped").count() == 1


def test_a_clock_that_was_set_back_makes_nobody_wait(ed):
    nurse, charge = on_shift(ed, "nurse"), on_shift(ed, "charge_nurse")
    alert = raised(department=ed)
    assert not need_mending(NOON)
    assert need_mending(at(-3600))
    assert mend_escalations(actor=clock(), now=at(-3600)) == 1
    clock_comes(-3540)
    assert reached(alert) == usernames(nurse, charge)
    Timer.objects.filter(kind="alert.escalate", done_at=None).delete()
    assert need_mending(at(-3500))
    assert mend_escalations(actor=clock(), now=at(-3500)) == 1
    assert not need_mending(at(-3500))
