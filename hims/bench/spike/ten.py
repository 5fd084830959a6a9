"""Ten SQL statements of the kind that a dispense is made of, in tables of the bench's own."""

from datetime import datetime
from typing import Any

THINGS = 500
TABLES = f"""
CREATE TABLE bench_thing (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE bench_level (thing bigint REFERENCES bench_thing, place int, quantity bigint NOT NULL,
    version bigint NOT NULL DEFAULT 0, PRIMARY KEY (thing, place));
CREATE TABLE bench_movement (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL, lines int);
CREATE TABLE bench_line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    movement bigint NOT NULL REFERENCES bench_movement, thing bigint NOT NULL, place int NOT NULL,
    quantity bigint NOT NULL, balance bigint NOT NULL, version bigint NOT NULL);
CREATE TABLE bench_order (thing bigint PRIMARY KEY, given bigint NOT NULL DEFAULT 0);
INSERT INTO bench_thing SELECT n, 'Thing ' || n FROM generate_series(1, {THINGS}) n;
INSERT INTO bench_level (thing, place, quantity)
    SELECT n, place, 1000000000 FROM generate_series(1, {THINGS}) n, generate_series(1, 2) place;
INSERT INTO bench_order (thing) SELECT n FROM generate_series(1, {THINGS}) n;
"""


def ten_statements(cursor: Any, *, thing: int, quantity: int, now: datetime) -> int:
    """Move `quantity` of `thing` between two places, checked and counted; the movement's number.

    Any DB-API cursor; the caller holds the transaction.
    """
    run = cursor.execute
    run("SELECT name FROM bench_thing WHERE id = %s", [thing])
    cursor.fetchone()
    run("SELECT given FROM bench_order WHERE thing = %s FOR UPDATE", [thing])
    cursor.fetchone()
    run("INSERT INTO bench_movement (at) VALUES (%s) RETURNING id", [now])
    movement = cursor.fetchone()[0]
    for place, signed in ((1, -quantity), (2, quantity)):
        run(
            "UPDATE bench_level SET quantity = quantity + %s, version = version + 1"
            " WHERE thing = %s AND place = %s AND quantity + %s >= 0 RETURNING quantity, version",
            [signed, thing, place, signed],
        )
        balance, version = cursor.fetchone()
        run(
            "INSERT INTO bench_line (movement, thing, place, quantity, balance, version)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [movement, thing, place, signed, balance, version],
        )
    run("SELECT sum(quantity), count(*) FROM bench_line WHERE movement = %s", [movement])
    cursor.fetchone()
    run("UPDATE bench_order SET given = given + %s WHERE thing = %s", [quantity, thing])
    run("UPDATE bench_movement SET lines = 2 WHERE id = %s", [movement])
    return movement
