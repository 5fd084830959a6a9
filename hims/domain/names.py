"""What somebody types to find a patient, and how near a name comes to it."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

# Parts of family names that are left out, joined or written apart as people like.
PARTICLES = frozenset(
    [
        *("VAN", "VON", "DER", "DEN", "DE", "DI", "DA", "DU", "DOS", "DEL", "LA", "LE", "EL", "AL"),
        *("BIN", "BINT", "IBN", "TER", "TEN", "ZU", "MC", "MAC", "O"),
    ]
)
LETTERS = str.maketrans({"Ø": "O", "Ł": "L", "Æ": "AE", "Œ": "OE", "Đ": "D", "Þ": "TH", "İ": "I"})
DROPPED = re.compile(r"[\u0300-\u036F'’`´.]")
APART = re.compile(r"[-‐–,/_\s]+")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DATES = (
    (re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b"), "ymd"),
    (re.compile(r"\b(\d{1,2})[./](\d{1,2})[./](\d{4})\b"), "dmy mdy"),
    (re.compile(r"\b(\d{1,2})\.? ([A-Za-z]{3,9})\.?,? (\d{4})\b"), "dmy"),
    (re.compile(r"\b([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})\b"), "mdy"),
)
MOST_WORDS = 5
BEGINS, NOT_ASKED, TURNED, OTHER_BIRTH = 0.35, 0.1, 0.05, 1.5
"""What it costs that only the beginning was typed, that a word of the name was not, that the words
stand in another order, and that the birth date is another one; one edit costs 1."""


@dataclass(frozen=True)
class Asked:
    """What was typed: words of a name (plain), birth dates it may mean, and what may be a number.

    words: groups that must each be found; a group holds the ways in which it may be written.
    """

    words: tuple[tuple[str, ...], ...] = ()
    births: tuple[date, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The words as they were typed, in plain letters."""
        return " ".join(group[0] for group in self.words)


def plain(text: str) -> str:
    """Upper case, without accents and apostrophes, words a space apart."""
    letters = DROPPED.sub("", unicodedata.normalize("NFKD", text)).upper().translate(LETTERS)
    return APART.sub(" ", letters).strip()


def asked(text: str) -> Asked:
    """What `text` asks for: "Oakhurst 5 May 1950", "R1000019", "van der Berg"."""
    births: list[date] = []
    for shape, orders in DATES:
        for match in shape.finditer(text):
            births += [day for order in orders.split() if (day := _day(match.groups(), order))]
        if births:
            text = shape.sub(" ", text)
            break
    pieces = text.split()
    numbers = tuple(piece.strip(",;") for piece in pieces if any(c.isdigit() for c in piece))
    words = plain(" ".join(p for p in pieces if not any(c.isdigit() for c in p))).split()
    return Asked(_groups(words[:MOST_WORDS]), tuple(dict.fromkeys(births)), numbers[:MOST_WORDS])


def _groups(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Particles go with the word behind them, and may be joined to it or left out."""
    groups: list[tuple[str, ...]] = []
    before: list[str] = []
    for place, word in enumerate(words):
        if word in PARTICLES and place + 1 < len(words):
            before.append(word)
        else:
            groups.append((word, "".join([*before, word])) if before else (word,))
            before = []
    return tuple(groups)


def _day(parts: tuple[str, ...], order: str) -> date | None:
    said = dict(zip(order, parts, strict=True))
    month = said["m"]
    if month.isalpha():
        known = [number for number, name in enumerate(MONTHS, 1) if month.lower()[:3] == name]
        month = str(known[0]) if known else "0"
    try:
        return date(int(said["y"]), int(month), int(said["d"]))
    except ValueError:
        return None


def cost(
    words: Sequence[Sequence[str]],
    births: Iterable[date],
    *,
    family: str,
    given: str,
    birth_date: date | None,
) -> float:
    """How far a patient is from what was asked; 0 is the same. Symmetric in family and given but
    for a little: the names as written come first."""
    there = [word for word in plain(f"{family} {given}").split() if word not in PARTICLES]
    there = there or plain(f"{family} {given}").split()
    joined = ["".join(plain(family).split()), "".join(plain(given).split())]
    ways = [*there, *(word for word in joined if word and word not in there)]
    total, places = 0.0, []
    for group in words:
        found = min(
            (
                (_word_cost(word, other), place)
                for word in group
                for place, other in enumerate(ways)
            ),
            default=(float(len(group[0])), 0),
        )
        total += found[0]
        places.append(found[1])
    total += NOT_ASKED * max(len(there) - len(set(places)), 0)
    total += TURNED * (places != sorted(places))
    days = list(births)
    return total + (OTHER_BIRTH if days and birth_date not in days else 0.0)


@lru_cache(maxsize=20_000)
def _word_cost(word: str, other: str) -> float:
    if len(word) >= 3 and len(word) < len(other) and other.startswith(word):
        return BEGINS
    return float(edits(word, other))


def edits(one: str, two: str) -> int:
    """Letters to leave out, put in, change, or swap with their neighbour, to get from one to the
    other (optimal string alignment)."""
    if one == two:
        return 0
    older: list[int] = []
    last = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(two, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                least = min(least, older[j - 2] + 1)
            row.append(least)
        older, last = last, row
    return last[-1]
