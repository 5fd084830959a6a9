"""The file that `manage.py audit_export` writes and `hims/verify_audit.py` reads, line by line.

Each line is the canonical form (hims.domain.seals) of one object and a line feed; `kind` says what
it is. First one header (format, version, exported_at, how many seals, sealed entries and unsealed
ones follow), then the seals by number, then the sealed entries in the order of their seals and
their places there, then the entries that have no seal yet (seal and position null), last the
trailer: the SHA-256 of all bytes before it. An entry that was sealed and is gone has its number and
nothing else.
"""

from datetime import datetime
from hashlib import sha256
from typing import Any

from hims.domain.seals import Entry, Seal, canonical, instant

FORMAT, VERSION = "hims-audit", 1
FIELDS = ("at", "actor", "action", "objects", "door", "request", "digest", "reason")


class AuditFile:
    """The lines of one export; each method gives the next one as bytes."""

    def __init__(self) -> None:
        self._digest = sha256()

    def header(self, *, exported_at: datetime, seals: int, entries: int, unsealed: int) -> bytes:
        return self._line(
            "header",
            format=FORMAT,
            version=VERSION,
            exported_at=instant(exported_at),
            seals=seals,
            entries=entries,
            unsealed=unsealed,
        )

    def seal(self, seal: Seal, hash: bytes) -> bytes:
        """hash: as it is stored, right or wrong."""
        return self._line("seal", **seal.fields(), hash=hash.hex())

    def sealed(
        self, entry: Entry | None, *, number: int, seal: int, position: int, leaf: bytes
    ) -> bytes:
        """leaf: as it is stored, right or wrong; entry: None for one that is gone."""
        fields = entry.fields() if entry else {"number": number, **dict.fromkeys(FIELDS)}
        return self._line("entry", **fields, seal=seal, position=position, leaf=leaf.hex())

    def unsealed(self, entry: Entry) -> bytes:
        leaf = entry.leaf().hex()
        return self._line("entry", **entry.fields(), seal=None, position=None, leaf=leaf)

    def trailer(self) -> bytes:
        return self._line("trailer", sha256=self._digest.hexdigest())

    def _line(self, kind: str, **fields: Any) -> bytes:
        line = canonical({"kind": kind, **fields}) + b"\n"
        self._digest.update(line)
        return line
