"""What the filters of these reports offer to choose from."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext_lazy as _

from hims.access.scopes import visible_to
from hims.models import Actor, Department
from hims.reporting.declared import Filter


def department_filter(*kinds: Department.Kind) -> Filter:
    """One department of these kinds (of any, if none is named), by its code."""
    return Filter("department", _("Department"), _departments(kinds))


def _departments(kinds: Sequence[str]) -> Callable[[Actor], list[tuple[str, str]]]:
    def choices(viewer: Actor) -> list[tuple[str, str]]:
        found = visible_to(viewer, Department.objects.all())
        if kinds:
            found = found.filter(kind__in=kinds)
        return list(found.order_by("name", "code").values_list("code", "name"))

    return choices
