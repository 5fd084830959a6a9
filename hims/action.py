"""The write gate: the actor may, it happens wholly or not at all, and it is recorded.

    @action("asset.set_state")
    def set_state(*, actor, now, asset, state, reason=""): ...

Every change goes through one function so decorated. The gate opens the transaction, checks the
role table, sets who and why for django-simple-history, writes one AuditEntry in the same
transaction, and retries once or twice when PostgreSQL found a deadlock. Shared parts of stories
are steps: they refuse to run outside an open gate. Actions do not call actions.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Model

from hims import gate
from hims.errors import Busy, Forbidden, KeyReused, Refused
from hims.models import Actor, IdempotentAnswer

ACTIONS: dict[str, Callable] = {}

DEADLOCK, SERIALIZATION, LOCK_TIMEOUT = "40P01", "40001", "55P03"
TRIES = 3
ANSWERS_KEPT = timedelta(days=2)


class OutsideGate(RuntimeError):
    """A step ran without an action around it, or an action inside another one."""


@dataclass(frozen=True)
class Answer:
    """What a door says back: an HTTP status and a JSON body; `repeated` when it was said before."""

    status: int
    body: Any
    repeated: bool = False


@dataclass(frozen=True)
class Keyed:
    """An idempotency key with the digest of the whole request, and how to word the answer."""

    key: str
    digest: bytes
    respond: Callable[[Any], Answer]
    refuse: Callable[[Refused], Answer]


def action(name: str) -> Callable:
    """Make a function the action `name`; it then takes keyword arguments only.

    `actor` and `now` (aware) are always among them; `reason`, if given, is kept in the trail.
    Raises Forbidden when the role table says no, and whatever the function raises.
    """

    def wrap(function: Callable) -> Callable:
        @functools.wraps(function)
        def run(*, actor: Actor, now, keyed: Keyed | None = None, **asked):
            if gate.current() is not None:
                raise OutsideGate(f"{name} was called inside {gate.current().name}")
            if not actor.may(name):
                raise Forbidden(name)
            return _through(name, function, actor, now, keyed, asked)

        run.action = name
        ACTIONS[name] = run
        return run

    return wrap


def step(function: Callable) -> Callable:
    """A shared part of several actions: runs inside an open gate only."""

    @functools.wraps(function)
    def run(*args, **kwargs):
        if gate.current() is None:
            raise OutsideGate(f"{function.__qualname__} is a step and ran outside an action")
        return function(*args, **kwargs)

    run.step = True
    return run


def touches(*things: Model) -> None:
    """Name what the action under way is about, for the audit entry."""
    gate.current().objects.extend(naming(thing) for thing in things)


def naming(thing: Model) -> str:
    """How a thing is named in the trail: model:uid, or model:key where it has no public name."""
    return f"{thing._meta.model_name}:{getattr(thing, 'uid', None) or thing.pk}"


@contextmanager
def stream(name: str, *, actor: Actor, now, configuration: dict) -> Iterator[Callable]:
    """A machine stream through the gate: one audit entry for the stream, none for each step.

    Yields `run(function, now=..., **kwargs)`, which opens the gate and a transaction around one
    step of the stream.
    """
    if not actor.may(name):
        raise Forbidden(name)
    with transaction.atomic():
        _record(gate.Act(name=name, actor=actor, now=now, reason="stream opened"), configuration)

    def run(function: Callable, *, now, **kwargs):
        with transaction.atomic(), gate.opened(gate.Act(name=name, actor=actor, now=now)):
            return function(now=now, **kwargs)

    yield run


def look(*, viewer: Actor, now, what: str, things: list[Model], reason: str = "") -> None:
    """Record that `viewer` looked at `things`; each look at a patient is one."""
    act = gate.Act(name=what, actor=viewer, now=now, reason=reason)
    act.objects.extend(naming(thing) for thing in things)
    with transaction.atomic():
        _record(act, {})


def _through(name, function, actor, now, keyed, asked):
    retry = not connection.in_atomic_block
    for attempt in range(TRIES):
        try:
            return _once(name, function, actor, now, keyed, asked)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state == LOCK_TIMEOUT:
                raise Busy("Somebody else is changing this right now. Try again.") from error
            if not retry or state not in {DEADLOCK, SERIALIZATION} or attempt == TRIES - 1:
                raise
        except Refused as refused:
            if keyed is None:
                raise
            return _keep_refusal(actor, now, keyed, refused)
    raise AssertionError("unreachable")


def _once(name, function, actor, now, keyed, asked):
    with transaction.atomic():
        if keyed and (said := _claim(actor, now, keyed)):
            return said
        act = gate.Act(name=name, actor=actor, now=now, reason=asked.get("reason") or "")
        with gate.opened(act):
            result = function(actor=actor, now=now, **asked)
        _record(act, asked)
        if keyed is None:
            return result
        return _keep(actor, keyed, keyed.respond(result))


def _record(act: gate.Act, asked: dict) -> None:
    """One audit entry, written without a model: every action pays for it."""
    came = gate.origin()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hims_auditentry"
            " (at, actor_id, action, objects_named, door, request_id, digest, reason)"
            " VALUES (%s, %s, %s, %s::varchar(80)[], %s, %s, %s, %s)",
            [
                *(act.now, act.actor.pk, act.name, list(dict.fromkeys(act.objects))),
                *(came.door, came.request_id, digest_of(asked), act.reason),
            ],
        )


def digest_of(asked: dict) -> bytes:
    """SHA-256 over the canonical JSON of what was asked; rows stand by their names."""

    def plain(value):
        if isinstance(value, Model):
            return naming(value)
        if isinstance(value, (set, frozenset)):
            return sorted(map(str, value))
        return str(value)

    text = json.dumps(asked, sort_keys=True, default=plain, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


# --- keyed calls ------------------------------------------------------------------------------


def _claim(actor: Actor, now, keyed: Keyed) -> Answer | None:
    """Take the key for this call, or give the answer that the first call got.

    A second call that comes while the first is under way waits on the unique index for at most
    five seconds, then is told to come back.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hims_idempotentanswer (actor_id, key, digest, expires_at)"
            " SELECT %s, %s, %s, %s FROM set_config('lock_timeout', '5s', true)"
            " ON CONFLICT (actor_id, key) DO UPDATE"
            " SET digest = excluded.digest, expires_at = excluded.expires_at,"
            "     status = NULL, answer = NULL"
            " WHERE hims_idempotentanswer.expires_at < %s RETURNING id",
            [actor.pk, keyed.key, keyed.digest, now + ANSWERS_KEPT, now],
        )
        if cursor.fetchone():
            return None
    said = IdempotentAnswer.objects.get(actor=actor, key=keyed.key)
    if bytes(said.digest) != keyed.digest:
        raise KeyReused(keyed.key)
    return Answer(said.status, said.answer, repeated=True)


def _keep(actor: Actor, keyed: Keyed, answer: Answer) -> Answer:
    """Keep the answer, and give it as it is kept: the repeats are then the same to the byte."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE hims_idempotentanswer SET status = %s, answer = %s::jsonb"
            " WHERE actor_id = %s AND key = %s RETURNING answer::text",
            [answer.status, json.dumps(answer.body), actor.pk, keyed.key],
        )
        (kept,) = cursor.fetchone()
    return Answer(answer.status, json.loads(kept))


def _keep_refusal(actor: Actor, now, keyed: Keyed, refused: Refused) -> Answer:
    """A refusal changed nothing, but the same call again must hear the same."""
    with transaction.atomic():
        if said := _claim(actor, now, keyed):
            return said
        return _keep(actor, keyed, keyed.refuse(refused))
