"""Binary frames from the door to the engine and the engine's words back, over a local socket.

A frame is a header, then its payload; a word is two numbers. Little-endian throughout; both ends
are one release on one machine, so a frame of another version closes the connection instead of
being guessed at.
"""

import struct
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from tracking.domain.readings import READING

_HEADER = struct.Struct("<4sBxxxI16sQd")
_MAGIC = b"HMS1"
LARGEST = 16 * 1024 * 1024
"""Bytes of the largest payload; more is a broken stream."""

READINGS, NOTES = 1, 2
NO_DIGEST = b"\0" * 16
"""The digest of a batch in which a repeat cannot be told (its readings carry no time)."""


_WORD = struct.Struct("<4sxxxxQQ")


class Word(NamedTuple):
    """What the engine says to one door: how many bytes of this connection are behind it, stepped
    and written (`done`), and how many may be under way at any moment (`allowed`, 0: none)."""

    done: int
    allowed: int


class Broken(ValueError):
    """The stream does not hold frames of this version."""


class Stranger(msgspec.Struct, array_like=True):
    """A transmitter that nobody has adopted: `kind` tag or gateway, heard `count` times, the
    loudest time by the gateway with the number `heard_by` (0: none that is known)."""

    kind: str
    address: str
    count: int
    strongest: float | None = None
    heard_by: int = 0


class Health(msgspec.Struct, array_like=True):
    """What a gateway says of itself: processor load, free memory in percent."""

    gateway: int
    load: float | None = None
    free: float | None = None


class Notes(msgspec.Struct):
    """What a batch says besides readings. `batteries`: percent by tag number."""

    strangers: list[Stranger] = []
    health: list[Health] = []
    batteries: dict[int, int] = {}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `actor` is the number of the sender, `arrived` seconds since 1970."""

    kind: int
    digest: bytes
    actor: int
    arrived: float
    payload: bytes

    def readings(self) -> NDArray[np.void]:
        """The records of a frame of kind READINGS, read-only, dtype READING."""
        if len(self.payload) % READING.itemsize:
            raise Broken("a frame of readings does not hold whole records")
        return np.frombuffer(self.payload, dtype=READING)

    def notes(self) -> Notes:
        """The values of a frame of kind NOTES."""
        try:
            return _NOTES.decode(self.payload)
        except msgspec.MsgspecError:
            raise Broken("a frame of notes cannot be read") from None


_NOTES = msgspec.msgpack.Decoder(Notes)
_ENCODER = msgspec.msgpack.Encoder()


def of_readings(
    records: NDArray[np.void], *, actor: int, arrived: float, digest: bytes = NO_DIGEST
) -> bytes:
    """The frame of a batch of READING records whose tags and gateways are database keys."""
    payload = np.ascontiguousarray(records, dtype=READING).tobytes()
    return _HEADER.pack(_MAGIC, READINGS, len(payload), digest, actor, arrived) + payload


def of_notes(notes: Notes, *, actor: int, arrived: float, digest: bytes = NO_DIGEST) -> bytes:
    """The frame of what a batch says besides readings."""
    payload = _ENCODER.encode(notes)
    return _HEADER.pack(_MAGIC, NOTES, len(payload), digest, actor, arrived) + payload


def take(buffer: bytearray) -> list[Frame]:
    """The whole frames at the start of `buffer`, which loses them; Broken if it holds none."""
    frames = []
    place = 0
    while len(buffer) - place >= _HEADER.size:
        magic, kind, length, digest, actor, arrived = _HEADER.unpack_from(buffer, place)
        if magic != _MAGIC or length > LARGEST:
            raise Broken("the stream is not made of our frames")
        end = place + _HEADER.size + length
        if len(buffer) < end:
            break
        payload = bytes(memoryview(buffer)[place + _HEADER.size : end])
        frames.append(Frame(kind, digest, actor, arrived, payload))
        place = end
    del buffer[:place]
    return frames


def of_word(word: Word) -> bytes:
    """The word on the wire."""
    return _WORD.pack(_MAGIC, *word)


def newest_word(buffer: bytearray) -> Word | None:
    """The last whole word at the start of `buffer`, which loses all of them; None if there is
    none yet, Broken if it holds something else."""
    whole = len(buffer) // _WORD.size * _WORD.size
    if not whole:
        return None
    magic, done, allowed = _WORD.unpack_from(buffer, whole - _WORD.size)
    if magic != _MAGIC:
        raise Broken("the stream is not made of our words")
    del buffer[:whole]
    return Word(done, allowed)
