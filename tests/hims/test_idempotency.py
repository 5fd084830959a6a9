"""Idempotency-Key over HTTP: the same call again has the same answer and one effect."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection

from hims.action import ANSWERS_KEPT
from hims.models import AuditEntry, IdempotentAnswer
from tests import given
from tracking.models import Scan

URL = "/api/scans/"


@pytest.fixture
def house(db):
    return given.hospital()


def scanned(program, key, code="P-1", url=URL, **more):
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"code": code} | more if url == URL else more
    return program.post(url, body, content_type="application/json", headers=headers)


def test_the_same_call_again_gets_the_same_answer_and_has_one_effect(house):
    program = given.with_token(house.nurse)
    answers = [scanned(program, "k-1", zone="ST") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Scan.objects.count() == 1
    assert AuditEntry.objects.filter(action="scan.record").count() == 1


def test_another_body_under_the_same_key_is_refused_with_422(house):
    program = given.with_token(house.nurse)
    assert scanned(program, "k-1").status_code == 201
    answer = scanned(program, "k-1", code="P-2")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert Scan.objects.count() == 1


def test_the_same_body_at_another_address_is_another_call(house):
    program = given.with_token(house.nurse)
    first, second = (f"/api/assets/{house.assets[n].uid}/state/" for n in ("P-1", "P-2"))
    assert scanned(program, "k-1", url=first, state="dirty").status_code == 200
    assert scanned(program, "k-1", url=second, state="dirty").status_code == 422


def test_a_key_belongs_to_its_caller(house):
    for someone in (house.nurse, house.porter):
        assert scanned(given.with_token(someone), "k-1").status_code == 201
    assert Scan.objects.count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_1_to_255_signs(house, key):
    assert scanned(given.with_token(house.nurse), key).status_code == 400
    assert not Scan.objects.exists()


@pytest.mark.parametrize("key", ["x" * 255, "ключ", "a b", "'; --"])
def test_any_other_key_is_taken(house, key):
    program = given.with_token(house.nurse)
    assert scanned(program, key).content == scanned(program, key).content
    assert Scan.objects.count() == 1


def test_an_answer_is_kept_for_two_days(house):
    program = given.with_token(house.nurse)
    first = scanned(program, "k-1").json()["id"]
    with time_machine.travel(house.now + ANSWERS_KEPT - timedelta(minutes=1), tick=True):
        assert scanned(program, "k-1").json()["id"] == first
    with time_machine.travel(house.now + ANSWERS_KEPT + timedelta(minutes=1), tick=True):
        assert scanned(program, "k-1").json()["id"] != first
    assert IdempotentAnswer.objects.count() == 1


def test_a_call_without_a_key_keeps_no_answer(house):
    scanned(given.with_token(house.nurse), None)
    assert not IdempotentAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_calls_at_once_have_one_effect_and_one_answer():
    house = given.hospital()
    program = given.token(house.nurse)
    start = threading.Barrier(10)

    def call(_):
        start.wait()
        try:
            return scanned(given.knocking(program), "k-at-once", zone="ST")
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(call, range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Scan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_different_calls_at_once_under_one_key_have_one_effect():
    house = given.hospital()
    program = given.token(house.nurse)
    start = threading.Barrier(10)

    def call(number):
        start.wait()
        try:
            return scanned(given.knocking(program), "k-mixed", code=f"P-{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        statuses = sorted(answer.status_code for answer in threads.map(call, range(10)))
    assert statuses == [201] + [422] * 9
    assert Scan.objects.count() == 1
