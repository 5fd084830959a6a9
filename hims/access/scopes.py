"""The read gate: which rows of a model a viewer may know of.

One table, model -> rule, filled by each app at start. A model without a rule is an error, never
"everything".
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from hims.errors import NotFound

if TYPE_CHECKING:
    from hims.models import Actor

M = TypeVar("M", bound=Model)
Rule = Callable[["Actor", QuerySet], QuerySet]

_rules: dict[type[Model], Rule] = {}


class NoRule(LookupError):
    """A model was asked for that nobody has written a reading rule for."""


def register(model: type[Model], rule: Rule) -> None:
    """Hand down the reading rule of `model`; once per model."""
    if model in _rules:
        raise ValueError(f"{model.__name__} has a reading rule already")
    _rules[model] = rule


def ruled_models() -> set[type[Model]]:
    return set(_rules)


def holding(permission: str) -> Rule:
    """The rule "all rows for those who hold `permission`, else none"."""

    def rule(viewer: "Actor", queryset: QuerySet) -> QuerySet:
        return queryset if viewer.may(permission) else queryset.none()

    return rule


def visible_to(viewer: "Actor", queryset: "QuerySet[M]") -> "QuerySet[M]":
    """Those rows of `queryset` that `viewer` may know of. Raises NoRule for an unruled model."""
    try:
        rule = _rules[queryset.model]
    except KeyError:
        raise NoRule(f"no reading rule for {queryset.model.__name__}") from None
    return rule(viewer, queryset)


def the_one(viewer: "Actor", queryset: "QuerySet[M]", **lookup) -> M:
    """The visible row that matches, or NotFound: the same answer for hidden and for absent."""
    try:
        return visible_to(viewer, queryset).get(**lookup)
    except (queryset.model.DoesNotExist, ValueError, ValidationError):
        raise NotFound(f"no such {queryset.model._meta.verbose_name}") from None
