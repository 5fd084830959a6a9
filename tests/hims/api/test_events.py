"""What is announced in a transaction reaches every open stream that may see it, and no other."""

import asyncio
import json
import threading
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone

from hims import live
from hims.api import events
from hims.api.events import EventDoor, Stream
from hims.models import AccessKey, Actor, Device
from tests.hims.streams import (
    announced,
    event,
    following,
    in_thread,
    listening,
    person,
    row,
    session_of,
    token_of,
    until,
)
from tests.hims.test_asgi import Client, scope_of


@pytest.fixture(autouse=True)
def kinds_of_this_test(monkeypatch):
    """Positions for those who may see assets, and a kind that nobody registered."""
    shown = {
        "position": lambda viewer, told: told if viewer.may("assets.view") else None,
        "room": lambda viewer, told: told.only(lambda one: one.get("ward") in (None, viewer.name)),
    }
    monkeypatch.setattr(live, "_kinds", shown)


# --- one stream ---------------------------------------------------------------------------------


def stream_of(kinds=("position",), floor="", roles=("porter",), name="North"):
    viewer = Actor(kind="person", username="u", name=name, roles=list(roles))
    return Stream(events.Credential(session="s"), viewer, frozenset(kinds), floor)


def told_by(stream):
    """(kind, rows) of each event that waits, as the browser would read them."""
    found = []
    for block in stream.take("e-1").decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"]).get("rows")))
    return found


def test_a_stream_takes_the_kinds_it_asked_for_and_its_viewer_may_see():
    stream = stream_of(kinds=("position", "room"))
    stream.offer(event(row()))
    stream.offer(event({"ward": "South"}, {"ward": "North"}, kind="room"))
    stream.offer(event({"lot": 1}, kind="stock"))
    assert told_by(stream) == [("position", [row()]), ("room", [{"ward": "North"}])]
    nobody = stream_of(roles=())
    nobody.offer(event(row()))
    assert told_by(nobody) == []


def test_a_kind_that_nobody_registered_is_shown_to_nobody():
    stream = stream_of(kinds=("patient_position",), roles=("physician", "administrator"))
    stream.offer(event(row(), kind="patient_position"))
    assert told_by(stream) == []


def test_a_slow_reader_gets_the_latest_word_on_each_thing():
    stream = stream_of()
    for n in range(events.QUEUE_EVENTS * 3):
        stream.offer(event(row("a", x=n), row(f"b{n % 2}", x=n)))
    assert len(stream.waiting) <= events.QUEUE_EVENTS
    latest = {}
    for _, rows in told_by(stream):
        latest |= {one["id"]: one["x"] for one in rows}
    last = events.QUEUE_EVENTS * 3 - 1
    assert latest == {"a": last, "b0": last - 1, "b1": last}


def test_a_slow_reader_of_one_floor_still_hears_what_left_it():
    stream = stream_of(floor="f1")
    stream.offer(event(row("a", "f1"), before=["f2"]))
    stream.offer(event(row("a", "f2"), before=["f1"]))
    for n in range(events.QUEUE_EVENTS):
        stream.offer(event(row("b", "f1", x=n), before=["f1"]))
    things = {one["id"]: one["floor"] for _, rows in told_by(stream) for one in rows}
    assert things == {"a": "f2", "b": "f1"}


def test_a_slow_reader_of_words_that_cannot_be_merged_is_told_to_start_anew():
    stream = stream_of(kinds=("room",))
    for _ in range(events.QUEUE_EVENTS + 1):
        stream.offer(event({"ward": None}, kind="room"))
    assert told_by(stream) == [("reset", None)]


# --- with the database ---------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_told_and_what_is_rolled_back_is_not():
    headers = token_of(person())

    def roll_back():
        with suppress(ZeroDivisionError), transaction.atomic():
            live.announce("position", [row("never")])
            _ = 1 / 0

    async def go():
        async with listening() as (_, door, _run), following(door, headers=headers) as (client, _):
            await in_thread(roll_back)
            many = [row(f"thing {n}", text="x" * 100) for n in range(500)]
            await announced("position", many)
            await until(lambda: b"thing 499" in client.body)
            return client

    client = asyncio.run(go())
    assert client.status == 200
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert b"never" not in client.body
    assert all(f"thing {n}".encode() in client.body for n in range(500))


@pytest.mark.django_db(transaction=True)
def test_a_stream_resumes_after_the_last_event_it_saw_and_else_starts_anew():
    headers = token_of(person())

    async def go():
        async with listening() as (hub, door, _):
            seen = hub.latest_id.encode()
            await announced("position", [row("missed")])
            await until(lambda: hub.since(seen.decode()))
            resumed = [*headers, (b"last-event-id", seen)]
            async with following(door, headers=resumed) as (client, _):
                await until(lambda: b"missed" in client.body)
                assert b"event: reset" not in client.body
                assert b"id: " + hub.latest_id.encode() in client.body
            strange = [*headers, (b"last-event-id", b"elsewhere-7")]
            async with following(door, headers=strange) as (client, _):
                await until(lambda: b"event: reset" in client.body)

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_is_made_again_and_the_followers_start_anew():
    headers = token_of(person())

    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%%' OR query = 'SELECT 1'"
            )

    async def go():
        async with listening() as (hub, door, _), following(door, headers=headers) as (client, _):
            before = hub.latest_id
            await in_thread(cut)
            await until(lambda: b"event: reset" in client.body)
            assert hub.latest_id.partition("-")[0] != before.partition("-")[0]
            await announced("position", [row("after")])
            await until(lambda: b"after" in client.body)

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_strangers_and_devices_without_the_scope_are_refused():
    device = Actor.objects.create(kind="device", username="gw", name="gw")
    Device.objects.create(actor=device, kind="gateway", scopes=["readings"])
    without_scope = token_of(device)
    away = person("gone")
    gone = token_of(away)
    Actor.objects.filter(pk=away.pk).update(is_active=False)

    async def status(**scope):
        async with listening() as (_, door, _run), following(door, **scope) as (client, _):
            return client.status, client.headers

    code, said = asyncio.run(status())
    assert (code, said[b"www-authenticate"]) == (401, b"Token")
    assert asyncio.run(status(headers=[(b"authorization", b"Token nothing")]))[0] == 401
    assert asyncio.run(status(headers=[(b"cookie", b"hims_session=nothing")]))[0] == 401
    assert asyncio.run(status(headers=gone))[0] == 401
    assert asyncio.run(status(headers=without_scope))[0] == 403
    assert asyncio.run(status(method="POST"))[0] == 405
    assert asyncio.run(status(query_string=b"kinds=gossip"))[0] == 400


@pytest.mark.django_db(transaction=True)
def test_a_revoked_key_an_ended_session_and_a_revoked_phone_close_their_streams_in_five_seconds():
    actor = person()
    by_key = token_of(actor)
    session, by_session = session_of(actor)
    phone = Actor.objects.create(kind="device", username="phone", name="phone")
    Device.objects.create(actor=phone, kind="phone", scopes=[])
    token_of(phone)
    _, by_phone = session_of(actor, phone=phone.pk)
    _, stays = session_of(actor)

    def end():
        AccessKey.objects.filter(actor__in=[actor, phone]).update(revoked_at=timezone.now())
        session.delete()

    async def go():
        async with listening() as (_, door, _run):
            opened = [following(door, headers=one) for one in (by_key, by_session, by_phone, stays)]
            tasks = [(await one.__aenter__())[1] for one in opened]
            await asyncio.sleep(events.CHECK_S + 1)
            assert not any(task.done() for task in tasks)
            await in_thread(end)
            await until(lambda: all(task.done() for task in tasks[:3]), seconds=5)
            assert not tasks[3].done()
            for one in opened:
                await one.__aexit__(None, None, None)
            assert not door.streams

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_a_new_password_and_an_expired_key_end_the_stream_and_new_roles_change_what_it_shows():
    actor = person(roles=())
    _, cookie = session_of(actor)
    short = token_of(actor)
    AccessKey.objects.update(expires_at=timezone.now() + timedelta(seconds=1))

    async def go():
        async with (
            listening() as (_, door, _run),
            following(door, headers=cookie) as (client, task),
            following(door, headers=short) as (_, expiring),
        ):
            await announced("position", [row("hidden")])
            await in_thread(Actor.objects.filter(pk=actor.pk).update, roles=["porter"])
            await in_thread(said_to_the_registry)
            await asyncio.sleep(0.5)
            await announced("position", [row("shown")])
            await until(lambda: b"shown" in client.body)
            assert b"hidden" not in client.body
            await in_thread(Actor.objects.filter(pk=actor.pk).update, password="another")
            await until(lambda: task.done() and expiring.done(), seconds=5)

    def said_to_the_registry():
        live.announce_registry("actors")

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_two_hundred_streams_hold_no_thread_and_no_database_connection():
    headers = token_of(person())

    def connections_open():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            return cursor.fetchone()[0]

    async def go():
        async with listening() as (_, door, _run):
            async with following(door, headers=headers):
                before = threading.active_count(), await in_thread(connections_open)
            clients = [
                Client(door, scope_of(path="/api/events/", headers=headers)) for _ in range(200)
            ]
            tasks = [asyncio.create_task(client.exchange()) for client in clients]
            await until(lambda: len(door.streams) == 200)
            assert (threading.active_count(), await in_thread(connections_open)) == before
            await announced("position", [row("for all")])
            await until(lambda: all(b"for all" in client.body for client in clients))
            for client in clients:
                client.hung_up.set()
            await asyncio.gather(*tasks)
            assert not door.streams
            assert not door.hub.followers

    asyncio.run(go())


@pytest.mark.django_db(transaction=True)
def test_more_streams_than_the_bound_are_told_to_come_back():
    headers = token_of(person())

    async def go():
        async with listening() as (_, door, _run):
            door.limit = 1
            async with (
                following(door, headers=headers),
                following(door, headers=headers) as (client, _),
            ):
                return client.status, client.headers

    status, said = asyncio.run(go())
    assert status == 503
    assert b"retry-after" in said


def test_a_quiet_stream_is_pinged(monkeypatch):
    monkeypatch.setattr(events, "PING_S", 0.01)
    stream = stream_of()

    async def go():
        door = EventDoor(live.Hub(), partial(asyncio.to_thread))
        door.streams.add(stream)
        task = asyncio.create_task(door._ping())
        await asyncio.wait_for(stream.wake.wait(), 5)
        task.cancel()

    asyncio.run(go())
    assert b": still here" in stream.take("e-0")
