"""Tags: taken into the house, fastened to a bearer, taken off again."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from hims.action import action, step, touches
from hims.actions.registry import tell_registry
from hims.actions.taken import refused_when_taken
from hims.errors import Finding, Invalid, NotFound, Refused
from hims.models import Actor, Patient, Staff
from inventory.models import Asset
from tracking.models import BEARERS, Tag, TagAssignment, UnknownTransmitter
from tracking.queries.tags import bearer_words, worn_now
from tracking.wire.addresses import fault, normalise

Bearer = Asset | Patient | Staff


@action("tag.add")
def add_tag(
    *,
    actor: Actor,
    now: datetime,
    address: str,
    technology: str = Tag.Technology.BLE,
    model: str = "",
) -> Tag:
    """A tag by its radio address, in any spelling. Raises Invalid or Refused when it is taken."""
    return _new(address, technology, model)


@action("tag.adopt")
def adopt_tag(*, actor: Actor, now: datetime, unknown: UnknownTransmitter) -> Tag:
    """Take a tag that was heard and not known into the house."""
    if unknown.kind != UnknownTransmitter.Kind.TAG:
        raise NotFound("no such tag")
    return _new(unknown.address, Tag.Technology.BLE, "")


@action("tag.change")
def change_tag(*, actor: Actor, now: datetime, tag: Tag, technology: str, model: str) -> Tag:
    """Another technology or model; the address is what the tag is."""
    _describe(tag, technology, model)
    tag.save()
    touches(tag)
    tell_registry("tags")
    return tag


@action("tag.assign")
def assign_tag(*, actor: Actor, now: datetime, tag: Tag, bearer: Bearer) -> TagAssignment:
    """Fasten a tag to a bearer from `now` on. A bearer may wear several.

    Raises Refused, naming the bearer that wears it already as far as the actor may know of it.
    """
    kind = bearer._meta.model_name
    if kind not in BEARERS:
        raise NotFound("no such bearer")
    tag = Tag.objects.select_for_update().get(pk=tag.pk)
    present = worn_now(tag)
    if present:
        raise Refused(
            Finding(
                "worn",
                _("%(bearer)s wears this tag. Take it off there first.")
                % {"bearer": bearer_words(actor, [present])[present.pk]},
                field="bearer",
            )
        )
    worn = TagAssignment(tag=tag, period=DateTimeTZRange(now, None), **{kind: bearer})
    somebody = Finding("worn", _("Somebody else fastened this tag just now."), field="bearer")
    with refused_when_taken(somebody):
        worn.save()
    touches(tag, bearer)
    tell_registry("tags")
    return worn


@action("tag.release")
def release_tag(*, actor: Actor, now: datetime, tag: Tag, reason: str = "") -> Tag:
    """Take a tag off its bearer. One that nobody wears stays as it is."""
    tag = Tag.objects.select_for_update().get(pk=tag.pk)
    touches(tag)
    worn = worn_now(tag)
    if worn:
        touches(worn.bearer)
        if worn.period.lower < now:
            worn.period = DateTimeTZRange(worn.period.lower, now)
            worn.save()
        else:
            worn.delete()
        tell_registry("tags")
    return tag


@step
def _new(address: str, technology: str, model: str) -> Tag:
    if why := fault(address, "tag"):
        raise Invalid(Finding("bad_address", why, field="address"))
    tag = Tag(address=normalise(address))
    _describe(tag, technology, model)
    there_is = Finding("taken", _("There is a tag with this address already."), field="address")
    with refused_when_taken(there_is):
        tag.save()
    UnknownTransmitter.objects.filter(
        kind=UnknownTransmitter.Kind.TAG, address=tag.address
    ).delete()
    touches(tag)
    tell_registry("tags")
    return tag


def _describe(tag: Tag, technology: str, model: str) -> None:
    if technology not in Tag.Technology.values:
        raise Invalid(
            Finding("bad_technology", _("There is no such kind of tag."), field="technology")
        )
    if len(model) > 80 or not model.isprintable():
        raise Invalid(Finding("bad_model", _("A model has up to 80 signs."), field="model"))
    tag.technology, tag.model = technology, model.strip()
