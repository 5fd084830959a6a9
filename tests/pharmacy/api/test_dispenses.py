"""Programs dispense: the door of CONTRACT, its refusals, and what it costs."""

import pytest
from django.db import connection

from hims.models import AuditEntry, IdempotentAnswer
from pharmacy.models import Dispense
from tests import given, given_dispensing
from tests.given_stock import SOON, scanned

pytestmark = pytest.mark.django_db

PATH = "/api/pharmacy/dispenses/"


@pytest.fixture
def counter():
    return given_dispensing.counter()


@pytest.fixture
def program(counter):
    return given.with_token(counter.house.pharmacist)


def body(order, *lines, **more):
    lines = lines or ({"scan": scanned("PARA", "P1", SOON), "quantity": "8"},)
    return {
        "order": str(order.uid),
        "lines": list(lines),
        "place": "PH-A",
        "overrides": given_dispensing.REASONED,
    } | more


def post(program, asked, **headers):
    return program.post(PATH, asked, content_type="application/json", headers=headers)


def test_a_dispense_answers_with_dispense_movement_and_labels_that_can_be_printed(counter, program):
    said = post(program, body(counter.order()))
    assert said.status_code == 201, said.json()
    made = said.json()
    kept = Dispense.objects.get(uid=made["dispense"])
    assert (str(kept.movement.uid), made["quantity"], made["owed"]) == (made["movement"], 8, None)
    pdf, zpl = (program.get(made["label"][kind]) for kind in ("pdf", "zpl"))
    assert pdf.content.startswith(b"%PDF-")
    assert f"^FDHIMS:DISPENSE:{kept.uid}^FS" in zpl.content.decode()
    assert "REPRINT 1" in zpl.content.decode(), "the PDF was the first print"


def statements_of(run):
    """The statements that the database was sent while `run` ran."""
    said = []

    def note(execute, sql, params, many, context):
        said.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        answer = run()
    return answer, [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE"))]


def test_a_whole_dispense_takes_at_most_ten_statements(counter, program):
    order = counter.order()
    lines = [{"scan": scanned("PARA", "P1", SOON), "quantity": "6"}]
    lines.append({"lot": str(counter.lot("PARA", "P2").uid), "quantity": "2"})
    said, statements = statements_of(
        lambda: post(program, body(order, *lines), **{"Idempotency-Key": "one"})
    )
    assert said.status_code == 201, said.json()
    assert AuditEntry.objects.filter(action="pharmacy.dispense").count() == 1
    assert IdempotentAnswer.objects.get().answer == said.json()
    assert len(statements) <= 10, "\n\n".join(sql[:120] for sql in statements)
