"""How something became what it is: its kept changes as sentences that people read.

timeline(lot, viewer=actor) -> the newest change first, each with who, when, why and, field by
field, what it was before and after. Shown by `hims/timeline.html`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from typing import Any

from django.db.models import Field, Model
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.action import ACTIONS
from hims.models import Actor

MOST = 50
UNSAID = {"id", "uid"}
FEW = 5
"""A thing of so few fields is told whole when it is added; of others that would be a page."""

Words = Mapping[str, Callable[[Any], str]]


@dataclass(frozen=True)
class Difference:
    """One field that changed, in words; "" stands for nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """One change: kind is added, changed or removed; `of` names the thing among several."""

    at: datetime
    who: str
    why: str
    kind: str
    of: str
    differences: list[Difference] = field(default_factory=list)


def timeline(
    *things: Model, viewer: Actor, words: Words | None = None, most: int = MOST
) -> list[Change]:
    """The newest `most` changes of these things together; those that `viewer` may not know of are
    left out.

    words: how the values of some fields are said, by field name: {"par": lambda units: "3 ml"}.
    """
    changes: list[Change] = []
    for thing in things:
        model = type(thing)
        if visible_to(viewer, model._default_manager.filter(pk=thing.pk)).exists():
            changes += _changes(thing, words or {}, most, named=len(things) > 1)
    changes.sort(key=lambda change: change.at, reverse=True)
    return changes[:most]


def _changes(thing: Any, words: Words, most: int, *, named: bool) -> Iterable[Change]:
    records = list(
        thing.history.select_related("history_user").order_by("-history_date", "-history_id")[
            : most + 1
        ]
    )
    fields = [one for one in thing._meta.concrete_fields if one.name not in UNSAID]
    for newer, older in zip_longest(records, records[1:]):
        if older is None and len(records) > most:
            return  # what it was before is beyond what was read
        differences = [
            Difference(
                capfirst(str(one.verbose_name)),
                _said(one, older, words) if older is not None else "",
                _said(one, newer, words),
            )
            for one in fields
            if (older is None and len(fields) <= FEW)
            or (older is not None and getattr(older, one.attname) != getattr(newer, one.attname))
        ]
        if older is not None and not differences and newer.history_type == "~":
            continue  # saved without a change
        why = newer.history_change_reason or ""
        yield Change(
            at=newer.history_date,
            who=newer.history_user.name if newer.history_user else _("not known"),
            why="" if why in ACTIONS else why,
            kind={"+": "added", "-": "removed"}.get(newer.history_type, "changed"),
            of=str(thing) if named else "",
            differences=differences,
        )


def _said(one: Field, record: Any, words: Words) -> str:
    """A field's value as people say it."""
    value = getattr(record, one.attname)
    if value is None or value == "":
        return ""
    if one.name in words:
        return words[one.name](value)
    if one.is_relation:
        related = one.related_model._default_manager.filter(pk=value).first()
        return str(related) if related else _("not known")
    if one.choices:
        return str(dict(one.flatchoices).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "j M Y, H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
