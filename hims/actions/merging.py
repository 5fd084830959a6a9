"""Two records of one person become one, and two again if that was wrong.

All rows of all floors that name the merged patient are moved to the one that is kept, and written
down by model and key, so that undoing moves exactly these back. What may only be added to
(histories, sightings) stays where it is.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, Model
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.errors import Finding, NotFound, Refused
from hims.models import Actor, Patient, PatientMerge

OWN = {"hims.patientmerge"}  # the records of merging themselves
EXCLUDED, TAKEN = "23P01", "23505"
APPEND_ONLY = """
SELECT DISTINCT c.relname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE p.proname = 'hims_append_only' AND NOT t.tgisinternal AND t.tgtype & 1 = 1
"""


@action("patient.merge")
def merge(
    *, actor: Actor, now: datetime, merged: Patient, kept: Patient, reason: str
) -> PatientMerge:
    """Somebody saw both records and says that they are of one person. Needs a reason."""
    if not reason.strip():
        raise Refused(
            Finding("no_reason", _("Say how you know that it is one person."), field="reason")
        )
    return merge_patients(actor=actor, now=now, merged=merged, kept=kept, reason=reason)


@step
def merge_patients(
    *, actor: Actor, now: datetime, merged: Patient, kept: Patient, reason: str
) -> PatientMerge:
    """Move what names `merged` to `kept` (or to whom that was merged into).

    A row that may be there once and that `kept` has too stays behind. Raises Refused when it is
    the same record, when `merged` was merged already, or when both are in a bed, or booked, at the
    same time.
    """
    kept = kept.merged_into or kept
    pair = {
        one.pk: one
        for one in Patient.objects.select_for_update()
        .filter(pk__in=[merged.pk, kept.pk])
        .order_by("pk")
    }
    merged, kept = pair[merged.pk], pair[kept.pk]
    if merged == kept:
        raise Refused(Finding("same_patient", _("This is one record already.")))
    if merged.merged_into_id or kept.merged_into_id:
        raise Refused(
            Finding("merged_already", _("One of these was merged before. Open it again."))
        )
    if _descends(kept, merged) or _descends(merged, kept):
        raise Refused(Finding("mother_and_child", _("These are mother and child.")))
    moved: dict[str, list[int]] = {}
    for model, field in places_of_patients():
        keys = [
            row.pk
            for row in model._base_manager.filter(**{field.name: merged}).order_by("pk")
            if _move(row, field, kept)
        ]
        if keys:
            moved[f"{model._meta.label_lower}.{field.name}"] = keys
    merged.merged_into = kept
    merged.save()
    touches(kept, merged)
    return PatientMerge.objects.create(
        merged=merged,
        kept=kept,
        moved=moved,
        reason=reason.strip()[:200],
        merged_by=actor,
        merged_at=now,
    )


@action("patient.unmerge")
def unmerge(*, actor: Actor, now: datetime, merge: PatientMerge, reason: str) -> PatientMerge:
    """They were two after all: what was moved goes back."""
    merge = PatientMerge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at:
        raise Refused(Finding("undone_already", _("This was undone already.")))
    if not reason.strip():
        raise Refused(Finding("no_reason", _("Say why they are two."), field="reason"))
    merged = Patient.objects.select_for_update().get(pk=merge.merged_id)
    merged.merged_into = None
    merged.save()
    for model, field in places_of_patients():
        keys = merge.moved.get(f"{model._meta.label_lower}.{field.name}", [])
        there = {field.name: merge.kept_id, "pk__in": keys}
        for row in model._base_manager.filter(**there).order_by("pk"):
            if not _move(row, field, merged):
                raise Refused(
                    Finding(
                        "came_after",
                        _("Something that came after stands in the way: %(what)s.")
                        % {"what": model._meta.verbose_name},
                    )
                )
    merge.undone_by, merge.undone_at = actor, now
    merge.save(update_fields=["undone_by", "undone_at"])
    touches(merge, merged, merge.kept)
    return merge


def standing_merge(merged: Patient) -> PatientMerge:
    """The merge by which `merged` points elsewhere, or NotFound."""
    found = PatientMerge.objects.filter(merged=merged, undone_at=None).first()
    if found is None:
        raise NotFound("no such merge")
    return found


def places_of_patients() -> Iterator[tuple[type[Model], ForeignKey]]:
    """Every model of every floor, and its field, that names a patient and may be changed."""
    with connection.cursor() as cursor:
        cursor.execute(APPEND_ONLY)
        only_added_to = {name for (name,) in cursor.fetchall()}
    for relation in Patient._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete):
            continue
        model, field = relation.related_model, relation.field
        if (
            hasattr(model, "history_object")
            or model._meta.db_table in only_added_to
            or model._meta.label_lower in OWN
        ):
            continue
        yield model, field


@step
def _move(row: Model, field: ForeignKey, to: Patient) -> bool:
    """Whether the row could be moved; one that may be there once may not."""
    setattr(row, field.name, to)
    try:
        with transaction.atomic():
            row.save(update_fields=[field.name])
    except IntegrityError as error:
        state = getattr(error.__cause__, "sqlstate", "")
        if state == TAKEN:
            return False
        if state != EXCLUDED:
            raise
        raise Refused(
            Finding(
                "at_two_places",
                _("Both records have this at the same time: %(what)s. End one of them first.")
                % {"what": row._meta.verbose_name},
            )
        ) from None
    return True


def _descends(child: Patient, mother: Patient) -> bool:
    return child.mother_id == mother.pk
