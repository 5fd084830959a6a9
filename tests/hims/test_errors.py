"""What the house says no with, and how each door turns it into its own dialect in one place."""

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions

from hims.api.base import PROBLEM, problem
from hims.errors import Busy, Finding, Forbidden, Invalid, KeyReused, NotFound, Refused
from hims.web.door import HouseErrorMiddleware
from hims.web.errors import bad_request, broken, forbidden, not_found
from tests import given

STOP = Finding("reserved", "Somebody has it.")
WARN = Finding("clock", "The clock is wrong.", "warn", "at")


def test_a_finding_says_what_how_grave_and_which_field():
    assert WARN.as_dict() == {
        "code": "clock",
        "text": "The clock is wrong.",
        "severity": "warn",
        "field": "at",
    }
    assert STOP.as_dict() == {"code": "reserved", "text": "Somebody has it.", "severity": "stop"}


def test_a_refusal_reads_as_its_sentences():
    refused = Refused(STOP, WARN, alternatives=[{"asset": "P-2"}])
    assert str(refused) == "Somebody has it.; The clock is wrong."
    assert refused.alternatives == [{"asset": "P-2"}]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused(STOP), 409),
        (Invalid(STOP), 400),
        (Forbidden("asset.reserve"), 403),
        (NotFound("no such asset"), 404),
        (Busy("Try again."), 409),
        (KeyReused("k"), 422),
        (Http404(), 404),
        (exceptions.NotAuthenticated(), 401),
        (exceptions.ParseError(), 400),
        (exceptions.MethodNotAllowed("PUT"), 405),
        (exceptions.UnsupportedMediaType("text/plain"), 415),
        (exceptions.Throttled(wait=7), 429),
    ],
)
def test_the_api_says_it_as_problem_details(db, error, status):
    answer = problem(error, {})
    assert answer.status_code == status
    assert answer.content_type == PROBLEM
    assert answer.data["status"] == status
    assert answer.data["title"]
    if status == 429:
        assert int(answer.headers["Retry-After"]) >= 7


def test_findings_and_ways_out_are_part_of_the_problem(db):
    data = problem(Refused(STOP, alternatives=[{"asset": "P-2"}]), {}).data
    assert data["findings"] == [STOP.as_dict()]
    assert data["alternatives"] == [{"asset": "P-2"}]


def test_who_may_not_is_not_told_what_is_missing(db):
    assert "asset.reserve" not in str(problem(Forbidden("asset.reserve"), {}).data)


def test_a_fault_of_ours_is_no_problem_of_the_callers(db):
    assert problem(ZeroDivisionError(), {}) is None


# --- pages ----------------------------------------------------------------------------------------


def asked(path="/somewhere/", **headers):
    request = RequestFactory(headers=headers).get(path)
    request.htmx = bool(headers)
    return request


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (Forbidden("x"), 403, "You may not"),
        (NotFound("x"), 404, "nothing here"),
        (Refused(STOP), 409, "Somebody has it."),
        (Invalid(STOP), 409, "Somebody has it."),
        (Busy("Try again soon."), 503, "Try again soon."),
    ],
)
def test_a_page_says_it_in_a_sentence(error, status, sentence):
    answer = HouseErrorMiddleware(None).process_exception(asked(), error)
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    if status == 503:
        assert answer.headers["Retry-After"]


def test_htmx_gets_the_sentence_without_the_frame():
    whole = HouseErrorMiddleware(None).process_exception(asked(), Refused(STOP))
    part = HouseErrorMiddleware(None).process_exception(asked(HX_Request="true"), Refused(STOP))
    assert "<html" in whole.content.decode()
    assert "<html" not in part.content.decode()
    assert "Somebody has it." in part.content.decode()


def test_other_errors_are_not_hidden_by_pages():
    assert HouseErrorMiddleware(None).process_exception(asked(), ZeroDivisionError()) is None


@pytest.mark.parametrize(
    ("view", "status"), [(not_found, 404), (forbidden, 403), (bad_request, 400), (broken, 500)]
)
def test_what_django_finds_wrong_is_said_in_the_dialect_of_the_door(view, status):
    page, program = view(asked()), view(asked("/api/somewhere/"))
    assert page.status_code == program.status_code == status
    assert page.headers["Content-Type"].startswith("text/html")
    assert program.headers["Content-Type"] == PROBLEM


def test_the_page_of_a_fault_needs_no_database_and_no_session(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = broken(asked())
    assert "<html" in answer.content.decode()


def test_a_page_that_is_not_there_says_so_to_everybody(db):
    house = given.hospital()
    for browser in (Client(), given.signed_in(house.nurse)):
        answer = browser.get("/no/such/page/")
        assert answer.status_code == 404
        assert "Traceback" not in answer.content.decode()
