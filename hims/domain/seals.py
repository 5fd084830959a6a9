"""What a seal of the audit trail is: the digest of an entry, the root over many, the chain. Pure.

A leaf is SHA-256 over 0x00 and the canonical form of an entry; the root is the Merkle tree hash of
RFC 6962, 2.1 (nodes are SHA-256 over 0x01 and both children); a seal's hash is SHA-256 over 0x02
and the canonical form of its other fields, the hash of the seal before it among them. The canonical
form is JSON in ASCII with sorted keys and no blanks. `hims/verify_audit.py` says the same once more
in its own words, on purpose: neither imports the other.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

ENTRY, PAIR, SEAL = b"\x00", b"\x01", b"\x02"
NOTHING_BEFORE = bytes(32)  # what the first seal follows


@dataclass(frozen=True, slots=True)
class Entry:
    """An audit entry as it is sealed. actor: the uid of who acted; digest: of what was asked."""

    number: int
    at: datetime
    actor: str | None
    action: str
    objects: Sequence[str]
    door: str
    request: str
    digest: bytes
    reason: str

    def fields(self) -> dict[str, Any]:
        """All of it, as it stands in the canonical form."""
        return {
            "number": self.number,
            "at": instant(self.at),
            "actor": self.actor,
            "action": self.action,
            "objects": list(self.objects),
            "door": self.door,
            "request": self.request,
            "digest": self.digest.hex(),
            "reason": self.reason,
        }

    def leaf(self) -> bytes:
        """The digest of the entry, 32 bytes."""
        return hashlib.sha256(ENTRY + canonical(self.fields())).digest()


@dataclass(frozen=True, slots=True)
class Seal:
    """A batch that was closed; `hash` is what is printed and kept outside."""

    number: int
    sealed_at: datetime
    entries: int
    root: bytes
    previous: bytes

    def fields(self) -> dict[str, Any]:
        """All of it, as it stands in the canonical form."""
        return {
            "number": self.number,
            "sealed_at": instant(self.sealed_at),
            "entries": self.entries,
            "root": self.root.hex(),
            "previous": self.previous.hex(),
        }

    def hash(self) -> bytes:
        """The link of the chain, 32 bytes."""
        return hashlib.sha256(SEAL + canonical(self.fields())).digest()


class Root:
    """The Merkle root over leaves that come one after another; it holds one node for each bit of
    their number."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []  # of whole subtrees, the largest first

    def add(self, leaf: bytes) -> None:
        """Take the next leaf."""
        self.count += 1
        self._peaks.append(leaf)
        left = self.count
        while left % 2 == 0:  # two subtrees of one size make the next larger one
            self._join()
            left //= 2

    def digest(self) -> bytes:
        """The root, 32 bytes, once all leaves are in. Raises ValueError when there were none."""
        if not self._peaks:
            raise ValueError("nothing to seal")
        while len(self._peaks) > 1:
            self._join()
        return self._peaks[0]

    def _join(self) -> None:
        right = self._peaks.pop()
        self._peaks[-1] = hashlib.sha256(PAIR + self._peaks[-1] + right).digest()


def canonical(fields: dict[str, Any]) -> bytes:
    """The one way to write these fields down."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode("ascii")


def instant(at: datetime) -> str:
    """A moment in UTC to the microsecond, always of the same length."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
