"""The ledger: one movement wholly or not at all, and the database proves it at commit."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from hims import gate, verifying
from hims.queries.actors import console
from inventory.actions.ledger import Entry, NotEnough, post
from inventory.models import Lot, Movement, MovementLine, Product, StockLevel, StockPlace
from tests import given

pytestmark = pytest.mark.django_db(transaction=True)

K = Movement.Kind
OUT = StockPlace.Kind


@pytest.fixture
def shelves():
    house = given.hospital()
    product = Product.objects.create(code="PARA", name="Paracetamol 500 mg", unit="tablet")
    places = [
        StockPlace.objects.create(code=code, name=f"Shelf {code}", kind=OUT.SHELF) for code in "AB"
    ]
    lots = [
        Lot.objects.create(product=product, number=number, expiry=date(2030, 1, 31))
        for number in ("L1", "L2")
    ]

    def move(kind, *entries, **more):
        act = gate.Act(name="stock.transfer", actor=console(), now=house.now)
        with transaction.atomic(), gate.opened(act):
            return post(
                actor=console(),
                now=house.now,
                kind=kind,
                entries=[
                    Entry(lot.pk, place if isinstance(place, str) else place.pk, quantity)
                    for lot, place, quantity in entries
                ],
                **more,
            )

    return move, places, lots


def level(lot, place):
    return StockLevel.objects.get(lot=lot, place=place).quantity


def sound():
    bad = {found.name: found.first_bad for found in verifying.verify() if found.first_bad}
    assert not bad


def test_what_a_supplier_delivers_can_be_moved_and_dispensed_until_nothing_is_left(shelves):
    move, (a, b), (lot, _) = shelves
    move(K.RECEIPT, (lot, OUT.SUPPLIER, -10), (lot, a, 10))
    move(K.TRANSFER, (lot, a, -4), (lot, b, 4))
    made = move(K.DISPENSE, (lot, b, -4), (lot, OUT.PATIENT, 4))
    assert (level(lot, a), level(lot, b)) == (6, 0)
    chained = [(line.balance_after, line.seq) for line in made.lines if not line.virtual]
    assert chained == [(0, 2)]
    sound()


def test_more_than_is_there_is_refused_whole_and_says_what_is_there(shelves):
    move, (a, b), (one, two) = shelves
    move(K.RECEIPT, (one, OUT.SUPPLIER, -3), (one, a, 3), (two, OUT.SUPPLIER, -9), (two, a, 9))
    with pytest.raises(NotEnough) as refused:
        move(
            K.DISPENSE,
            *((two, a, -9), (two, OUT.PATIENT, 9)),
            *((one, a, -10), (one, OUT.PATIENT, 10)),
        )
    (short,) = refused.value.shortages
    assert (short.lot, short.wanted, short.there) == (one.pk, 10, 3)
    assert "Shelf A holds 3 tablet" in str(refused.value)
    assert (level(one, a), level(two, a)) == (3, 9)
    with pytest.raises(NotEnough):
        move(K.TRANSFER, (one, b, -1), (one, a, 1))
    sound()


def test_entries_that_do_not_sum_to_zero_are_no_movement(shelves):
    move, (a, _), (lot, _) = shelves
    with pytest.raises(ValueError, match="sum to zero"):
        move(K.RECEIPT, (lot, OUT.SUPPLIER, -3), (lot, a, 4))
    assert not Movement.objects.exists()


TAMPERINGS = {
    "a level without a line": "UPDATE inventory_stocklevel SET quantity = 11",
    "a level back to an older line": (
        "UPDATE inventory_stocklevel SET quantity = 10, version = 1 WHERE version = 2"
    ),
    "a level taken away": "DELETE FROM inventory_stocklevel",
    "a level moved elsewhere": "UPDATE inventory_stocklevel SET place_id = place_id + 1",
    "a line changed": "UPDATE inventory_movementline SET quantity = 1",
    "a line taken away": "DELETE FROM inventory_movementline",
    "a movement taken away": "DELETE FROM inventory_movement",
    "a line for an old movement": (
        "INSERT INTO inventory_movementline (movement_id, lot_id, place_id, virtual, quantity, "
        "serials) SELECT movement_id, lot_id, place_id, true, 5, '{}' FROM inventory_movementline "
        "WHERE virtual LIMIT 1"
    ),
    "a movement without lines": (
        "INSERT INTO inventory_movement (uid, kind, reason, document, actor_id, at) "
        "SELECT gen_random_uuid(), 'receipt', '', '', actor_id, at FROM inventory_movement LIMIT 1"
    ),
    "a real place called virtual": (
        "WITH m AS (INSERT INTO inventory_movement (uid, kind, reason, document, actor_id, at) "
        "SELECT gen_random_uuid(), 'receipt', '', '', actor_id, at FROM inventory_movement LIMIT 1 "
        "RETURNING id) INSERT INTO inventory_movementline (movement_id, lot_id, place_id, virtual, "
        "quantity, serials) SELECT m.id, lot_id, place_id, true, x, '{}' FROM m, "
        "unnest(ARRAY[5, -5]) x, "
        "(SELECT lot_id, place_id FROM inventory_movementline WHERE NOT virtual LIMIT 1) l"
    ),
    "a gap in the chain": (
        "WITH m AS (INSERT INTO inventory_movement (uid, kind, reason, document, actor_id, at) "
        "SELECT gen_random_uuid(), 'receipt', '', '', actor_id, at FROM inventory_movement LIMIT 1 "
        "RETURNING id), v AS (UPDATE inventory_stocklevel SET version = version + 2, "
        "quantity = quantity + 5 WHERE quantity = 4) INSERT INTO inventory_movementline "
        "(movement_id, lot_id, place_id, virtual, quantity, balance_after, seq, serials) "
        "SELECT m.id, l.lot_id, l.place_id, l.virtual, CASE WHEN l.virtual THEN -5 ELSE 5 END, "
        "l.balance_after + 5, l.seq + 2, '{}' FROM m, inventory_movementline l "
        "WHERE l.balance_after = 4 OR (l.virtual AND l.quantity < 0)"
    ),
}


def tamper(statement):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount, "the statement must try something"


@pytest.mark.parametrize("how", TAMPERINGS)
def test_the_database_refuses(shelves, how):
    move, (a, b), (lot, _) = shelves
    move(K.RECEIPT, (lot, OUT.SUPPLIER, -10), (lot, a, 10))
    move(K.TRANSFER, (lot, a, -4), (lot, b, 4))
    with pytest.raises(IntegrityError):
        tamper(TAMPERINGS[how])
    sound()


def test_a_reversal_mirrors_the_first_and_only_once(shelves):
    move, (a, _), (lot, _) = shelves
    first = move(K.RECEIPT, (lot, OUT.SUPPLIER, -10), (lot, a, 10))
    mirror = (lot, OUT.SUPPLIER, 10), (lot, a, -10)
    move(K.REVERSAL, *mirror, reverses=first.id)
    sound()
    move(K.RECEIPT, (lot, OUT.SUPPLIER, -10), (lot, a, 10))
    with pytest.raises(IntegrityError):
        move(K.REVERSAL, *mirror, reverses=first.id)
    assert MovementLine.objects.filter(virtual=False).count() == 3
