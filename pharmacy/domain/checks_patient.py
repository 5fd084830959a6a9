"""Does it fit this patient? Allergies, interactions, and what they get already."""

from hims.errors import Finding

from .facts import Current, Facts, KnownAllergy, Substance
from .names import describes_therapy, folded, spoken_of


def allergies(facts: Facts) -> list[Finding]:
    """What the patient is allergic to: the substance, its class, a relative, or in words."""
    found = []
    if not facts.allergies_asked and not facts.allergies:
        found.append(
            Finding(
                "allergies_unknown",
                "Nobody has asked this patient about allergies. Ask, and record the answer.",
                "warn",
                "allergies",
            )
        )
    if facts.drug is not None and not facts.drug.described:
        found.append(
            Finding(
                "not_described",
                f"The formulary does not say what is in {facts.name}: allergies, interactions and "
                "dose were not checked.",
                "warn",
                "product",
            )
        )
    for allergy in facts.allergies:
        found += _of_allergy(facts, allergy)
    return found


def _of_allergy(facts: Facts, allergy: KnownAllergy) -> list[Finding]:
    reaction = f" (reaction: {allergy.reaction})" if allergy.reaction else ""
    for substance in facts.substances:
        classes = {folded(name): name for name in substance.classes}
        if allergy.ingredient and folded(allergy.ingredient) == folded(substance.name):
            text = f"{facts.name}: the patient is allergic to {substance.name}{reaction}."
            return [Finding("allergy", text, "stop", "product")]
        meant = folded(allergy.allergy_class)
        if meant and meant in {*classes, folded(substance.name)}:
            severity = "stop" if allergy.severity == "severe" else "warn"
            text = (
                f"{facts.name}: {substance.name} is one of the {allergy.allergy_class} that the "
                f"patient is allergic to{reaction}."
            )
            return [Finding("allergy", text, severity, "product")]
        related = [
            name for name in allergy.classes if folded(name) in classes and describes_therapy(name)
        ]
        if allergy.ingredient and related:
            text = (
                f"{facts.name}: the patient is allergic to {allergy.ingredient}{reaction}; both "
                f"are {related[0]}."
            )
            return [Finding("allergy_related", text, "warn", "product")]
    if not allergy.text:
        return []
    words = [facts.name.split()[0], *(n for one in facts.substances for n in one.names)]
    if said := spoken_of(allergy.text, [word for word in words if word]):
        text = f"{facts.name}: an allergy is recorded in words, “{allergy.text}”: {said[0]}."
        return [Finding("allergy_text", text, "warn", "product")]
    if allergy.ingredient or allergy.allergy_class:
        return []
    text = f"Not checked: an allergy recorded in words only, “{allergy.text}”. Read it."
    return [Finding("not_checked", text, "info", "allergies")]


def interactions(facts: Facts) -> list[Finding]:
    """Pairs of names that should not meet, of this medicine and each of the others; and, always,
    which lists were looked into."""
    found = []
    mine = _folded_names(facts.substances)
    for other in facts.current:
        theirs = _folded_names(other.substances)
        for pair in facts.pairs:
            one, two = folded(pair.a), folded(pair.b)
            if not ((one in mine and two in theirs) or (two in mine and one in theirs)):
                continue
            dated = f", {pair.dated_on:%Y-%m-%d}" if pair.dated_on else ""
            source = f" ({pair.source}{dated})" if pair.source else ""
            said = pair.text or f"{pair.a} and {pair.b} should not be given together."
            found.append(
                Finding(
                    "interaction",
                    f"{facts.name} with {other.name}: {said}{source}",
                    "stop" if pair.severity == "stop" else "warn",
                    "product",
                )
            )
    return [*dict.fromkeys(found), looked_into(facts)]


def looked_into(facts: Facts) -> Finding:
    """Which lists of interactions were looked into, of which day: no match is not safe."""
    lists = "; ".join(
        f"{source.name}{f' of {source.dated_on:%Y-%m-%d}' if source.dated_on else ''}, "
        f"{source.rows} pairs"
        for source in facts.sources
    )
    text = (
        f"Interactions were looked up in: {lists}. No match is not safe."
        if lists
        else "Interactions were not checked: no list is loaded. No match is not safe."
    )
    return Finding("not_checked", text, "info", "interactions")


def duplicates(facts: Facts) -> list[Finding]:
    """The same substance twice, or two of one class."""
    found = []
    for other in facts.current:
        theirs = {folded(one.name): one for one in other.substances}
        same = [one.name for one in facts.substances if folded(one.name) in theirs]
        if same:
            text = f"{facts.name}: the patient gets {same[0]} already, in {other.name}."
            found.append(Finding("duplicate_ingredient", text, "warn", "product"))
        elif shared := _shared_class(facts.substances, other):
            text = f"{facts.name}: the patient gets {other.name} already; both are {shared}."
            found.append(Finding("duplicate_class", text, "warn", "product"))
    return found


def _shared_class(substances: tuple[Substance, ...], other: Current) -> str:
    theirs = {folded(name) for one in other.substances for name in one.classes}
    for one in substances:
        for name in one.classes:
            if folded(name) in theirs and describes_therapy(name):
                return name
    return ""


def _folded_names(substances: tuple[Substance, ...]) -> set[str]:
    return {folded(name) for one in substances for name in one.names}
