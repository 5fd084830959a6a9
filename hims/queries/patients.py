"""Patients that a viewer may know of, and the search over all of them.

The search goes past the read gate on purpose: who registers or admits somebody must find the
record that is there. It shows name, birth date and number, and opens nothing; the door keeps each
search in the trail with whom it showed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from django.db.models import Func, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Concat, Least, Upper

from hims.access.scopes import visible_to
from hims.domain.names import Asked, asked, cost
from hims.errors import Forbidden
from hims.models import Actor, Patient, PatientIdentifier
from hims.models.names import NameKeys
from hims.wire import own_codes

SHOWN = 100
FOUND = 20
LOOKED_AT = 60  # so many of the nearest are ranked letter by letter
MOST_CANDIDATES = 3_000
TOO_FAR = 3.0  # edits a word: what is farther is not what was meant


def patients(viewer: Actor, words: str = "") -> QuerySet[Patient]:
    """The patients whom `viewer` cares for, by name; `words` must all be in name or number."""
    found = visible_to(viewer, Patient.objects.filter(merged_into=None))
    for word in words.split()[:6]:
        found = found.filter(
            Q(family__icontains=word) | Q(given__icontains=word) | Q(mrn__icontains=word)
        )
    return found.order_by("family", "given", "mrn")


def by_number(text: str) -> Patient | None:
    """Who has this record number now, or had it before records were merged; whole numbers only."""
    patient = Patient.objects.select_related("merged_into").filter(mrn=text).first()
    return patient and (patient.merged_into or patient)


@dataclass(frozen=True)
class Hit:
    """A patient that a search found. opens: whether the viewer may open the record now. earlier:
    the number by which it was found, if it is not the one the record has now."""

    patient: Patient
    opens: bool
    earlier: str = ""
    cost: float = field(default=0.0, compare=False)


def search(viewer: Actor, text: str, *, most: int = FOUND) -> list[Hit]:
    """Of all patients the nearest to what was typed, nearest first: whole numbers and wristbands,
    names however misspelled and in either order, birth dates.

    Raises Forbidden without `patients.search`.
    """
    if not viewer.may("patients.search"):
        raise Forbidden("patients.search")
    found = _numbered(_numbers(text)) or _named(asked(text))
    ranked = list(found.items())[:most]
    opens = set(
        visible_to(
            viewer, Patient.objects.filter(pk__in=[one.pk for one, _ in ranked])
        ).values_list("pk", flat=True)
    )
    return [Hit(one, one.pk in opens, *how) for one, how in ranked]


def alike(viewer: Actor, *, family: str, given: str, birth_date=None) -> list[Hit]:
    """Records that somebody who is about to be registered may have already, nearest first."""
    words = f"{family} {given}".strip()
    if len(words) < 3:
        return []
    born = f" {birth_date.isoformat()}" if birth_date else ""
    near = 1.6 if birth_date else 1.1
    return [hit for hit in search(viewer, words + born, most=5) if hit.cost <= near]


def _numbers(text: str) -> tuple[str, ...]:
    own = own_codes.parsed(text)
    if own and own[0] == "patient":
        return (own[1],)
    return tuple(dict.fromkeys([text.strip(), *asked(text).numbers]))


def _numbered(numbers: Iterable[str]) -> dict[Patient, tuple[str, float]]:
    """Those who have one of the whole numbers, the hospital's own first."""
    ways = [way for number in numbers if number for way in (number, number.upper())]
    found: dict[Patient, tuple[str, float]] = {}
    for one in Patient.objects.select_related("merged_into").filter(mrn__in=ways):
        found.setdefault(one.merged_into or one, (one.mrn if one.merged_into else "", 0.0))
    rows = PatientIdentifier.objects.filter(value__in=ways).order_by("pk")
    for row in rows.select_related("patient__merged_into")[:FOUND]:
        found.setdefault(row.patient.merged_into or row.patient, (str(row), 0.0))
    return found


def _named(question: Asked) -> dict[Patient, tuple[str, float]]:
    """Those whose names and birth dates are near to what was asked, nearest first."""
    candidates = {one.pk: one for one in _candidates(question)}
    ranked: dict[Patient, tuple[str, float]] = {}
    for far, one in sorted(
        (
            (
                cost(
                    question.words,
                    question.births,
                    family=one.family,
                    given=one.given,
                    birth_date=one.birth_date,
                ),
                one,
            )
            for one in candidates.values()
        ),
        key=lambda pair: (pair[0], pair[1].family, pair[1].given, pair[1].pk),
    ):
        if far <= TOO_FAR * max(len(question.words), 1):
            earlier = one.mrn if one.merged_into else ""
            ranked.setdefault(one.merged_into or one, (earlier, far))
    return ranked


def _candidates(question: Asked) -> Iterable[Patient]:
    every = Patient.objects.select_related("merged_into")
    if not question.words:
        born = every.filter(birth_date__in=question.births) if question.births else every.none()
        yield from born.order_by("family", "given", "pk")[:SHOWN]
        return
    words = [[group[0], *group[1:]] for group in question.words]
    if question.births:
        some = reduce(or_, (_near(way) for group in words for way in group))
        yield from _keyed(every).filter(some, birth_date__in=question.births)[:SHOWN]
    whole = list(_nearest(reduce(and_, map(_whole, words)), question))
    yield from whole
    if len(words) > 1 or len(whole) < FOUND:
        yield from _nearest(_spelled_otherwise(words), question)
        yield from _nearest(reduce(and_, map(_begun, words)), question)


def _keyed(found: QuerySet[Patient]) -> QuerySet[Patient]:
    name = Concat("family", Value(" "), "given")
    return found.alias(keys=NameKeys("family", "given"), name=Upper(name))


def _nearest(which: Q, question: Asked) -> QuerySet[Patient]:
    """Of those, the nearest that PostgreSQL can tell quickly: edits of the name as it stands."""
    first = _keyed(Patient.objects.order_by()).filter(which).values("pk")[:MOST_CANDIDATES]
    name = Value(question.name[:200])
    there, turned = (
        Func(Upper(Concat(*order)), name, function="levenshtein", output_field=IntegerField())
        for order in (("family", Value(" "), "given"), ("given", Value(" "), "family"))
    )
    rows = Patient.objects.select_related("merged_into").filter(pk__in=first)
    return rows.order_by(Least(there, turned), "pk")[:LOOKED_AT]


def _near(word: str) -> Q:
    """Who has a word in the name that sounds like it, or is one edit away."""
    keys = Func(
        NameKeys(Value(word), Value("")),
        Value(f"^{word[:3]}"),  # that it begins so is not enough
        function="array_remove",
        output_field=NameKeys.output_field,
    )
    return Q(keys__overlap=keys)


# Each of these asks the index alone, or the index and then one plain column: an OR of both would
# have PostgreSQL work out the keys of every row that it reads.


def _whole(ways: Iterable[str]) -> Q:
    """Who has one of these words in the name."""
    return reduce(or_, (Q(keys__contains=[f"={way}"]) for way in ways))


def _begun(ways: list[str]) -> Q:
    """Who has a word in the name that begins so; of one or two letters, the word itself."""
    word = ways[0]
    if len(word) < 3:
        return Q(keys__contains=[f"={word}"])
    return Q(keys__contains=[f"^{word[:3]}"], name__contains=word)


def _spelled_otherwise(words: list[list[str]]) -> Q:
    """Who has something like each of the words; two that stand together may be one."""
    near = [reduce(or_, map(_near, group)) for group in words]
    every = reduce(and_, near)
    for place in range(len(words) - 1):
        joined = Q(keys__contains=[f"={words[place][0]}{words[place + 1][0]}"])
        every |= reduce(and_, [*near[:place], joined, *near[place + 2 :]])
    return every
