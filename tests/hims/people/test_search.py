"""A patient is found by what people really type, and by whom else nobody is shown."""

from datetime import date
from string import ascii_uppercase

import pytest
from django.db import connection
from hypothesis import assume, settings
from hypothesis import given as samples
from hypothesis import strategies as st

from hims.domain.names import asked, cost, edits, plain
from hims.errors import Forbidden
from hims.models import PatientIdentifier
from hims.queries.patients import alike, search
from tests import given

from .taking import taken

words = st.text(ascii_uppercase, min_size=4, max_size=12)
NAMES = [
    ("Müller", "Jürgen"),
    ("O’Connor", "Siobhán"),
    ("van der Berg", "Anneke"),
    ("Smith-Jones", "Mary Ann"),
    ("Nguyễn", "Thị Minh"),
    ("Katzenbach", "Philippa"),
    ("Li", "Wu"),
    ("Łukasiewicz", "Zofia"),
]


@pytest.fixture
def house(db):
    house = given.hospital()
    for family, name in NAMES:
        taken(house, family=family, given=name, birth_date=date(1980, 1, 2))
    return house


def keys_of(family: str, name: str = "") -> set[str]:
    """What PostgreSQL keeps of a name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT hims_name_keys(%s, %s)", [family, name])
        return set(cursor.fetchone()[0])


def near(one: str, two: str) -> bool:
    return any(key[0] not in "=^" for key in keys_of(one) & keys_of(two))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Mueller Jurgen", "Müller"),
        ("JÜRGEN MULLER", "Müller"),
        ("oconnor siobhan", "O’Connor"),
        ("O'Conner Siobhan", "O’Connor"),
        ("vanderberg anneke", "van der Berg"),
        ("Berg Aneke", "van der Berg"),
        ("van der Burg Anneke", "van der Berg"),
        ("smith jones mary", "Smith-Jones"),
        ("Smithjones Maryann", "Smith-Jones"),
        ("Jones Mary", "Smith-Jones"),
        ("nguyen minh", "Nguyễn"),
        ("Catzenbach Filippa", "Katzenbach"),
        ("Ktazenbach", "Katzenbach"),
        ("katz phil", "Katzenbach"),
        ("Wu Li", "Li"),
        ("Lukasiewicz", "Łukasiewicz"),
        ("Lukasievich Sofia 2 January 1980", "Łukasiewicz"),
    ],
)
def test_whoever_is_meant_comes_first(house, typed, found):
    hits = search(house.receptionist, typed)
    assert hits, typed
    assert hits[0].patient.family == found


def test_a_whole_number_finds_one_and_a_part_of_it_nobody(house):
    one = taken(house, mrn="MRN-777001", identifiers=[("LAB", "L-4711")])
    for typed in ("MRN-777001", "mrn-777001", "l-4711", "HIMS:PATIENT:MRN-777001"):
        assert [hit.patient for hit in search(house.receptionist, typed)] == [one]
    assert PatientIdentifier.objects.count() == 1
    for typed in ("MRN-77700", "4711", "%", "' OR 1=1", "", "^"):
        assert search(house.receptionist, typed) == [], typed


def test_a_birth_date_finds_those_born_then_and_tells_two_of_one_name_apart(house):
    for year in (1970, 1971):
        taken(house, family="Osei", given="Ama", birth_date=date(year, 3, 4))
    for typed in ("1970-03-04", "4 Mar 1970", "March 4, 1970", "04.03.1970", "3/4/1970"):
        assert [hit.patient.birth_date.year for hit in search(house.receptionist, typed)] == [1970]
    for year in (1971, 1970):
        first = search(house.receptionist, f"Osai Ama 4.3.{year}")[0]
        assert first.patient.birth_date.year == year


def test_only_who_may_search_finds_and_only_carers_may_open(house):
    with pytest.raises(Forbidden):
        search(house.porter, "Müller")
    with pytest.raises(Forbidden):
        search(house.privacy_officer, "Müller")
    assert [hit.opens for hit in search(house.nurse, "Müller")] == [False]


def test_somebody_like_the_one_that_is_typed_is_shown_and_nobody_else(house):
    like = {"family": "Muller", "given": "Jurgen"}
    assert [hit.patient.family for hit in alike(house.receptionist, **like)] == ["Müller"]
    assert alike(house.receptionist, family="Muller", given="Katharina") == []
    assert alike(house.receptionist, family="M", given="") == []


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@samples(word=words, data=st.data())
def test_words_one_edit_apart_share_a_key(word, data):
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(ascii_uppercase))
    changed = {
        "left out": word[:at] + word[at + 1 :],
        "put in": word[:at] + letter + word[at:],
        "changed": word[:at] + letter + word[at + 1 :],
        "swapped": word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
    }
    other = changed[data.draw(st.sampled_from(sorted(changed)))]
    assert edits(word, other) <= 1
    assert near(word, other), (word, other)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None)
@samples(st.text(max_size=40), st.text(max_size=40))
def test_every_text_has_keys_among_them_its_words(family, name):
    assume("\0" not in family + name)
    keys = keys_of(family, name)
    assert all(keys), "no key is empty"
    found = [f"={word}" in keys for word in plain(f"{family} {name}").split() if word.isascii()]
    assert all(found) or not (family + name).isascii()


@samples(words, words)
def test_edits_are_a_distance(one, two):
    assert edits(one, two) == edits(two, one)
    assert (edits(one, two) == 0) is (one == two)
    assert abs(len(one) - len(two)) <= edits(one, two) <= max(len(one), len(two))


@samples(st.text(max_size=60))
def test_whatever_is_typed_is_understood_as_something(typed):
    question = asked(typed)
    assert len(question.words) <= 5
    far = cost(question.words, question.births, family="Osei", given="Ama", birth_date=None)
    assert far >= 0


def test_dates_are_read_in_the_ways_people_write_them():
    day = date(1950, 5, 7)
    for typed in ("1950-05-07", "7.5.1950", "7 May 1950", "May 7, 1950", "7th"):
        assert (day in asked(f"Oakhurst {typed}").births) is (typed != "7th")
    assert set(asked("7/5/1950").births) == {day, date(1950, 7, 5)}
    assert asked("31.2.1950").births == ()
    assert asked("van der Berg Ada").words == (("BERG", "VANDERBERG"), ("ADA",))
