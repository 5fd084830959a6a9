"""The trail is sealed: everything, once, in order, also what commits late; and `verify` sees what
was edited, taken away or put in afterwards."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db import transaction as transactions

from hims.action import look
from hims.actions.sealing import seal
from hims.errors import Forbidden
from hims.models import AuditEntry, AuditLeaf, AuditSeal
from hims.queries import seals
from hims.queries.actors import clock, console
from hims.tasks import seal_trail
from hims.verifiers.seals import GRACE, chain_of_seals, sealed_entries
from tests.people import someone

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
VERIFIER = Path(__file__).resolve().parents[3] / "hims" / "verify_audit.py"


def seen(count: int, *, at: datetime = NOON, what: str = "lamp.look", reason: str = "") -> None:
    """So many looks at nothing."""
    for _ in range(count):
        look(viewer=console(), now=at, what=what, things=[], reason=reason)


def sealed(at: datetime = NOON) -> AuditSeal:
    made = seal(actor=clock(), now=at)
    assert made is not None
    return made


def broken(statement: str, parameters: list | None = None) -> None:
    """Do what only a forger could: change rows past every trigger and constraint."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")


def faults() -> tuple[str | None, str | None]:
    """What the verifiers of seals and of sealed entries find."""
    return chain_of_seals(None)[1], sealed_entries(None)[1]


def numbers(made: AuditSeal) -> list[int]:
    return list(made.leaves.order_by("position").values_list("entry_id", flat=True))


@pytest.mark.django_db
def test_every_entry_stands_once_under_the_seal_of_its_time_and_nothing_is_sealed_twice():
    seen(3)
    first = sealed()
    assert numbers(first) == list(
        AuditEntry.objects.exclude(action="audit.seal").values_list("pk", flat=True).order_by("pk")
    )
    assert (first.number, first.entries, bytes(first.previous)) == (1, 3, bytes(32))
    seen(5, at=NOON + timedelta(minutes=1))
    second = sealed(NOON + timedelta(minutes=10))
    assert (second.number, second.entries) == (2, 6)  # the sealing itself was an act, too
    assert bytes(second.previous) == bytes(first.hash)
    entry = AuditEntry.objects.get(action="audit.seal", leaf__seal=second)
    assert entry.objects_named == [f"auditseal:{first.pk}"]
    assert AuditLeaf.objects.count() == 9
    assert faults() == (None, None)
    assert (chain_of_seals(None)[0], sealed_entries(None)[0]) == (2, 9)
    assert sealed_entries(NOON + timedelta(minutes=5))[0] == 6


@pytest.mark.django_db
def test_many_entries_come_in_portions_and_give_the_root_that_the_rfc_gives(monkeypatch):
    from tests.hims.seals.test_tree import by_halves

    for module in ("hims.queries.seals", "hims.actions.sealing"):
        monkeypatch.setattr(f"{module}.AT_ONCE", 4)
    seen(11)
    made = sealed()
    leaves = [place.entry.leaf() for place in seals.sealed() if place.entry]
    assert len(leaves) == 11
    assert bytes(made.root) == by_halves(leaves)
    assert faults() == (None, None)


@pytest.mark.django_db
def test_with_nothing_to_seal_nothing_happens_and_the_clock_makes_no_seal_of_its_own_seals():
    assert seal(actor=clock(), now=NOON) is None
    assert AuditSeal.objects.count() == 0
    seen(1)
    for _ in range(3):
        seal_trail()
    assert AuditSeal.objects.count() == 1
    seen(1)
    seal_trail()
    assert AuditSeal.objects.count() == 2


@pytest.mark.django_db
def test_nobody_but_the_clock_and_the_console_seals():
    with pytest.raises(Forbidden):
        seal(actor=someone("administrator"), now=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "column", ["at = at + interval '1 us'", "action = 'x'", "objects_named = '{pump:1}'",
               "door = 'api'", "request_id = 'r'", "digest = sha256('x')", "reason = 'other'",
               "actor_id = (SELECT id FROM hims_actor WHERE kind = 'clock')"],
)  # fmt: skip
def test_each_part_of_an_entry_is_sealed(column):
    seen(5)
    made = sealed()
    victim = numbers(made)[3]
    broken(f"UPDATE hims_auditentry SET {column} WHERE id = %s", [victim])
    assert faults() == (None, f"audit entry {victim}: it is not what seal 1 covers")


@pytest.mark.django_db
def test_what_was_taken_away_or_put_in_is_named():
    seen(5)
    made = sealed()
    one, two, three, four, five = numbers(made)
    undo = transactions.savepoint()

    def after(*statements: str) -> str | None:
        for statement in statements:
            broken(statement)
        said = sealed_entries(None)[1]
        transactions.savepoint_rollback(undo)
        return said

    entry, leaf = "DELETE FROM hims_auditentry WHERE id =", "DELETE FROM hims_auditleaf"
    assert after(f"{entry} {three}") == f"audit entry {three}: seal 1 covers it, and it is gone"
    gap = f"audit entry after {two}: place 2 under seal 1 is empty"
    assert after(f"{leaf} WHERE entry_id = {three}") == gap
    assert after(f"{entry} {three}", f"{leaf} WHERE entry_id = {three}") == gap
    assert after(f"{leaf} WHERE entry_id = {five}") == (
        f"audit entry after {four}: 4 stand under seal 1, of 5"
    )
    assert (
        after(
            f"UPDATE hims_auditleaf SET position = 9 WHERE entry_id = {one}",
            f"UPDATE hims_auditleaf SET position = 0 WHERE entry_id = {two}",
            f"UPDATE hims_auditleaf SET position = 1 WHERE entry_id = {one}",
        )
        == f"audit entry {one}: it stands after {two} under seal 1"
    )
    forged = (
        "INSERT INTO hims_auditentry (at, actor_id, action, objects_named, door, request_id,"
        " digest, reason) SELECT at - interval '{}', actor_id, action, objects_named, door,"
        f" request_id, digest, reason FROM hims_auditentry WHERE id = {one}"
    )
    assert after(forged.format("1 minute")) is None  # it may still be sealed
    late = after(forged.format(GRACE + timedelta(seconds=1)))
    assert late is not None
    assert late.endswith("it is older than the newest seal and under none")
    fewer = "UPDATE hims_auditseal SET entries ="
    assert after(f"{fewer} 4") == f"audit entry after {five}: 5 stand under seal 1, of 4"
    nothing = ("SET CONSTRAINTS ALL IMMEDIATE", f"{leaf}", f"{fewer} 0")
    drop = "ALTER TABLE hims_auditseal DROP CONSTRAINT seal_numbers_begin_with_one"
    assert (
        after(*nothing[:1], drop, *nothing[1:]) == "audit entry after 0: 0 stand under seal 1, of 0"
    )


@pytest.mark.django_db
def test_a_broken_chain_is_named():
    for minute in range(3):
        seen(2, at=NOON + timedelta(minutes=minute))
        sealed(NOON + timedelta(minutes=minute))
    undo = transactions.savepoint()
    own = "its hash is not that of what it says"
    for change, where, said in [
        ("sealed_at = sealed_at - interval '1 s'", 2, f"seal 2: {own}"),
        ("entries = 7", 2, f"seal 2: {own}"),
        ("root = sha256('x')", 3, f"seal 3: {own}"),
        ("hash = sha256('x')", 1, f"seal 1: {own}"),
        ("previous = sha256('x')", 3, "seal 3: it does not follow the seal before it"),
        ("number = 9", 3, "seal 3: it is missing before seal 9"),
        ("number = 9", 1, "seal 1: it is missing before seal 2"),
    ]:
        broken(f"UPDATE hims_auditseal SET {change} WHERE number = {where}")
        assert chain_of_seals(None)[1] == said
        assert change.startswith("root") == ("another root" in (sealed_entries(None)[1] or ""))
        transactions.savepoint_rollback(undo)
    assert faults() == (None, None)


def test_the_tables_of_seals_are_among_those_that_only_grow():
    from hims.verifying import append_only_tables

    assert {"hims_auditseal", "hims_auditleaf"} <= set(append_only_tables())


@pytest.mark.django_db(transaction=True)
def test_what_commits_late_is_sealed_next_and_those_who_seal_at_once_take_turns(tmp_path):
    """Two real connections: an entry with a lower number is not there when others are sealed."""
    seen(2)
    wanted = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        wanted.pop(name, None)
    with psycopg.connect(**wanted) as slow:
        row = slow.execute(
            "INSERT INTO hims_auditentry (at, actor_id, action, objects_named, door, request_id,"
            " digest, reason) SELECT %s, id, 'slow', '{}', 'api', '', sha256('x'), '' FROM"
            " hims_actor WHERE kind = 'clock' RETURNING id", [NOON],
        ).fetchone()  # fmt: skip
        assert row
        seen(2)
        first = sealed()
        assert row[0] not in numbers(first)
        assert max(numbers(first)) > row[0] > min(numbers(first))
        slow.commit()
    assert faults() == (None, None)
    made: list[AuditSeal | None] = []

    def another() -> None:
        try:
            made.append(seal(actor=clock(), now=NOON))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=another) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = sorted((one for one in made if one), key=lambda one: one.number)
    assert [one.number for one in found] == [2, 3, 4, 5]
    assert numbers(found[0])[0] == row[0]
    assert faults() == (None, None)
    assert AuditEntry.objects.filter(leaf=None).count() == 1  # of the last sealing

    out = StringIO()
    call_command("seal", stdout=out)
    printed = out.getvalue().split(" over ")[0]
    file = tmp_path / "trail"
    call_command("audit_export", str(file), stdout=StringIO())
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(CommandError, match="exists already"):
        call_command("audit_export", str(file))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("audit_export", str(tmp_path / "nowhere" / "trail"))
    told = subprocess.run(
        [sys.executable, VERIFIER, file, "--seal", printed, "--seal", printed[:18].upper()],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("All holds: 10 entries under 6 seals, 2 not sealed yet; 2 seals")
    assert printed in told.stdout
