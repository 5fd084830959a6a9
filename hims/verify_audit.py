"""Check an export of the audit trail: python verify_audit.py FILE [--seal NUMBER:HASH ...].

This program needs Python and nothing else. It says 0 when all holds, 1 naming the first entry that
is not as it was, 2 when it was asked wrongly. Without --seal and --before it finds what was done by
somebody who could not compute every hash after it anew; only a seal that was kept outside (printed
on a report, or written down from `manage.py seal`) or an earlier export finds that too.

FILE holds one JSON object a line, written in one way only (ASCII, sorted keys, no blanks), by kind:
  header   format "hims-audit", version 1, exported_at, how many seals, entries and unsealed follow
  seal     number from 1, sealed_at, entries, root, previous (the hash before it; first 64 zeros),
           hash = SHA-256 of byte 2 and the other fields but kind, written as above
  entry    at, actor, action, objects, door, request, digest, reason, number; seal, position from 0
           there (both null when not sealed yet); leaf = SHA-256 of byte 0 and the nine first
  trailer  sha256 of all bytes before it
A root is that of RFC 6962, 2.1: of two halves SHA-256 of byte 1 and both, the left one the largest
power of two.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

KEYS = {
    "header": "entries exported_at format kind seals unsealed version",
    "seal": "entries hash kind number previous root sealed_at",
    "entry": "action actor at digest door kind leaf number objects position reason request seal",
    "trailer": "kind sha256",
}
COUNTS = ("entries", "seals", "unsealed", "version", "number")  # these are whole numbers
APART = ("kind", "seal", "position", "leaf")  # what an entry's leaf does not cover


class Bad(Exception):
    """What is wrong, with the entry it begins with."""


def written(record: Any) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def digest(mark: bytes, content: bytes) -> bytes:
    return hashlib.sha256(mark + content).digest()


def digest_without(mark: bytes, record: dict[str, Any], apart: Sequence[str]) -> bytes:
    fields = {key: value for key, value in record.items() if key not in apart}
    return digest(mark, written(fields))


class Export:
    """An export, read once: `seals` when it is opened, then `entries()` to the end of the file.

    outside: (number of a seal, beginning of its hash) as they were kept outside.
    """

    def __init__(self, path: str, outside: Sequence[tuple[int, str]] = ()) -> None:
        self.stream, self.sha256 = open(path, "rb"), hashlib.sha256()  # noqa: SIM115
        self.line = self.last = self.floor = 0
        self.after, self.outside = "at the beginning", outside
        self.seals: list[dict[str, Any]] = []
        self.faults: dict[int, str] = {}  # of seals, by number
        self.seen: dict[int, int] = {}  # number of an entry // 4096 -> one bit for each that came
        self.header, before = self.take("header"), "0" * 64
        if (self.header["format"], self.header["version"]) != ("hims-audit", 1):
            raise Bad("line 1: this is no export that this program knows")
        for number in range(1, self.header["seals"] + 1):
            seal = self.take("seal")
            if seal["number"] != number:
                raise Bad(f"line {self.line}: seal {number} should be here")
            if seal["previous"] != before:
                self.faults[number] = "it does not follow the seal before it"
            if seal["hash"] != digest_without(b"\x02", seal, ("kind", "hash")).hex():
                self.faults[number] = "its hash is not that of what it says"
            before = seal["hash"]
            self.seals.append(seal)
            self.after = f"after seal {number}"

    def take(self, kind: str) -> dict[str, Any]:
        """The next line, which must be of this kind and written as an export writes it."""
        raw = self.stream.readline()
        self.line += 1
        try:
            record = json.loads(raw)
            exact = written(record) + b"\n" == raw and isinstance(record, dict)
        except (ValueError, RecursionError):
            exact = False
        named = re.search(rb'"number":(\d+),"objects"', raw) if kind == "entry" else None
        where = f"{f'entry {named[1].decode()}' if named else self.after}: line {self.line}"
        if not raw:
            raise Bad(f"{where} is missing, the file was cut")
        if not exact:
            raise Bad(f"{where} is not as an export writes it")
        if record.get("kind") != kind:
            raise Bad(f"{where} should be the next {kind}")
        counts = [record[key] for key in COUNTS if key in record]
        if " ".join(sorted(record)) != KEYS[kind] or any(type(one) is not int for one in counts):
            raise Bad(f"{where} is no {kind}")
        if kind != "trailer":
            self.sha256.update(raw)
        return record

    def entry(self, seal: int | None, position: int | None) -> dict[str, Any]:
        """The next entry, which must stand in this place."""
        entry = self.take("entry")
        number = entry["number"]
        if entry["leaf"] != digest_without(b"\x00", entry, APART).hex():
            raise Bad(f"entry {number}: line {self.line} is not what was written into the trail")
        if written([entry["seal"], entry["position"]]) != written([seal, position]):
            lost = {2: f"entry {number - 1}"}.get(number - self.last, self.after)
            raise Bad(
                f"{lost}: line {self.line} should hold place {position} under seal {seal},"
                f" and holds entry {number}"
            )
        if number <= self.floor:
            raise Bad(f"entry {number}: line {self.line} does not come after entry {self.floor}")
        thousands, bit = number // 4096, 1 << number % 4096
        if self.seen.get(thousands, 0) & bit:
            raise Bad(f"entry {number}: it is there twice, again in line {self.line}")
        self.seen[thousands] = self.seen.get(thousands, 0) + bit
        self.last = self.floor = number
        self.after = f"after entry {number}"
        return entry

    def entries(self) -> Iterator[dict[str, Any]]:
        """All entries, one after another; whoever reads them to the end has checked everything."""
        doubtful = None  # the first entry for which no seal from outside stands yet
        for seal in self.seals:
            number, begins, self.floor = seal["number"], None, 0
            peaks: list[tuple[int, bytes]] = []  # (leaves, root) of whole subtrees, largest first
            for position in range(seal["entries"]):
                entry = self.entry(number, position)
                begins = begins or entry["number"]
                size, node = 1, bytes.fromhex(entry["leaf"])
                while peaks and peaks[-1][0] == size:
                    size, node = size * 2, digest(b"\x01", peaks.pop()[1] + node)
                peaks.append((size, node))
                yield entry
            roots = [root for _, root in peaks]
            while len(roots) > 1:
                right = roots.pop()
                roots[-1] = digest(b"\x01", roots[-1] + right)
            if [root.hex() for root in roots] != [seal["root"]]:
                self.faults[number] = "its root is not that of its entries"
            if number in self.faults:
                what = f"seal {number}: {self.faults[number]}"
                raise Bad(f"entry {begins or self.last} or one up to {self.last}: {what}")
            doubtful = doubtful or begins
            kept = [beginning for named, beginning in self.outside if named == number]
            if not all(map(seal["hash"].startswith, kept)):
                what = f"seal {number} is not the one that was kept outside"
                raise Bad(f"entry {doubtful} or one up to {self.last}: {what}")
            doubtful = None if kept else doubtful
        cut = [named for named, _ in self.outside if named > len(self.seals)]
        if cut:
            raise Bad(f"{self.after}: seal {min(cut)} is missing, the end was cut off")
        self.floor = 0
        for _ in range(self.header["unsealed"]):
            yield self.entry(None, None)
        trailer = self.take("trailer")
        if self.header["entries"] != sum(seal["entries"] for seal in self.seals):
            raise Bad("line 1: it does not say how many entries are under these seals")
        if trailer["sha256"] != self.sha256.hexdigest():
            raise Bad(f"line {self.line}: the lines before it are not those that were written")
        if self.stream.read(1):
            raise Bad(f"line {self.line + 1}: something follows the end")


def compare(export: Export, earlier: Export) -> None:
    """Read both to their ends; what `earlier` holds must be in `export`, in the same places."""
    entries, pending = export.entries(), {}
    for was in earlier.entries():
        if was["seal"] is None:
            pending[was["number"]] = was["leaf"]
        elif next(entries, None) != was:
            raise Bad(f"entry {was['number']}: the earlier export has another in this place")
    for entry in entries:
        if pending.pop(entry["number"], entry["leaf"]) != entry["leaf"]:
            raise Bad(f"entry {entry['number']}: it was another in the earlier export")
    if pending:
        raise Bad(f"entry {min(pending)}: it was in the earlier export, and is not here")
    for was, seal in zip(earlier.seals, export.seals, strict=False):
        if was != seal:
            raise Bad(f"seal {seal['number']}: it was another in the earlier export")


def outside_seal(text: str) -> tuple[int, str]:
    if not re.fullmatch(r"[1-9][0-9]{0,17}:[0-9a-fA-F]{16,64}", text):
        raise argparse.ArgumentTypeError("a seal is NUMBER:HASH, the hash with 16 to 64 digits")
    number, beginning = text.split(":")
    return int(number), beginning.lower()


def check(path: str, outside: Sequence[tuple[int, str]], before: str | None) -> str:
    """Check everything; what was found, in one line. Raises Bad, or OSError for no file."""
    export = Export(path, outside)
    if before:
        try:
            for _ in Export(before).entries():
                pass
        except Bad as bad:
            raise Bad(f"the earlier export itself is bad: {bad}") from bad
        compare(export, Export(before))
    else:
        for _ in export.entries():
            pass
    kept = f"{len(outside)} seals and {1 if before else 0} earlier exports kept outside agree"
    newest = f"the newest is {len(export.seals)}:{export.seals[-1]['hash']}" if export.seals else ""
    return (
        f"All holds: {export.header['entries']} entries under {len(export.seals)} seals, "
        f"{export.header['unsealed']} not sealed yet; "
        f"{kept if outside or before else 'nothing kept outside was compared'}; "
        f"{newest or 'there is no seal'}."
    )


def main(arguments: Sequence[str]) -> int:
    """Check what was asked for, say what was found, and return the exit status."""
    parser = argparse.ArgumentParser(description="Check an export of the audit trail.")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument(
        "--seal",
        action="append",
        default=[],
        type=outside_seal,
        metavar="NUMBER:HASH",
        help="a seal that was kept outside",
    )
    parser.add_argument("--before", metavar="FILE", help="an earlier export that was kept outside")
    asked = parser.parse_args(arguments)
    try:
        sys.stdout.write(check(asked.file, asked.seal, asked.before) + "\n")
    except Bad as bad:
        sys.stderr.write(f"{bad}.\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename} cannot be read: {error.strerror}.\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
