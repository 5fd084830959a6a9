"""Names of substances and classes: when two mean the same, and when free text speaks of one."""

import re
import unicodedata
from collections.abc import Iterable

_WORDS = re.compile(r"[^\W_]+")
SHORTEST_MISSPELT = 7
"""Words of so many letters may be one letter wrong: "penicilin"; "iodine" and "iodide" may not."""

_PROPERTIES = ("cyp", "qt ", "serotonergic", "narrow therapeutic", "p-gp")


def folded(name: str) -> str:
    """A name without case, accents and doubled spaces, as it is compared."""
    plain = unicodedata.normalize("NFKD", str(name))
    letters = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(letters.casefold().split())


def describes_therapy(name: str) -> bool:
    """Whether a class says what a medicine is for ("NSAIDs"), so that two of it may be one too
    many, and not how it behaves ("strong CYP3A4 inhibitors")."""
    text = f"{folded(name)} "
    return not any(word in text for word in _PROPERTIES)


def spoken_of(text: str, names: Iterable[str]) -> list[str]:
    """Those of `names` that free `text` speaks of: all their words stand in it, in the singular
    or the plural, or with one letter wrong in a long word."""
    said = [_stem(word) for word in _WORDS.findall(folded(text)[:500])]
    found = []
    for name in names:
        words = [_stem(word) for word in _WORDS.findall(folded(name))]
        if words and all(any(_alike(word, one) for one in said) for word in words):
            found.append(name)
    return found


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") else word


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < SHORTEST_MISSPELT or abs(len(one) - len(other)) > 1:
        return False
    return _one_letter_apart(*sorted((one, other), key=len))


def _one_letter_apart(shorter: str, longer: str) -> bool:
    at = next(
        (n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter)
    )
    if len(shorter) == len(longer):
        return shorter[at + 1 :] == longer[at + 1 :]
    return shorter[at:] == longer[at + 1 :]
