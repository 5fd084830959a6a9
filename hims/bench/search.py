"""Finding a patient among a million by a misspelled name: how often the right one is among the
first three, and how long it takes beside its own SQL run bare.

Names are put together from syllables and a list of common ones; birth dates spread over ninety
years. A misspelling is one of: two letters swapped, one left out, one doubled, one changed, a sound
written otherwise, an accent left out, or the two names in the other order, in turns. Names that two
patients share cannot be told apart without a birth date, so each is asked with and without it.
"""

import random
import re
import time
from collections.abc import Callable

from django.db import connection

from hims.access.roles import Role
from hims.bench import hospital
from hims.bench.compared import BARE, query_ms
from hims.bench.figures import Figure, middle, quantile
from hims.bench.scratch import House, Say
from hims.models import Patient
from hims.queries.patients import search

WORDS = re.compile(r"\S+")
BEGINS = WORDS.findall("""
Al An Bar Ben Ber Bor Bran Cal Car Chris Clar Cor Dal Dan Dem Dor El Em Far Fen Gar Gold Gran
Hal Har Hen Hol Is Jan Jor Kal Kar Kel Kir Lam Lang Lin Mal Mar Mey Mor Nor O’Con Ol Os Pal Par
Per Pet Quin Rad Ram Ros Sal San Schnei Sil Som Ster Tal Tor Val Vin Wal Wen Wil Yar Zel
""")
MIDDLES = WORDS.findall("""
a an ar e el en er i il in is o ol on or u ul um ber den der ing kow man mer ni sen
""")
ENDS = WORDS.findall("""
bach berg borough by cek dale der don dottir ez feld field ford ghan hart hurst ic ides ini
kova land ley lin man mont ner nez ova rich roth ski sley son stein sson ton ucci vić well wick
wood worth ström müller
""")
FIRST = WORDS.findall("""
Ada Agnes Ahmed Aisha Alan Alice Amélie Amir Ana Andrew Anna Arthur Astrid Beatriz Benjamin
Boris Carlos Carmen Catherine Charlotte Chloé Christopher Clara Daniel David Deborah Dmitri
Dorothy Edward Eleanor Elif Elizabeth Emma Enrique Erik Esther Eva Fatima Felix Fiona Florence
Francis François Frederick Gabriel George Giulia Grace Gustav Hannah Harold Hassan Heidi Helen
Henry Hugo Ibrahim Ingrid Irene Isaac Ivan Jacob James Jane Javier Jens Joanna Jonathan José
Joseph Julia Karim Katarzyna Kenji Kevin Laura Leila Leonard Lucía Ludwig Magdalena Malik
Margaret María Martin Mehmet Michael Mina Mohammed Nadia Nathaniel Nicholas Nora Olga Oliver
Oscar Patricia Paul Pedro Peter Philippa Priya Rachel Rahul Rebecca Richard Robert Rosa Ruth
Samuel Sarah Sean Sofia Stephen Susan Teresa Theodore Thomas Ursula Valentina Victoria Walter
William Xavier Yasmin Yusuf Zoe
""")
FILLED = """
INSERT INTO hims_patient (uid, mrn, family, given, birth_date, birth_estimated, sex, identified)
SELECT gen_random_uuid(), 'B-' || n,
       (%(begins)s::text[])[1 + a %% cardinality(%(begins)s::text[])]
       || (%(middles)s::text[])[1 + b %% cardinality(%(middles)s::text[])]
       || (%(ends)s::text[])[1 + c %% cardinality(%(ends)s::text[])],
       (%(first)s::text[])[1 + d %% cardinality(%(first)s::text[])],
       date '1930-01-01' + e %% 33000, false, CASE n %% 2 WHEN 0 THEN 'female' ELSE 'male' END, true
FROM (SELECT n, hashint4(n) & 1048575 a, hashint4(n + 7000000) & 1048575 b,
             hashint4(n + 14000000) & 1048575 c, hashint4(n + 21000000) & 1048575 d,
             hashint4(n + 28000000) & 1048575 e
      FROM generate_series(%(from)s::int, %(to)s::int) n) random
"""
AT_ONCE = 50_000
SOUNDS = (("ph", "f"), ("f", "ph"), ("k", "c"), ("c", "k"), ("i", "y"), ("y", "i"), ("th", "t"))
FIRST_THREE = 3


def measure(
    house: House, say: Say, *, patients: int = 1_000_000, asked: int = 200, times: int = 40
) -> list[Figure]:
    """Shares of the misspelled names that are found, and milliseconds of a search."""
    for first in range(1, patients + 1, AT_ONCE):
        last = min(first + AT_ONCE - 1, patients)
        say(f"patients {first} to {last}")
        fill(first, last)
    house.as_owner("VACUUM ANALYZE hims_patient")
    searcher = hospital.somebody(Role.RECEPTIONIST).actor
    chance = random.Random(5)  # noqa: S311  (misspells, and keeps no secret)
    some = [chance.randint(1, patients) for _ in range(asked)]
    meant = list(Patient.objects.filter(mrn__in=[f"B-{n}" for n in some]).order_by("mrn"))
    typed = [misspelled(one, MISTAKES[n % len(MISTAKES)], chance) for n, one in enumerate(meant)]
    with_birth = [f"{text} {one.birth_date}" for text, one in zip(typed, meant, strict=True)]
    say(f"{len(meant)} misspelled names")
    share, seconds = _found(searcher, meant, typed)
    share_born, seconds_born = _found(searcher, meant, with_birth)
    figures = [
        Figure("search_first_three", share, "share", "the share that is asked for", 0.95),
        Figure("search_birth_first_three", share_born, "share", "the share asked for", 0.95),
        Figure("search_p95_ms", quantile(seconds, 0.95) * 1000, "ms", "the median of the same",
               middle(seconds) * 1000),
        Figure("search_birth_p95_ms", quantile(seconds_born, 0.95) * 1000, "ms",
               "the median of the same", middle(seconds_born) * 1000),
    ]  # fmt: skip
    sample = typed[:: max(len(typed) // 8, 1)][:8]
    ours, bare = [], []
    for text in sample:
        one, other = query_ms(house, _search(searcher, text), max(times // len(sample), 3))
        ours.append(one)
        bare.append(other)
    figures.append(Figure("search_query_ms", middle(ours), "ms", BARE, middle(bare)))
    return figures


def fill(first: int, last: int) -> None:
    """Patients B-first to B-last."""
    with connection.cursor() as cursor:
        cursor.execute(
            FILLED,
            {
                "begins": BEGINS,
                "middles": MIDDLES,
                "ends": ENDS,
                "first": FIRST,
                "from": first,
                "to": last,
            },
        )


def _search(searcher, text: str) -> Callable[[], object]:
    return lambda: search(searcher, text)


def _found(searcher, meant: list[Patient], typed: list[str]) -> tuple[float, list[float]]:
    """The share of `meant` that is among the first three, and what each search took in seconds."""
    right, seconds = 0, []
    for one, text in zip(meant, typed, strict=True):
        begun = time.perf_counter()
        hits = search(searcher, text)
        seconds.append(time.perf_counter() - begun)
        right += one in [hit.patient for hit in hits[:FIRST_THREE]]
    return right / len(meant), seconds


# --- misspellings -----------------------------------------------------------------------------


def misspelled(one: Patient, mistake: str, chance: random.Random) -> str:
    """The patient's name as somebody in a hurry types it, with that one mistake."""
    if mistake == "turned":
        return f"{one.given} {one.family}"
    if mistake == "accent":
        return f"{one.family} {one.given}".translate(PLAIN)
    if mistake == "sound":
        for was, becomes in SOUNDS:
            if was in one.family[1:]:
                return f"{one.family[0]}{one.family[1:].replace(was, becomes, 1)} {one.given}"
        mistake = "changed"
    return f"{_mistaken(one.family, mistake, chance)} {one.given}"


def _mistaken(word: str, mistake: str, chance: random.Random) -> str:
    at = chance.randint(1, len(word) - 2)
    if mistake == "swapped":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if mistake == "left out":
        return word[:at] + word[at + 1 :]
    if mistake == "doubled":
        return word[:at] + word[at] + word[at:]
    return word[:at] + chance.choice("aeioustnr") + word[at + 1 :]


MISTAKES = ("swapped", "left out", "doubled", "changed", "sound", "accent", "turned")
PLAIN = str.maketrans("áàéèíîóôöúüçćñ’", "aaeeiiooouuccn'")
