"""Packs and our own labels through `POST /api/scans/`."""

import json
from datetime import date

import pytest
from django.urls import reverse

from hims.wire import own_codes
from inventory.models import Lot, Pack, Product
from tests import given
from tests.people import someone

pytestmark = pytest.mark.django_db

GTIN = "09521234000013"
PACK = f"]d201{GTIN}1735123110A17"


@pytest.fixture
def lot():
    product = Product.objects.create(code="MORPH10", name="Morphine 10 mg", unit="ampoule")
    Pack.objects.create(product=product, name="ampoule", units=1, gtin=GTIN)
    return Lot.objects.create(product=product, number="A17", expiry=date(2035, 12, 31))


def scanned(program, code):
    answer = program.post(
        reverse("api-scans"), json.dumps({"code": code}), content_type="application/json"
    )
    assert answer.status_code == 201
    return answer.json()


def test_a_pack_is_a_lot_with_its_product(lot):
    said = scanned(given.with_token(someone("nurse")), PACK)
    assert said["kind"] == "lot"
    assert said["subject"]["id"] == str(lot.uid)
    assert said["subject"]["product"]["name"] == "Morphine 10 mg"
    assert said["findings"] == []


def test_a_lot_that_was_never_received_is_its_product_and_a_note(lot):
    said = scanned(given.with_token(someone("nurse")), PACK[:-3] + "B9")
    assert (said["kind"], said["subject"]["code"]) == ("product", "MORPH10")
    assert [one["code"] for one in said["findings"]] == ["unknown_lot"]


def test_a_conflict_with_the_stored_lot_is_a_finding_that_is_said_once(lot):
    said = scanned(given.with_token(someone("nurse")), PACK.replace("351231", "351130"))
    assert [one["code"] for one in said["findings"] if one["severity"] == "stop"] == [
        "expiry_conflict"
    ]


def test_a_pack_outside_the_catalogue_is_unknown_with_its_reason(lot):
    said = scanned(given.with_token(someone("nurse")), "(01)09521234000990(10)A17")
    assert (said["kind"], said["subject"]) == ("unknown", None)
    assert "catalogue" in said["reason"]


def test_our_own_labels_stand_for_product_and_lot(lot):
    program = given.with_token(someone("pharmacist"))
    assert scanned(program, own_codes.written("lot", str(lot.uid)))["kind"] == "lot"
    assert scanned(program, own_codes.written("product", "MORPH10"))["kind"] == "product"
    assert scanned(program, "HIMS:LOT:nonsense")["kind"] == "unknown"


def test_the_number_of_a_lot_alone_stands_for_nothing(lot):
    assert scanned(given.with_token(someone("pharmacist")), "A17")["kind"] == "unknown"


def test_what_a_pack_is_is_told_to_scanners_and_to_those_who_see_stock(lot):
    _machine, key = given.device("scans")
    assert scanned(given.knocking(key), PACK)["subject"]["number"] == "A17"
    engineer = scanned(given.with_token(someone("biomedical_engineer")), PACK)
    assert (engineer["kind"], engineer["subject"]) == ("lot", None)
