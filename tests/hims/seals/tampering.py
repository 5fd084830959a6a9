"""Every way to tamper with an export that we know, and what the verifier should say of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.hims.seals.trails import (
    ALL,
    NUMBERS,
    UNDER,
    ended,
    entry,
    exported,
    forged,
    leaf_of,
    line,
    records,
    seal_of,
    with_entry,
    with_line,
)

GOOD = exported()
LINES = GOOD.splitlines(keepends=True)
FIRST = 4  # the line of the first entry, from 0
SEALS = [seal_of(GOOD, number) for number in (1, 2, 3)]
EARLIER = exported(UNDER[:2], [7, 11, 12])


@dataclass(frozen=True)
class Case:
    """A file, how the verifier is asked, whether it should find something, and the beginning of
    what it should say."""

    name: str
    file: bytes
    says: str = ""
    seals: list[str] = field(default_factory=list)
    before: bytes | None = None

    @property
    def status(self) -> int:
        return 1 if self.says else 0


def cases() -> Iterator[Case]:
    """All of them; what cannot be found from the file alone is here too, as holding."""
    yield from _well()
    yield from _dropped_and_swapped()
    yield from _edited()
    yield from _cut()
    yield from _rewritten()
    yield from _header_and_trailer()
    yield from _written_otherwise()
    yield from _compared()


def _well() -> Iterator[Case]:
    yield Case("as it was", GOOD)
    yield Case("nothing at all", exported([], []))
    yield Case("nothing sealed", exported([], [1, 3]))
    yield Case("all sealed", exported([[1]], []))
    yield Case("each number far from the next", exported([[1, 4096, 8193], [2, 4097]], [8192]))
    for count in (2, 3, 4, 7, 8, 9):
        yield Case(f"{count} under one seal", exported([list(range(1, count + 1))], []))


def _dropped_and_swapped() -> Iterator[Case]:
    for place, named in [(0, "entry 1"), (1, "entry 2"), (4, "entry 5"), (7, "entry 9")]:
        changed = records(GOOD)
        del changed[FIRST + place]
        yield Case(f"dropped {place}", forged(changed), f"{named}: line {FIRST + place + 1} should")
        raw = b"".join(LINES[: FIRST + place] + LINES[FIRST + place + 1 :])
        yield Case(f"dropped {place} as it is", raw, f"{named}: line {FIRST + place + 1} should")
    swapped = records(GOOD)
    swapped[FIRST + 2], swapped[FIRST + 3] = swapped[FIRST + 3], swapped[FIRST + 2]
    yield Case("swapped", forged(swapped), "entry 3: line 7 should hold place 2 under seal 1, and")
    for place in (2, 3):
        swapped[FIRST + place]["position"] = place
    yield Case("swapped with their places", forged(swapped), "entry 3: line 8 does not come after")
    yield Case("swapped, computed anew", forged(swapped, anew=ALL), "entry 3: line 8 does not come")
    twice = records(GOOD)
    twice.insert(FIRST + 3, twice[FIRST + 2])
    yield Case("twice", forged(twice, count=False), "after entry 3: line 8 should hold place 3")
    again = with_entry(8, **entry(3).fields())
    yield Case("again under another", forged(again, anew=ALL), "entry 3: it is there twice")
    again = with_entry(17, **{**entry(3).fields(), "leaf": entry(3).leaf().hex(), "number": 3})
    yield Case("again without a seal", forged(again), "entry 3: line 20 does not come after")
    again = with_entry(11, **{**entry(3).fields(), "leaf": entry(3).leaf().hex()})
    yield Case("again, the first without a seal", forged(again), "entry 3: it is there twice")
    far = exported([[4096], [4096]], [])
    yield Case("again far off", far, "entry 4096: it is there twice")
    nought = exported([[1]], [0, 2])
    yield Case("number nought without a seal", nought, "entry 0: line 4 does not come after")
    yield Case("number nought", exported([[0, 1]], []), "entry 0: line 3 does not come after")
    for name, where, wrong in [("another seal", "seal", 2), ("another place", "position", 3)]:
        moved = with_entry(3, **{where: wrong})
        yield Case(name, forged(moved, count=False), "after entry 2: line 7 should hold place 2")
    none = with_entry(16, seal=3, position=4)
    yield Case("a seal too many", forged(none, count=False), "after entry 11: line 19 should hold")


def _edited() -> Iterator[Case]:
    own = "is not what was written into the trail"
    for number in (1, 6, 10, 17):
        edited = with_entry(number, reason="other")
        at = FIRST + NUMBERS.index(number) + 1
        yield Case(f"edited {number}", forged(edited), f"entry {number}: line {at} {own}")
    gone = dict.fromkeys(("at", "actor", "action", "objects", "door", "request", "digest"))
    yield Case("gone", forged(with_entry(9, **gone)), f"entry 9: line 12 {own}")
    edited = with_entry(9, reason="other")
    under = "entry 8 or one up to 10: seal 2"
    for anew, said in [("leaf", "its root"), ("leaf root", "its hash"), ("root", f"{own}")]:
        named = f"entry 9: line 12 {own}" if anew == "root" else f"{under}: {said} is not that"
        yield Case(f"edited with {anew}", forged(edited, anew=anew), named)
    chain = "entry 7 or one up to 15: seal 3: it does not follow the seal before it"
    yield Case("edited but the chain", forged(edited, anew="leaf root hash"), chain)
    edited = with_entry(2, reason="other")
    chain = "entry 8 or one up to 10: seal 2: it does not follow the seal before it"
    yield Case("edited first but the chain", forged(edited, anew="leaf root hash"), chain)
    for field_of_seal in ("sealed_at", "root"):
        other = with_line(2, **{field_of_seal: "other"})
        yield Case(f"seal 2 with another {field_of_seal}", forged(other), under)
    yield Case("seal 1 follows something", forged(with_line(1, previous="f" * 64), anew="hash"),
               "entry 1 or one up to 6: seal 1: it does not follow the seal before it")  # fmt: skip
    yield Case("seal 3 has another hash", forged(with_line(3, hash="f" * 64)), "entry 7 or one")
    yield Case("another root, all else anew", forged(with_line(3, root="f" * 64), anew="hash"),
               "entry 7 or one up to 15: seal 3: its root")  # fmt: skip


def _cut() -> Iterator[Case]:
    for kept in range(len(LINES)):
        yield Case(f"cut after line {kept}", b"".join(LINES[:kept]), _after(kept))
    half = b"".join(LINES[:9]) + LINES[9][:100]
    yield Case("cut within a line", half, "after entry 5: line 10 is not as")
    yield Case("without its last line feed", GOOD[:-1], "after entry 17: line 21 is not as")
    cut = records(GOOD)
    yield Case("the entries without a seal cut off", forged(cut[:-3]))
    yield Case(
        "found by an earlier export all the same",
        forged(cut[:-3]),
        "entry 11: it was in",
        [],
        EARLIER,
    )
    yield Case("the same with all", forged(cut[:-2]), "", [], EARLIER)
    del cut[3]
    yield Case("a seal cut off, its entries not", forged(cut[:-3], count=False), "after seal 2")
    yield Case("and counted", forged(cut[:-3]), "after entry 10: line 13 should be the next tra")
    short = forged(cut[: FIRST + 8])
    yield Case("the last seal cut off", short)
    yield Case("found by that seal", short, "after entry 10: seal 3 is missing", [SEALS[2]])
    yield Case("found by an earlier one", short, "entry 7: it was in", [], EARLIER)
    yield Case("found by a later one", short, "entry 7: the earlier export has", [], GOOD)
    yield Case("an older seal still agrees", short, "", [SEALS[1]])
    yield Case("all cut off", exported([], []), "at the beginning: seal 2 is missing", SEALS[1:])


def _after(kept: int) -> str:
    if kept == 0:
        return "at the beginning: line 1 is missing"
    if kept == 1:
        return "at the beginning: line 2 is missing"
    if kept <= FIRST:
        return f"after seal {kept - 1}: line {kept + 1} is missing"
    return f"after entry {NUMBERS[kept - FIRST - 1]}: line {kept + 1} is missing"


def _rewritten() -> Iterator[Case]:
    rewritten = forged(with_entry(9, reason="other"), anew=ALL, since=2)
    inside = "the one that was kept outside"
    yield Case("rewritten from 9 on", rewritten)
    yield Case("a seal from before agrees", rewritten, "", SEALS[:1])
    yield Case("found by its seal", rewritten,
               f"entry 1 or one up to 10: seal 2 is not {inside}", [SEALS[1]])  # fmt: skip
    yield Case("found by the last seal", rewritten,
               f"entry 1 or one up to 15: seal 3 is not {inside}", [SEALS[2]])  # fmt: skip
    yield Case(
        "found between two seals",
        rewritten,
        f"entry 8 or one up to 15: seal 3 is not {inside}",
        [SEALS[2], SEALS[0]],
    )
    yield Case("found by the first of two", rewritten,
               f"entry 8 or one up to 10: seal 2 is not {inside}", SEALS)  # fmt: skip
    yield Case("found by half a hash", rewritten,
               f"entry 1 or one up to 10: seal 2 is not {inside}", [SEALS[1][:18]])  # fmt: skip
    yield Case("found by an earlier export", rewritten, "entry 9: the earlier export", [], EARLIER)
    moved = forged(with_line(2, sealed_at="2020"), anew=ALL, since=2)
    yield Case("another time of a seal", moved)
    yield Case("found too by the earlier", moved, "seal 2: it was another in the", [], EARLIER)


def _header_and_trailer() -> Iterator[Case]:
    unknown = "line 1: this is no export"
    yield Case("another format", forged(with_line(0, format="other")), unknown)
    yield Case("another version", forged(with_line(0, version=2)), unknown)
    for name, by, says in [
        ("seals", 1, "after seal 3: line 5 should be the next seal"),
        ("seals", -1, "after seal 2: line 4 should be the next entry"),
        ("entries", 1, "line 1: it does not say"),
        ("entries", -1, "line 1: it does not say"),
        ("unsealed", 1, "after entry 17: line 21 should be the next entry"),
        ("unsealed", -1, "after entry 16: line 20 should be the next trailer"),
    ]:
        other = with_line(0, **{name: records(GOOD)[0][name] + by})
        yield Case(f"{name} by {by}", forged(other, count=False), says)
    for name in ("entries", "seals", "unsealed", "version"):
        value = records(GOOD)[0][name]
        other = with_line(0, **{name: float(value)})
        yield Case(
            f"{name} no whole number", forged(other, count=False), "at the beginning: line 1"
        )
    yield Case("another time", GOOD.replace(b"12:00:00", b"12:00:01", 1), "line 21: the lines")
    yield Case("another sum", GOOD[:-70] + b"0" * 67 + b'"}\n', "after entry 17: line 21")
    wrong = b"".join(LINES[:-1]) + line({"kind": "trailer", "sha256": "0" * 64})
    yield Case("the sum of something else", wrong, "line 21: the lines before it are not")
    for tail in (b"\n", b" ", b"{}\n", GOOD):
        yield Case(f"{tail[:3]!r} follows", GOOD + tail, "line 22: something follows the end")
    order = records(GOOD)
    order[1], order[2] = order[2], order[1]
    yield Case("seals in another order", forged(order), "line 2: seal 1 should be here")
    empty = exported([[1, 2]], [])
    none = records(empty)[:2]
    none[1]["entries"] = 0
    yield Case("a seal over nothing", forged(none, anew="hash"), "entry 0 or one up to 0: seal 1")


def _written_otherwise() -> Iterator[Case]:
    """The same, or nearly, in other bytes, with a trailer that fits them."""
    body = b"".join(LINES[:-1])
    odd = "line {} is not as an export writes it"
    for name, old, new, says in [
        ("a blank", b'"number":3,"o', b'"number": 3,"o', "after entry 2: " + odd.format(7)),
        ("a key twice", b'"number":3,"o', b'"number":3,"number":3,"o', "entry 3: " + odd.format(7)),
        ("keys in another order", b'"number":3,"objects":["p:3"]', b'"objects":["p:3"],"number":3',
         "after entry 2: " + odd.format(7)),
        ("a letter written as a number", b'"n3"', b'"\\u006e3"', "entry 3: " + odd.format(7)),
        ("a letter that is no letter", b'"n3"', b'"\xff"', "entry 3: " + odd.format(7)),
        ("another line end", LINES[6], LINES[6][:-1] + b"\r\n", "entry 3: " + odd.format(7)),
        ("an empty line", LINES[6], b"\n" + LINES[6], "after entry 2: " + odd.format(7)),
        ("a list", LINES[6], b"[1]\n", "after entry 2: " + odd.format(7)),
        ("a very deep list", LINES[6], b"[" * 100_000 + b"\n", "after entry 2: " + odd.format(7)),
        ("a very long number", b'"number":3,', b'"number":' + b"3" * 5_000 + b",", "after seal 2"),
        ("another kind", b'"kind":"entry"', b'"kind":"other"', "entry 1: line 5 should be"),
    ]:  # fmt: skip
        yield Case(name, ended(body.replace(old, new, 1)), says)
    for name, changes in {
        "half a number": {"number": 3.5},
        "a whole float": {"number": 3.0},
        "a text": {"number": "3"},
    }.items():
        other = with_entry(3, **changes)
        other[FIRST + 2]["leaf"] = leaf_of(other[FIRST + 2])
        yield Case(f"an entry with {name}", forged(other), "after entry 2: line 7 is no entry")
    yield Case("an entry with more", forged(with_entry(3, more=1)), "entry 3: line 7 is no entry")
    less = with_entry(3)
    del less[FIRST + 2]["door"]
    yield Case("an entry with less", forged(less), "entry 3: line 7 is no entry")
    for number, name, value in [(1, "position", False), (2, "position", True), (2, "seal", True)]:
        same = with_entry(number, **{name: value})
        says = f"after {'seal 3' if number == 1 else 'entry 1'}: line {FIRST + number} should hold"
        yield Case(f"{name} {value}", forged(same, count=False), says)
    yield Case("a seal with more", forged(with_line(1, more=1)), "at the beginning: line 2 is no")
    for name in ("number", "entries"):
        same = with_line(1, **{name: float(records(GOOD)[1][name])})
        yield Case(f"a seal with {name} a float", forged(same), "at the beginning: line 2 is no")
    yield Case("a header with more", forged(with_line(0, more=1)), "at the beginning: line 1 is no")
    more = line({"kind": "trailer", "more": 1, "sha256": LINES[-1][28:92].decode()})
    yield Case("a trailer with more", body + more, "after entry 17: line 21 is no trailer")


def _compared() -> Iterator[Case]:
    yield Case("with all seals", GOOD, "", SEALS)
    yield Case("with seals as printed", GOOD, "", [one[:18].upper() for one in SEALS])
    wrong = "entry 1 or one up to 6: seal 1 is not"
    yield Case("with a wrong seal", GOOD, wrong, ["1:" + "0" * 16])
    yield Case("with one right and one wrong", GOOD, wrong, [SEALS[0], "1:" + "0" * 16])
    yield Case("with one wrong and one right", GOOD, wrong, ["1:" + "0" * 16, SEALS[0]])
    yield Case("with a seal to come", GOOD, "after entry 15: seal 4 is", ["4:" + "0" * 64])
    yield Case("with two to come", GOOD, "after entry 15: seal 4 is",
               ["5:" + "0" * 16, "4:" + "0" * 16])  # fmt: skip
    yield Case("with itself", GOOD, "", [], GOOD)
    yield Case("with an earlier one", GOOD, "", [], EARLIER)
    yield Case("with the first", GOOD, "", [], exported([], [1]))
    bad = EARLIER.replace(b"12:00:00", b"12:00:01", 1)
    yield Case("with a bad one", GOOD, "the earlier export itself is bad: line 16", [], bad)
    other = records(EARLIER)
    other[-1].update(reason="other")
    other[-1]["leaf"] = leaf_of(other[-1])
    yield Case(
        "one was edited before its seal", GOOD, "entry 12: it was another", [], forged(other)
    )
    more = exported(UNDER[:2], [7, 14])
    yield Case("one went before its seal", GOOD, "entry 14: it was in the earlier", [], more)
    two = exported(UNDER[:2], [7, 14, 18])
    yield Case("two went before their seal", GOOD, "entry 14: it was in the earlier", [], two)
