"""What the checks know: dose limits that the hospital sets, lists of interactions that it loads."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.action import action, touches
from hims.errors import Finding, Invalid
from hims.models import Actor
from pharmacy.domain.doses import dimension, read, spelt
from pharmacy.domain.facts import Pair
from pharmacy.models import DoseLimit, Ingredient, Interaction, KnowledgeSource

OLDEST_DAYS = 150 * 366


@action("knowledge.change")
def set_limit(
    *,
    actor: Actor,
    now: datetime,
    ingredient: Ingredient,
    unit: str,
    source: str,
    route: str = "",
    age_from_days: int = 0,
    age_to_days: int | None = None,
    per_kg: bool = False,
    single_min: Decimal | str | None = None,
    single_max: Decimal | str | None = None,
    daily_max: Decimal | str | None = None,
    absolute_max: Decimal | str | None = None,
    limit: DoseLimit | None = None,
    reason: str = "",
) -> DoseLimit:
    """Set what the hospital allows, or change the limit given; the actor has reviewed it today.

    Raises Invalid with each part that cannot be: no bound, bounds upside down, no source.
    """
    given = {"single_min": single_min, "single_max": single_max}
    given |= {"daily_max": daily_max, "absolute_max": absolute_max}
    found, bounds = _bounds(given)
    if not source.strip():
        found.append(Finding("no_source", _("Say where the limit comes from."), field="source"))
    if not dimension(unit):
        found.append(Finding("bad_unit", _("This is no unit of a dose."), field="unit"))
    until = OLDEST_DAYS if age_to_days is None else age_to_days
    if not 0 <= age_from_days < until <= OLDEST_DAYS:
        found.append(Finding("bad_age", _("The ages end before they begin."), field="age_to_days"))
    if found:
        raise Invalid(*found)
    limit = limit or DoseLimit(ingredient=ingredient)
    limit.ingredient, limit.route = ingredient, " ".join(route.split()).lower()
    limit.unit, limit.per_kg, limit.source = spelt(unit), per_kg, source.strip()
    limit.age_from_days, limit.age_to_days = age_from_days, age_to_days
    for name, value in bounds.items():
        setattr(limit, name, value)
    limit.reviewed_by, limit.reviewed_on = actor, timezone.localdate(now)
    limit.save()
    touches(limit, ingredient)
    return limit


@action("knowledge.change")
def withdraw_limit(*, actor: Actor, now: datetime, limit: DoseLimit, reason: str = "") -> None:
    """Take a limit out of the table; its history stays. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid(Finding("no_reason", _("Say why it is withdrawn."), field="reason"))
    touches(limit)
    limit.delete()


@action("knowledge.change")
def load_interactions(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    citation: str,
    dated_on: date,
    pairs: Iterable[Pair],
    reason: str = "",
) -> KnowledgeSource:
    """Load a list of pairs as the source called `name`; what it held before is replaced."""
    source = KnowledgeSource.objects.filter(name=name).first() or KnowledgeSource(name=name)
    source.kind, source.citation = KnowledgeSource.Kind.INTERACTIONS, citation
    source.dated_on, source.loaded_at = dated_on, now
    rows = {(pair.a, pair.b): pair for pair in pairs}
    source.rows = len(rows)
    source.save()
    Interaction.objects.filter(source=source).delete()
    Interaction.objects.bulk_create(
        (
            Interaction(source=source, a=a, b=b, severity=pair.severity, text=pair.text)
            for (a, b), pair in rows.items()
        ),
        batch_size=2_000,
    )
    touches(source)
    return source


def _bounds(given: dict[str, Any]) -> tuple[list[Finding], dict[str, Decimal | None]]:
    """What is wrong with the bounds, and the bounds as numbers."""
    found, bounds = [], {}
    for name, text in given.items():
        bounds[name] = None if text in (None, "") else read(text)
        if text not in (None, "") and bounds[name] is None:
            found.append(Finding("bad_number", _("Give a number above zero."), field=name))
    least = bounds["single_min"]
    if not found and not any(bounds.values()):
        found.append(Finding("no_bound", _("Give at least one bound."), field="single_max"))
    for name in ("single_max", "daily_max", "absolute_max"):
        top = bounds[name]
        if least is not None and top is not None and top < least:
            said = _("It is below the least single dose.")
            found.append(Finding("upside_down", said, field=name))
    return found, bounds
