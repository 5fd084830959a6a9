"""Machines, phones and tokens, and whether their keys still open anything."""

from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from hims.access.scopes import visible_to
from hims.models import AccessKey, Actor, Device


def open_keys(now: datetime) -> QuerySet[AccessKey]:
    """Keys that are neither revoked nor expired at `now`."""
    return AccessKey.objects.filter(revoked_at=None).exclude(expires_at__lte=now)


def devices(viewer: Actor, now: datetime) -> QuerySet[Device]:
    """All devices the viewer may know of, by name, each with `is_open` and `closes_at`
    (when its last open key ends; None for never)."""
    mine = open_keys(now).filter(actor=OuterRef("actor"))
    return (
        visible_to(viewer, Device.objects.all())
        .select_related("actor", "zone")
        .annotate(
            is_open=Exists(mine),
            is_open_for_ever=Exists(mine.filter(expires_at=None)),
            closes_at=Max(
                "actor__keys__expires_at",
                filter=Q(actor__keys__revoked_at=None, actor__keys__expires_at__gt=now),
            ),
        )
        .order_by("actor__username")
    )


def tokens(viewer: Actor, now: datetime) -> QuerySet[AccessKey]:
    """Open API tokens of people, newest first."""
    return (
        visible_to(viewer, open_keys(now))
        .filter(actor__kind=Actor.Kind.PERSON)
        .select_related("actor")
        .order_by("-pk")
    )
