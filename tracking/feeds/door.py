"""The hot door: `POST /api/readings/` and `POST /api/gateways/{format}/`, in front of Django.

A plain ASGI callable. It knows keys, tags and gateways by heart (feeds.registry), turns a body
into fixed records and hands them to the engine (feeds.link). 202 means queued; when the engine is
away or behind, or the registry cannot be trusted any more, it says 503 with Retry-After before
memory grows. A batch goes whole to the one engine; with several it would be cut by
link.engine_of first.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import repeat

import msgspec
import numpy as np

from hims import live
from hims.access import keys
from hims.bridge import Receive, Scope, Send, send_problem
from tracking.domain.readings import READING
from tracking.feeds.link import EngineLink, socket_path
from tracking.feeds.registry import Caller, Known, Registry
from tracking.wire import addresses, frames, minew
from tracking.wire.readings import MOST_BYTES, Batch, Malformed, TooLarge, decode, inflate

READINGS = "/api/readings/"
GATEWAYS = "/api/gateways/"
FORMATS: dict[str, Callable[..., minew.Post]] = {"minew": minew.decode}
BODY_S = 30.0
MOST_IN_FLIGHT = 64 * 1024 * 1024
"""Bytes of bodies being read at once by one web worker."""
_JSON, _MSGPACK = b"application/json", b"application/msgpack"
_AS_VENDORS_SEND = {b"", _JSON, b"text/plain", b"application/octet-stream"}
_RETRY = [(b"retry-after", b"1")]
BUSY = "The positioning engine is busy or away. Send this again."

log = logging.getLogger(__name__)


class Problem(Exception):
    """A request that is not taken: status, sentence and headers of the answer."""

    def __init__(self, status: int, detail: str, headers: list[tuple[bytes, bytes]] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class Door:
    """The ASGI callable, its registry and its link to the engine; one for each web worker."""

    def __init__(self, registry: Registry, link: EngineLink) -> None:
        self.registry, self.link = registry, link
        self.in_flight = 0
        self._started = False

    def start(self) -> None:
        """Begin to keep the registry fresh and the engine at hand, in the running event loop."""
        if not self._started:
            self._started = True
            self.registry.start(lambda callback: live.hub.subscribe(live.REGISTRY, callback))
            self.link.start()

    async def stop(self) -> None:
        await self.link.stop()
        await self.registry.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.start()
        try:
            answer = await self._answer(scope, receive)
        except Problem as problem:
            await send_problem(
                send,
                problem.status,
                problem.detail,
                problem.headers,
                body=scope["method"] != "HEAD",
            )
            return
        content = msgspec.json.encode(answer)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: Scope, receive: Receive) -> dict:
        headers = dict(scope["headers"])
        form = _format_of(scope["path"])
        if scope["method"] != "POST":
            raise Problem(405, "Readings can only be posted.", [(b"allow", b"POST")])
        caller = await self._caller(headers.get(b"authorization", b""))
        packed = _is_packed(headers.get(b"content-type", b""), form)
        body = await self._body(headers, receive)
        if self.link.full:  # before work is put into what cannot go on
            raise Problem(503, BUSY, _RETRY)
        try:
            if headers.get(b"content-encoding", b"").strip().lower() == b"gzip":
                body = inflate(body)
            if form:
                post = FORMATS[form](body, packed=packed)
            else:
                post = minew.Post(decode(body, packed=packed))
        except Malformed as error:
            raise Problem(400, _sentence(error)) from None
        except TooLarge as error:
            raise Problem(413, _sentence(error)) from None
        records, notes, rejected = place(post, caller, self.registry.known)
        arrived = time.time()
        mark = _digest(caller, form, headers.get(b"idempotency-key"), body, post.batch)
        out = b""
        if len(records):
            out += frames.of_readings(records, actor=caller.actor, arrived=arrived, digest=mark)
        if notes.strangers or notes.health or notes.batteries:
            out += frames.of_notes(notes, actor=caller.actor, arrived=arrived, digest=mark)
        if out and not self.link.offer(out):
            raise Problem(503, BUSY, _RETRY)
        return {
            "accepted": len(records),
            "rejected": [{"index": index, "reason": reason} for index, reason in rejected],
        }

    async def _caller(self, header: bytes) -> Caller:
        challenge = [(b"www-authenticate", b"Token")]
        secret = keys.from_header(header.decode("latin-1"))
        if not secret:
            text = "Send a device key or an access token: Authorization: Token KEY."
            raise Problem(401, text, challenge)
        if not await self.registry.fresh():
            raise Problem(503, "Keys cannot be checked right now. Send this again.", _RETRY)
        digest = keys.digest(secret)
        if digest not in self.registry.known.callers:
            await self.registry.look_again()
        caller = self.registry.known.callers.get(digest)
        if caller is None or (caller.expires_at and caller.expires_at <= datetime.now(UTC)):
            raise Problem(401, "The key is unknown, expired or revoked.", challenge)
        if not caller.may_post:
            raise Problem(403, "This key may not post readings.")
        return caller

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        encoding = headers.get(b"content-encoding", b"").strip().lower()
        if encoding not in (b"", b"identity", b"gzip"):
            accepted = [(b"accept-encoding", b"gzip")]
            raise Problem(415, "A body is sent plain or with Content-Encoding: gzip.", accepted)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > MOST_BYTES:
            raise Problem(413, f"One request carries at most {MOST_BYTES} bytes.")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_S):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Problem(400, "The body ended too early.")
                    part = message.get("body", b"")
                    size += len(part)
                    self.in_flight += len(part)
                    if size > MOST_BYTES:
                        raise Problem(413, f"One request carries at most {MOST_BYTES} bytes.")
                    if self.in_flight > MOST_IN_FLIGHT:
                        raise Problem(503, "Too much is being sent at once.", _RETRY)
                    parts.append(part)
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            raise Problem(408, f"The body did not come within {BODY_S:.0f} s.") from None
        finally:
            self.in_flight -= size


def place(post: minew.Post, caller: Caller, known: Known):
    """READING records with numbers for addresses, what else there is to note, and the rejected
    rows (index, reason) in order.

    A row of an unknown tag or gateway is rejected, counted and listed for adoption.
    """
    batch = post.batch
    rejected = list(batch.rejected)
    strangers: dict[tuple[str, str], frames.Stranger] = {}
    gateway, refused = _gateways(batch, caller, known)
    tag = np.fromiter(map(known.tags.get, batch.tags, repeat(0)), np.uint32, len(batch.tags))
    for row in np.flatnonzero((tag == 0) | (gateway == 0)).tolist():
        name = batch.tags[row]
        index = int(batch.index[row])
        if gateway[row] == 0:
            reason, stranger = refused[_gateway_of(batch, row)]
            rejected.append((index, reason))
            if stranger:
                _count(strangers, "gateway", stranger, None, 0)
            continue
        tag[row] = known.tags.of(name)
        if tag[row] == 0:
            fault = addresses.fault(name, "tag")
            if not fault:
                address = addresses.normalise(name)
                _count(strangers, "tag", address, float(batch.rssi[row]), int(gateway[row]))
                fault = f"unknown tag {address}: adopt it under Settings, Unknown devices"
            rejected.append((index, fault))
    good = (tag != 0) & (gateway != 0)
    records = np.empty(int(good.sum()), READING)
    records["tag"], records["gateway"] = tag[good], gateway[good]
    records["rssi"], records["at"] = batch.rssi[good], batch.at[good]
    notes = frames.Notes(strangers=list(strangers.values()))
    _note_vendor(notes, post, known, caller)
    rejected.sort()
    return records, notes, rejected


def _gateways(batch: Batch, caller: Caller, known: Known):
    """Each row's gateway number, 0 where it is refused; and the refusals by name: a reason and,
    if it should be listed as unknown, the address."""
    rows = len(batch.tags)
    if isinstance(batch.gateways, str):
        number, refusal = _gateway(batch.gateways, caller, known)
        return np.full(rows, number, np.uint32), {batch.gateways: refusal}
    judged = {name: _gateway(name, caller, known) for name in set(batch.gateways)}
    number_of = {name: number for name, (number, _) in judged.items()}
    numbers = np.fromiter(map(number_of.__getitem__, batch.gateways), np.uint32, rows)
    return numbers, {name: refusal for name, (_, refusal) in judged.items()}


def _gateway(name: str, caller: Caller, known: Known) -> tuple[int, tuple[str, str]]:
    if name == "":
        if len(caller.own) == 1:
            return caller.own[0], ("", "")
        return 0, ("gateway is missing, and this key does not stand for one gateway", "")
    number = known.gateways.get(name, 0) or known.gateways.of(name)
    if not number:
        fault = addresses.fault(name, "gateway")
        if fault:
            return 0, (fault, "")
        address = addresses.normalise(name)
        reason = f"unknown gateway {address}: adopt it under Settings, Unknown devices"
        return 0, (reason, address)
    owner = known.owner.get(number)
    if (owner is not None and owner != caller.actor) or (caller.only_own and owner is None):
        return 0, (f"gateway {addresses.normalise(name)} is not this device's", "")
    return number, ("", "")


def _gateway_of(batch: Batch, row: int) -> str:
    return batch.gateways if isinstance(batch.gateways, str) else batch.gateways[row]


def _count(strangers, kind: str, address: str, rssi: float | None, heard_by: int) -> None:
    stranger = strangers.setdefault((kind, address), frames.Stranger(kind, address, 0))
    stranger.count += 1
    if rssi is not None and (stranger.strongest is None or rssi > stranger.strongest):
        stranger.strongest, stranger.heard_by = rssi, heard_by


def _note_vendor(notes: frames.Notes, post: minew.Post, known: Known, caller: Caller) -> None:
    """What a gateway says of itself and of the tags it hears, if it may speak for itself."""
    if not post.gateway:
        return
    number, (_, stranger) = _gateway(post.gateway, caller, known)
    if stranger and not post.batch.tags:
        notes.strangers.append(frames.Stranger("gateway", stranger, 1))
    if number:
        notes.health.append(frames.Health(number, post.load, post.free))
        for name, percent in post.batteries.items():
            tag = known.tags.get(name, 0)
            if tag:
                notes.batteries[tag] = percent


def _format_of(path: str) -> str:
    """The vendor format in the path, "" for our own."""
    if path == READINGS:
        return ""
    form = path.removeprefix(GATEWAYS).removesuffix("/")
    if form not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise Problem(404, f"There is no such gateway format. Known: {known}.")
    return form


def _is_packed(content_type: bytes, form: str) -> bool:
    kind = content_type.split(b";")[0].strip().lower()
    if kind in (_MSGPACK, b"application/x-msgpack", b"application/vnd.msgpack"):
        return True
    if kind in ((_AS_VENDORS_SEND) if form else (b"", _JSON)):
        return False
    raise Problem(415, "Readings are sent as application/json or application/msgpack.")


def _digest(caller: Caller, form: str, key: bytes | None, body: bytes, batch: Batch) -> bytes:
    """What a repeat of the same batch is known by. A batch without times can rightly come twice:
    it is told as a repeat only if the sender gave it a key."""
    if key is None and not batch.timed:
        return frames.NO_DIGEST
    whole = hashlib.sha256(b"%d\0%s\0%s\0" % (caller.actor, form.encode(), key or b""))
    whole.update(body)
    return whole.digest()[:16]


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + "."


app = Door(Registry(), EngineLink(socket_path()))
