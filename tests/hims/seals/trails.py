"""A small trail as it is exported, and a forger who changes it and computes hashes anew."""

import copy
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from hims.domain.seals import NOTHING_BEFORE, Entry, Seal
from hims.wire.audit_file import AuditFile
from tests.hims.seals.test_tree import over

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Records = list[dict[str, Any]]

# Numbers as they come under three seals: 7 and 11 committed late. The last three have none yet.
UNDER = [[1, 2, 3, 4, 5, 6], [8, 9, 10], [7, 12, 13, 15]]
UNSEALED = [11, 16, 17]
NUMBERS = [*UNDER[0], *UNDER[1], *UNDER[2], *UNSEALED]  # as they follow in the file


def entry(number: int) -> Entry:
    at = NOON + timedelta(seconds=number)
    return Entry(number, at, "a", "pump.look", [f"p:{number}"], "api", "", b"\1", f"n{number}")


def exported(under: Sequence[Sequence[int]] = UNDER, unsealed: Sequence[int] = UNSEALED) -> bytes:
    """The file that the export writes of such a trail."""
    written, links, before = AuditFile(), [], NOTHING_BEFORE
    for number, numbers in enumerate(under, 1):
        root = over([entry(one).leaf() for one in numbers]).digest()
        links.append(Seal(number, NOON + timedelta(minutes=number), len(numbers), root, before))
        before = links[-1].hash()
    lines = [
        written.header(
            exported_at=NOON,
            seals=len(under),
            entries=sum(map(len, under)),
            unsealed=len(unsealed),
        ),
        *(written.seal(link, link.hash()) for link in links),
    ]
    for seal, numbers in enumerate(under, 1):
        for position, number in enumerate(numbers):
            one = entry(number)
            place = {"number": number, "seal": seal, "position": position}
            lines.append(written.sealed(one, **place, leaf=one.leaf()))
    lines += [written.unsealed(entry(number)) for number in unsealed]
    return b"".join([*lines, written.trailer()])


def records(file: bytes) -> Records:
    """The lines of a file without its trailer, to be changed."""
    return [json.loads(line) for line in file.splitlines()[:-1]]


def line(record: Any) -> bytes:
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def ended(lines: bytes) -> bytes:
    """These lines with a trailer that fits."""
    return lines + line({"kind": "trailer", "sha256": sha256(lines).hexdigest()})


def forged(changed: Records, *, anew: str = "", since: int = 1, count: bool = True) -> bytes:
    """A file of these records whose trailer fits, and the counts of its header unless not `count`.

    anew: which hashes of seals from `since` on are computed anew, of "leaf root hash previous".
    """
    changed = copy.deepcopy(changed)
    header, seals, entries = parts(changed)
    for seal in seals:
        if seal["number"] < since:
            continue
        mine = [one for one in entries if one["seal"] == seal["number"]]
        for one in mine if "leaf" in anew else []:
            one["leaf"] = leaf_of(one)
        if "root" in anew:
            seal["entries"] = len(mine)
            seal["root"] = over([bytes.fromhex(one["leaf"]) for one in mine]).digest().hex()
        if "previous" in anew and seal["number"] > 1:
            seal["previous"] = seals[seal["number"] - 2]["hash"]
        if "hash" in anew:
            fields = {key: seal[key] for key in seal if key not in ("kind", "hash")}
            seal["hash"] = sha256(b"\x02" + line(fields)[:-1]).hexdigest()
    if count:
        header["seals"] = len(seals)
        header["entries"] = sum(one["seal"] is not None for one in entries)
        header["unsealed"] = sum(one["seal"] is None for one in entries)
    return ended(b"".join(map(line, changed)))


ALL = "leaf root hash previous"


def leaf_of(one: dict[str, Any]) -> str:
    fields = {key: one[key] for key in one if key not in ("kind", "seal", "position", "leaf")}
    return sha256(b"\x00" + line(fields)[:-1]).hexdigest()


def parts(all_of_them: Records) -> tuple[dict[str, Any], Records, Records]:
    """(header, seals, entries)"""
    return (
        all_of_them[0],
        [one for one in all_of_them if one["kind"] == "seal"],
        [one for one in all_of_them if one["kind"] == "entry"],
    )


def with_entry(number: int, /, **changes: Any) -> Records:
    """The trail with something else in the entry of that number."""
    found = records(exported())
    next(one for one in found if one.get("kind") == "entry" and one["number"] == number).update(
        changes
    )
    return found


def with_line(place: int, /, **changes: Any) -> Records:
    """The trail with something else in a line; the header is line 0."""
    found = records(exported())
    found[place].update(changes)
    return found


def seal_of(file: bytes, number: int) -> str:
    """A seal as it is kept outside."""
    return f"{number}:{records(file)[number]['hash']}"
