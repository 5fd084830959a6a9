"""The demonstration's pharmacy: stock on shelves, a queue in every state, and what convinces."""

from collections import Counter

import pytest
from django.test import Client
from django.utils import timezone

from hims.demonstration import counter, load
from hims.demonstration.stories import stories
from hims.models import Actor
from inventory.domain.fefo import unusable
from inventory.models import Lot, Movement, Recall, StockLevel
from inventory.queries.scanned import resolve
from pharmacy.domain.checks import at_dispensing
from pharmacy.models import Dispense, DoseLimit, MedicationOrder
from pharmacy.queries import safety
from tests import given

S = Dispense.Status


@pytest.fixture
def var(settings, tmp_path):
    settings.HIMS_VAR = tmp_path
    return tmp_path


def waiting_for(product: str) -> list[Dispense]:
    return list(
        Dispense.objects.filter(product__code=product, movement=None).select_related(
            "order__patient", "product"
        )
    )


def severe(supply: Dispense) -> set[tuple[str, str]]:
    known = safety.facts(supply.order, supply.product, [], now=timezone.now())
    return {(one.code, one.severity) for one in at_dispensing(known)}


@pytest.mark.proof
@pytest.mark.django_db
def test_a_first_start_that_was_broken_off_is_continued_and_a_second_changes_nothing(
    var, monkeypatch
):
    class BrokenOff(Exception):
        pass

    def breaks_off(**asked):
        raise BrokenOff

    now = timezone.now()
    monkeypatch.setattr(counter, "hold", breaks_off)
    with pytest.raises(BrokenOff):
        load(now=now)
    begun = MedicationOrder.objects.count()
    assert 0 < begun < len(counter.ORDERS)
    monkeypatch.undo()
    moved = Movement.objects.exclude(kind="dispense").count()
    load(now=now)
    assert Movement.objects.exclude(kind="dispense").count() == moved
    assert MedicationOrder.objects.count() == len(counter.ORDERS)
    states = Counter(Dispense.objects.values_list("status", flat=True))
    assert all(
        states[state] >= least
        for state, least in {
            S.RECEIVED: 6,
            S.VERIFIED: 6,
            S.PICKED: 2,
            S.CHECKED: 1,
            S.HANDED_OVER: 3,
        }.items()
    ), states
    counts = Movement.objects.count(), Dispense.objects.count(), DoseLimit.history.count()
    DoseLimit.objects.all()[0].delete()
    load(now=timezone.now())
    assert (Movement.objects.count(), Dispense.objects.count()) == counts[:2]
    assert DoseLimit.history.count() == counts[2] + 1


@pytest.mark.proof
@pytest.mark.django_db
def test_what_a_pharmacist_would_look_for_is_there_and_works_as_it_is_told(var):
    now = timezone.now()
    assert stories() == []
    load(now=now)
    works_as_it_is_told(now)
    (tenfold,) = waiting_for("DIGOXIN-125MCG-TABLET")
    assert ("dose_ten_times", "stop") in severe(tenfold)
    (bitten,) = waiting_for("CO-AMOXICLAV-625-TABLET")
    assert ("allergy", "stop") in severe(bitten)
    (pneumonia,) = waiting_for("CLARITHROMYCIN-500-TABLET")
    assert ("interaction", "stop") in severe(pneumonia)
    (pressure,) = waiting_for("HYDRALAZINE-25-TABLET")
    assert any(code == "look_alike" for code, _severity in severe(pressure))
    (cystitis,) = waiting_for("TRIMETHOPRIM-200-TABLET")
    assert cystitis.status == S.HELD
    (child,) = waiting_for("PARACETAMOL-120-5ML-LIQUID")
    assert ("weight_stale", "warn") in severe(child)
    (clot,) = waiting_for("ENOXAPARIN-40-SYRINGE")
    assert any(code == "high_alert" for code, _severity in severe(clot))

    def lying(product: str, place: str = "DISP") -> int:
        found = StockLevel.objects.filter(lot__product__code=product, place__code=place)
        return sum(found.values_list("quantity", flat=True))

    assert len(waiting_for("MEROPENEM-1G-VIAL")) == 2
    assert lying("MEROPENEM-1G-VIAL") == 1
    assert lying("MEROPENEM-1G-VIAL", "PHA") > 0
    assert len(waiting_for("SALBUTAMOL-100MCG-INHALER")) == 1
    assert lying("SALBUTAMOL-100MCG-INHALER") == 0
    assert lying("SALBUTAMOL-100MCG-BA-INHALER") == 8
    (skin,) = waiting_for("FLUCLOXACILLIN-500-CAPSULE")
    assert 0 < lying("FLUCLOXACILLIN-500-CAPSULE") < skin.wanted
    today = timezone.localdate(now)
    why = {unusable(lot.status, lot.expiry, today) for lot in Lot.objects.all()}
    assert {"", "expired", "quarantined", "recalled"} <= {word or "" for word in why}
    assert Recall.objects.get().tasks.count() >= 2


def works_as_it_is_told(now) -> None:
    """The codes of the page of things to try are read as it says."""
    pharmacist = Actor.objects.get(username="pharmacist")
    codes = {what: code for story in stories() for what, code in story.codes}
    assert len(stories()) >= 12
    assert all(codes.values())

    def read(what: str):
        return resolve(codes[what], viewer=pharmacist, now=now)

    lost = read("separator lost")
    assert lost.lot is None
    assert not lost.readable
    assert any(one.severity == "stop" and "separator" in one.text for one in lost.reading)
    for what, code in codes.items():
        if what != "separator lost":
            assert read(what).lot is not None, (what, code)
    assert read("expired").lot.expiry < timezone.localdate(now)
    assert read("in quarantine").lot.status == Lot.Status.QUARANTINED
    page = Client()
    page.force_login(pharmacist, backend=given.BACKEND)
    text = page.get("/try/").content.decode()
    assert codes["separator lost"] in text
    assert "/try/" in page.get("/").content.decode()


@pytest.mark.django_db
def test_production_has_nothing_to_try(settings):
    house = given.hospital()
    page = given.signed_in(house.pharmacist)
    assert page.get("/try/").status_code == 200
    assert "/try/" not in page.get("/").content.decode()
    settings.PRODUCTION = True
    assert page.get("/try/").status_code == 404
