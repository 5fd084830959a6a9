"""What the checks know, as people look it up: ingredients, limits, interactions and sources."""

from django.db.models import Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import Actor
from pharmacy.domain.names import folded
from pharmacy.models import DoseLimit, Ingredient, Interaction, KnowledgeSource, Medicine

MOST_PAIRS = 100
MOST_NAMES = 5_000


def ingredient_names(viewer: Actor) -> list[str]:
    """The names of all ingredients."""
    known = visible_to(viewer, Ingredient.objects.all())
    return list(known.order_by("name").values_list("name", flat=True)[:MOST_NAMES])


def class_names(viewer: Actor) -> list[str]:
    """The names of all classes that an ingredient belongs to."""
    rows = visible_to(viewer, Ingredient.objects.all()).values_list("classes", flat=True)[
        :MOST_NAMES
    ]
    return sorted({name for classes in rows for name in classes}, key=str.casefold)


def sources(viewer: Actor) -> QuerySet[KnowledgeSource]:
    """The lists that were loaded, the newest first."""
    return visible_to(viewer, KnowledgeSource.objects.all()).order_by("kind", "-dated_on")


def limits(viewer: Actor, words: str = "") -> QuerySet[DoseLimit]:
    """The table of dose limits, by ingredient."""
    found = visible_to(viewer, DoseLimit.objects.all()).select_related("ingredient", "reviewed_by")
    if words.strip():
        found = found.filter(ingredient__name__icontains=words.strip())
    return found.order_by("ingredient__name", "route", "age_from_days", "pk")


def pairs(viewer: Actor, words: str) -> list[Interaction]:
    """Interactions that name `words`, at most MOST_PAIRS; none without words."""
    name = folded(words)
    if not name:
        return []
    found = visible_to(viewer, Interaction.objects.all()).select_related("source")
    found = found.filter(Q(a__contains=name) | Q(b__contains=name))
    return list(found.order_by("a", "b", "pk")[:MOST_PAIRS])


def medicines(viewer: Actor, words: str = "") -> QuerySet[Medicine]:
    """The formulary by name; `words` must all be in name, code or an ingredient's name."""
    found = visible_to(viewer, Medicine.objects.all()).select_related("product")
    for word in words.split()[:6]:
        found = found.filter(
            Q(product__name__icontains=word)
            | Q(product__code__icontains=word)
            | Q(pk__in=Medicine.objects.filter(strengths__ingredient__name__icontains=word))
        )
    return found.prefetch_related("strengths__ingredient").order_by("product__name", "pk")
