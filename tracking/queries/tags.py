"""Tags, who wears them, and whom they could be fastened to."""

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from hims.access.scopes import visible_to
from hims.models import Actor, Patient, Staff
from inventory.models import Asset
from tracking.models import Tag, TagAssignment, UnknownTransmitter
from tracking.wire.addresses import normalise

MOST_FOUND = 20


def tags(viewer: Actor, words: str = "", *, free: bool = False) -> QuerySet[Tag]:
    """Tags that the viewer may know of, newest first, each with `worn`: a list of its present
    assignment or of none. words: a part of an address or model, or the number of an asset."""
    worn = TagAssignment.objects.filter(period__endswith__isnull=True)
    found = visible_to(viewer, Tag.objects.all())
    for word in words.split():
        asset = worn.filter(tag=OuterRef("pk"), asset__number__iexact=word)
        found = found.filter(
            Q(address__icontains=normalise(word)) | Q(model__icontains=word) | Exists(asset)
        )
    if free:
        found = found.exclude(Exists(worn.filter(tag=OuterRef("pk"))))
    now_worn = worn.select_related("asset", "patient", "staff")
    return found.select_related("health").prefetch_related(
        Prefetch("assignments", queryset=now_worn, to_attr="worn")
    )


def worn_now(tag: Tag) -> TagAssignment | None:
    """The assignment of a tag that has no end yet."""
    return (
        tag.assignments.filter(period__endswith__isnull=True)
        .select_related("asset", "patient", "staff")
        .first()
    )


def bearer_words(viewer: Actor, worn: list[TagAssignment]) -> dict[int, str]:
    """Who wears these tags, by the key of the assignment, in words, as far as the viewer may know
    of the bearers; three queries for any number."""
    seen = {
        kind: set(
            visible_to(viewer, model.objects.filter(pk__in=keys)).values_list("pk", flat=True)
        )
        for kind, model in (("asset", Asset), ("patient", Patient), ("staff", Staff))
        if (keys := [getattr(one, f"{kind}_id") for one in worn if getattr(one, f"{kind}_id")])
    }
    return {one.pk: _words(one, one.bearer.pk in seen[one.bearer_kind]) for one in worn}


def _words(worn: TagAssignment, known: bool) -> str:
    if worn.asset_id:
        named = f"{worn.asset.name} {worn.asset.number}"
        return named if known else _("A piece of equipment")
    if worn.patient_id:
        return _("Patient %(mrn)s") % {"mrn": worn.patient.mrn} if known else _("A patient")
    return worn.staff.name if known else _("A member of staff")


def bearers_found(viewer: Actor, kind: str, words: str) -> list[Asset | Patient | Staff]:
    """Whom a tag could be fastened to: assets and staff by number or name as far as the viewer
    may see them, a patient only by the whole record number, which is on the wristband."""
    words = words.strip()
    if not words:
        return []
    if kind == "asset":
        numbered = visible_to(viewer, Asset.objects.filter(number__iexact=words))
        named = visible_to(viewer, Asset.objects.all())
        for word in words.split():
            named = named.filter(
                Q(name__icontains=word) | Q(number__icontains=word) | Q(serial__icontains=word)
            )
        return list(numbered[:1]) or list(named.order_by("number")[:MOST_FOUND])
    if kind == "staff":
        seen = visible_to(viewer, Staff.objects.all())
        return list(
            seen.filter(Q(number__iexact=words) | Q(name__icontains=words)).order_by("name")[
                :MOST_FOUND
            ]
        )
    if kind == "patient" and viewer.may("patients.view"):
        return list(Patient.objects.filter(mrn=words))
    return []


def unknown_transmitters(viewer: Actor, kind: str = "") -> QuerySet[UnknownTransmitter]:
    """What was heard and is not registered, the busiest first."""
    found = visible_to(viewer, UnknownTransmitter.objects.all())
    if kind in UnknownTransmitter.Kind.values:
        found = found.filter(kind=kind)
    return found.select_related("strongest_gateway__zone").order_by("-count", "pk")
