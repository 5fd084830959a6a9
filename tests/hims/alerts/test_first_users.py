"""Who raises alerts first: gateways that fell silent, places to fill up, supplies nobody wants."""

from datetime import timedelta

import pytest

from hims.actions.alerts import acknowledge_alert
from hims.models import Alert, AlertRule, AuditEntry, Timer
from hims.queries.actors import clock
from hims.verifying import verify
from inventory.actions.catalogue import set_par
from inventory.actions.low import watch_levels
from inventory.queries import low
from inventory.tasks import watch_levels as watch_levels_task
from pharmacy.actions.orders import stop_order
from pharmacy.actions.returns import Back, take_back
from pharmacy.models import Dispense
from tests import given, given_dispensing, given_stock
from tests.given_alerts import raised
from tracking.actions.silence import watch_gateways
from tracking.models import EngineStatus, Gateway, GatewayHealth
from tracking.queries import silence
from tracking.tasks import watch_gateways as watch_gateways_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db):
    return given.hospital()


def heard(name, at):
    gateway = Gateway.objects.get(name=name)
    GatewayHealth.objects.update_or_create(gateway=gateway, defaults={"last_heard_at": at})


def open_alerts(code):
    return {
        alert.title: list(
            alert.occurrences.filter(cleared_at=None)
            .values_list("text", flat=True)
            .order_by("text")
        )
        for alert in Alert.objects.filter(rule__code=code).exclude(status="resolved")
    }


def test_silent_gateways_are_one_alert_of_their_floor_or_area_and_over_when_heard(house):
    now = house.now
    hour = timedelta(hours=1)
    EngineStatus.objects.create(id=1, started_at=now - hour, beat_at=now)
    for name in ("Gateway bay", "Gateway store", "Gateway ward"):
        heard(name, now - timedelta(seconds=20))
    assert not silence.changed(now)
    heard("Gateway bay", now - timedelta(minutes=4))
    heard("Gateway store", now - timedelta(minutes=4))
    heard("Gateway ward", now - timedelta(minutes=2))
    watch_gateways_task()
    assert open_alerts("tracking.silent_gateways") == {
        "Gateways are silent: Emergency, Ground floor": ["Gateway bay"],
        "Gateways are silent: Ground floor, Main building": ["Gateway store"],
    }
    entries = AuditEntry.objects.count()
    watch_gateways_task()
    assert AuditEntry.objects.count() == entries
    EngineStatus.objects.update(beat_at=now - timedelta(seconds=30))
    heard("Gateway ward", now - hour)
    watch_gateways(actor=clock(), now=now)
    assert len(open_alerts("tracking.silent_gateways")) == 2
    assert len(open_alerts("tracking.engine_still")) == 1
    EngineStatus.objects.update(beat_at=now + hour, started_at=now + hour)
    watch_gateways(actor=clock(), now=now + hour)
    assert len(open_alerts("tracking.silent_gateways")) == 2  # it has just begun to listen
    later = now + 2 * hour
    EngineStatus.objects.update(beat_at=later)
    for name in ("Gateway bay", "Gateway store", "Gateway ward"):
        heard(name, later)
    watch_gateways(actor=clock(), now=later)
    cleared = Alert.objects.filter(rule__code="tracking.silent_gateways")
    assert not cleared.filter(occurrences__cleared_at=None).exists()
    EngineStatus.objects.update(beat_at=later + hour)
    assert silence.changed(later + hour)
    AlertRule.objects.filter(code="tracking.silent_gateways").update(active=False)
    assert not silence.changed(later + hour)


def test_a_place_to_fill_up_is_one_alert_with_its_products_until_it_is_full(house):
    stock = given_stock.stocked(house)
    now = house.now
    asked = {"actor": house.pharmacist, "now": now, "place": stock.places["W1S"]}
    for code in ("PARA", "INSUL"):
        set_par(**asked, product=stock.products[code], reorder_at=90_000, par=100_000)
    watch_levels_task()
    (told,) = open_alerts("inventory.low_stock").values()
    assert len(told) == 2
    assert all(" of " in text for text in told)
    assert not low.changed(now)
    set_par(**asked, product=stock.products["PARA"], reorder_at=0, par=1)
    watch_levels(actor=clock(), now=now)
    left = {text.split(":")[0] for (text,) in open_alerts("inventory.low_stock").values()}
    assert left <= {stock.products["INSUL"].name, stock.products["PARA"].name}
    assert len(left) == 1


def test_a_picked_supply_whose_order_is_stopped_is_told_until_it_came_back(house):
    counter = given_dispensing.counter(house)
    order = counter.order(quantity=8)
    line = given_dispensing.asked(given_stock.scanned("PARA", "P1", given_stock.SOON, ""), 8)
    supply = Dispense.objects.get(uid=counter.dispense(order, line).uid)
    stop_order(actor=house.physician, now=house.now, order=order, reason="not needed")
    alert = Alert.objects.get(rule__code="pharmacy.supply_of_ended_order")
    assert (alert.patient, alert.status) == (order.patient, "raised")
    assert "Oakhurst" not in alert.title + alert.text
    assert f"/pharmacy/supplies/{supply.uid}/" in alert.url
    lines = [Back(counter.lot("PARA", "P1").uid, 8)]
    take_back(
        actor=house.pharmacist, now=house.now, dispense=supply, lines=lines, reason="order ended"
    )
    alert.refresh_from_db()
    assert alert.status == "resolved"


def test_every_alert_has_its_promise_and_its_timeline_and_verify_sees_what_is_missing(house):
    alert = raised(now=house.now)
    raised(subject="b", group_key="other", now=house.now)
    acknowledge_alert(actor=house.nurse, now=house.now, alert=Alert.objects.get(group_key="other"))

    def found():
        return {one.name: one.first_bad for one in verify()}["alerts"]

    assert found() is None
    waiting = Timer.objects.filter(kind="alert.escalate", subject=str(alert.uid))
    row = waiting.get()
    waiting.delete()
    assert "no timer" in found()
    row.pk = None
    row.save()
    assert found() is None
    Alert.objects.filter(pk=alert.pk).update(level=9)
    assert "climbed more often" in found()
    Alert.objects.filter(pk=alert.pk).update(status="resolved", resolved_at=house.now, level=0)
    assert "does not say that it is over" in found()
