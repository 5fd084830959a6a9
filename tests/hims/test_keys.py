"""Keyed calls: the same key and question give one effect and the same answer, also at once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from hims.action import Answer, Keyed
from hims.actions.places import add_building
from hims.errors import KeyReused, Refused
from hims.models import AuditEntry, Building, IdempotentAnswer
from hims.queries.actors import console
from tests.people import someone

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def keyed(key="k-1", digest=b"1" * 32):
    return Keyed(
        key=key,
        digest=digest,
        respond=lambda building: Answer(201, {"id": str(building.uid)}),
        refuse=lambda refused: Answer(409, {"why": str(refused)}),
    )


def add(code="MAIN", *, actor=None, now=NOW, **more):
    return add_building(
        actor=actor or console(), now=now, code=code, name="House", keyed=keyed(**more)
    )


@pytest.mark.django_db
def test_the_same_call_again_hears_the_same_and_has_no_second_effect():
    first, again = add(), add()
    assert (first.status, first.repeated) == (201, False)
    assert (again.status, again.repeated, again.body) == (201, True, first.body)
    assert Building.objects.count() == 1
    assert AuditEntry.objects.filter(action="building.add").count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_question_is_an_error():
    add()
    with pytest.raises(KeyReused):
        add("OTHER", digest=b"2" * 32)
    assert Building.objects.count() == 1


@pytest.mark.django_db
def test_keys_of_different_actors_do_not_meet():
    add(actor=someone("administrator"))
    assert not add("OTHER", actor=someone("administrator")).repeated
    assert Building.objects.count() == 2


@pytest.mark.django_db
def test_a_refusal_is_heard_again_even_when_it_would_pass_by_now():
    add_building(actor=console(), now=NOW, code="MAIN", name="In the way")
    refused = add()
    assert refused.status == 409
    Building.objects.all().delete()
    again = add()
    assert (again.status, again.repeated, again.body) == (409, True, refused.body)
    assert not Building.objects.exists()


@pytest.mark.django_db
def test_without_a_key_a_refusal_is_raised():
    add_building(actor=console(), now=NOW, code="MAIN", name="House")
    with pytest.raises(Refused):
        add_building(actor=console(), now=NOW, code="MAIN", name="House")


@pytest.mark.django_db
def test_a_failure_leaves_the_key_free_for_another_try():
    def broken(_):
        raise RuntimeError("the answer could not be worded")

    bad = Keyed(key="k-1", digest=b"1" * 32, respond=broken, refuse=broken)
    with pytest.raises(RuntimeError):
        add_building(actor=console(), now=NOW, code="MAIN", name="House", keyed=bad)
    assert not Building.objects.exists()
    assert not IdempotentAnswer.objects.exists()
    assert add().status == 201


@pytest.mark.django_db
def test_an_answer_is_forgotten_after_its_time():
    add()
    Building.objects.all().delete()
    assert add(now=NOW + timedelta(days=1)).repeated
    assert not add(now=NOW + timedelta(days=3)).repeated
    assert Building.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("codes", [("MAIN", "MAIN"), ("MAIN", "MAIN", "MAIN", "MAIN")])
def test_the_same_call_many_times_at_once_has_one_effect_and_one_answer(codes):
    start, answers = threading.Barrier(len(codes), timeout=20), []

    def call(code):
        start.wait()
        try:
            answers.append(add(code))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == len(codes)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert [answer.repeated for answer in answers].count(False) == 1
    assert Building.objects.count() == 1
    assert AuditEntry.objects.filter(action="building.add").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_different_questions_under_one_key_at_once_are_one_effect_and_one_error():
    start, answers = threading.Barrier(2, timeout=20), []

    def call(code, digest):
        start.wait()
        try:
            answers.append(add(code, digest=digest))
        except KeyReused as error:
            answers.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=call, args=(code, code.encode() * 32)) for code in ("A", "B")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(type(answer).__name__ for answer in answers) == ["Answer", "KeyReused"]
    assert Building.objects.count() == 1
