"""Is the dose right? Against the hospital's own limits: single, daily, for each kilogram, ever.

The larger a dose, the more is said of it: see the properties in tests/pharmacy/domain.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hims.errors import Finding

from .doses import MOST, Amount, Part, converted, dimension, of_ingredients, plain, spelt
from .facts import Current, Facts, Limit
from .names import folded

TEN_TIMES = Decimal(8)
"""From this multiple of a limit on, a slip of the decimal point or of the unit is named."""

WEIGHT_GOOD_FOR = ((28, 3), (365, 14), (2 * 365, 30), (12 * 365, 90), (18 * 365, 180))
ADULT_WEIGHT_GOOD_FOR = 365
"""For how many days a weight is good, by age in days (below the first number). The figures are
this project's own, set so that ordinary growth changes a weight by no more than about a tenth:
a newborn gains about 30 g a day, an infant doubles within half a year, a schoolchild gains 2 to
3 kg a year. A hospital's own policy may ask for less."""


def usable(value: Decimal | None) -> bool:
    """Whether a number can be reckoned with: finite, above zero and below MOST."""
    return value is not None and value.is_finite() and 0 < value <= MOST


def weight_good_for(age_days: int | None) -> int:
    """For how many days a weight is good; an unknown age counts as an adult's."""
    if age_days is not None:
        for below, days in WEIGHT_GOOD_FOR:
            if age_days < below:
                return days
    return ADULT_WEIGHT_GOOD_FOR


def dose(facts: Facts) -> list[Finding]:
    """All that is to be said of the dose; lines of severity info say what was not checked."""
    order = facts.order
    if not usable(order.dose):
        return [Finding("dose_impossible", "The dose is not a number above zero.", field="dose")]
    base = order.product or facts.drug
    if base is not None and base.described:
        parts = _sound(base.strengths)
        amounts = of_ingredients(order.dose, order.dose_unit, base.unit, parts)
        if not amounts:
            made_of = ", ".join(f"{part.amount} {part.ingredient}" for part in parts)
            return [
                Finding(
                    "dose_unit",
                    f"A dose of {Amount(order.dose, order.dose_unit)} cannot be worked out in "
                    f"{base.name}: one {base.unit} holds {made_of or 'an unknown amount'}.",
                    "warn",
                    "dose_unit",
                )
            ]
    elif order.substance is not None and dimension(order.dose_unit):
        amounts = {order.substance.name: Amount(order.dose, order.dose_unit)}
    else:
        return [
            _not_checked(f"The dose of {facts.name} was not checked: nothing says what is in it.")
        ]
    found: list[Finding] = []
    for ingredient, amount in amounts.items():
        found += _of_ingredient(facts, ingredient, amount)
    return list(dict.fromkeys(found))


def _of_ingredient(facts: Facts, ingredient: str, amount: Amount) -> Iterator[Finding]:
    limits, unsure = _limits_for(facts, ingredient)
    if unsure:
        yield _not_checked(
            f"Limits of {ingredient} depend on age, and the age is not known: not all were checked."
        )
    if not limits:
        yield _not_checked(
            f"Not checked: no dose limit for {ingredient}"
            f"{f' by {facts.order.route}' if facts.order.route else ''}. No match is not safe."
        )
    for limit in limits:
        asked = converted(amount.value, amount.unit, limit.unit)
        if asked is None or not usable(asked):
            yield _not_checked(
                f"Not checked: the limit for {ingredient} is in {limit.unit}, "
                f"the dose in {amount.unit}."
            )
            continue
        yield from _against(facts, limit, asked)


def _limits_for(facts: Facts, ingredient: str) -> tuple[list[Limit], bool]:
    """The limits that apply: those of the route, else those of any route; of the age. The second
    value says whether limits were left out because the age is not known."""
    age, route = facts.age_days, folded(facts.order.route)
    mine = [limit for limit in facts.limits if folded(limit.ingredient) == folded(ingredient)]
    mine = [limit for limit in mine if folded(limit.route) in {"", route}]
    by_age = [limit for limit in mine if limit.age_from_days or limit.age_to_days is not None]
    if age is None:
        mine = [limit for limit in mine if limit not in by_age]
    else:
        mine = [
            limit
            for limit in mine
            if limit.age_from_days <= age and (limit.age_to_days is None or age < limit.age_to_days)
        ]
    of_route = [limit for limit in mine if limit.route]
    return of_route or mine, age is None and bool(by_age)


def _against(facts: Facts, limit: Limit, asked: Decimal) -> Iterator[Finding]:
    """What one limit says of `asked` (in the limit's unit)."""
    factor, of_weight = Decimal(1), ""
    if limit.per_kg:
        weight = facts.weight
        kg = converted(weight.value, weight.unit, "kg") if weight else None
        if kg is None or not usable(kg):
            yield Finding(
                "weight_missing",
                f"{limit.ingredient} is dosed by weight, and no weight is recorded: "
                "the dose was not checked against it.",
                "warn",
                "weight",
            )
            factor = Decimal(0)
        else:
            factor, of_weight = kg, f" at {plain(kg)} kg"
            yield from _stale(facts, limit)
    bounds = {
        name: value * factor
        for name, value in (
            ("least", limit.single_min),
            ("single", limit.single_max),
            ("daily", limit.daily_max),
        )
        if value is not None and factor and usable(value)
    }
    if limit.absolute_max is not None and usable(limit.absolute_max):
        bounds["ever"] = limit.absolute_max
    yield from _too_much(facts, limit, asked, bounds, of_weight)
    yield from _too_little(facts, limit, asked, bounds, of_weight)
    yield from _in_a_day(facts, limit, asked, bounds, of_weight)


def _too_much(facts, limit, asked, bounds, of_weight) -> Iterator[Finding]:
    said = f"{plain(asked)} {limit.unit} of {limit.ingredient}"
    if "single" in bounds and asked > bounds["single"]:
        yield Finding(
            "dose_too_large",
            f"{said} is more than the most for one dose, "
            f"{plain(bounds['single'])} {limit.unit}{of_weight}{_by(limit)}.",
            "warn",
            "dose",
        )
    if "ever" in bounds and asked > bounds["ever"]:
        yield Finding(
            "dose_above_absolute",
            f"{said} is more than is ever given at once, "
            f"{plain(bounds['ever'])} {limit.unit}{_by(limit)}.",
            "stop",
            "dose",
        )
    most = min(
        (bounds[name] for name in ("single", "ever", "daily") if name in bounds), default=None
    )
    if most and asked >= most * TEN_TIMES:
        yield Finding(
            "dose_ten_times",
            f"{said} is {_times(asked / most)} the limit of {plain(most)} {limit.unit}{of_weight}: "
            "look for a slipped decimal point or a wrong unit.",
            "stop",
            "dose",
        )


def _too_little(facts, limit, asked, bounds, of_weight) -> Iterator[Finding]:
    if "least" not in bounds or asked >= bounds["least"]:
        return
    said = f"{plain(asked)} {limit.unit} of {limit.ingredient}"
    yield Finding(
        "dose_too_small",
        f"{said} is less than the least that is usually given, "
        f"{plain(bounds['least'])} {limit.unit}{of_weight}{_by(limit)}.",
        "warn",
        "dose",
    )
    if asked * TEN_TIMES <= bounds["least"]:
        yield Finding(
            "dose_tenth",
            f"{said} is {_times(bounds['least'] / asked)} less than the least usual dose of "
            f"{plain(bounds['least'])} {limit.unit}{of_weight}: look for a slipped decimal point "
            "or a wrong unit.",
            "warn",
            "dose",
        )


def _in_a_day(facts, limit, asked, bounds, of_weight) -> Iterator[Finding]:
    if "daily" not in bounds:
        return
    times = facts.order.times_per_day
    if times is None or not usable(times):
        # Even without a timing, one dose alone may be more than a day's.
        times = Decimal(1)
        yield _not_checked(
            f"The day's total of {limit.ingredient} was not checked: the timing is not regular."
        )
    elsewhere, names = _others(facts, limit)
    total = asked * times + elsewhere
    if total <= bounds["daily"]:
        return
    beside = f", together with {', '.join(names)}" if names else ""
    yield Finding(
        "dose_daily",
        f"{plain(total)} {limit.unit} of {limit.ingredient} a day{beside} is more than the most "
        f"for a day, {plain(bounds['daily'])} {limit.unit}{of_weight}{_by(limit)}.",
        "warn",
        "dose",
    )


def _others(facts: Facts, limit: Limit) -> tuple[Decimal, list[str]]:
    """What the patient's other orders give of the ingredient in a day, and their names."""
    total, names = Decimal(0), []
    for other in facts.current:
        amount = _daily_of(other, limit)
        if amount:
            total += amount
            names.append(other.name)
    return total, names


def _daily_of(other: Current, limit: Limit) -> Decimal | None:
    times = other.times_per_day
    if times is None or not usable(times) or not usable(other.dose):
        return None
    amounts = of_ingredients(other.dose, other.dose_unit, other.unit, _sound(other.strengths))
    if not amounts and len(other.substances) == 1 and dimension(other.dose_unit):
        amounts = {other.substances[0].name: Amount(other.dose, other.dose_unit)}
    for ingredient, amount in amounts.items():
        if folded(ingredient) == folded(limit.ingredient):
            each = converted(amount.value, amount.unit, limit.unit)
            return each * times if each is not None and usable(each) else None
    return None


def _stale(facts: Facts, limit: Limit) -> Iterator[Finding]:
    if facts.weighed_on is None:
        return
    age = (facts.today - facts.weighed_on).days
    good_for = weight_good_for(facts.age_days)
    if age > good_for:
        yield Finding(
            "weight_stale",
            f"{limit.ingredient} is dosed by weight, and the weight is {age} days old; "
            f"at this age it is good for {good_for}. Weigh again.",
            "warn",
            "weight",
        )


def _sound(parts: tuple[Part, ...]) -> list[Part]:
    return [
        replace(part, amount=Amount(part.amount.value, spelt(part.amount.unit)))
        for part in parts
        if usable(part.amount.value)
    ]


def _times(ratio: Decimal) -> str:
    near = ratio.quantize(Decimal(1)) if ratio < MOST else ratio
    return f"about {plain(near)} times" if ratio < MOST else "very many times"


def _by(limit: Limit) -> str:
    """Where the limit comes from and when it was last looked at."""
    when = f", {limit.reviewed_on:%Y-%m-%d}" if limit.reviewed_on else ""
    return f" ({limit.source}{when})" if limit.source else ""


def _not_checked(text: str) -> Finding:
    return Finding("not_checked", text, "info", "dose")
