"""Where stock may go: real places in use, and the quarantine place that belongs to each."""

from django.utils.translation import gettext as _

from hims.action import step
from hims.errors import Finding, Refused
from inventory.models import StockPlace

Kind = StockPlace.Kind


def stands(place: StockPlace, *, field: str = "place", quarantine: bool | None = None) -> None:
    """Raise Refused unless stock can lie at `place`: it is real, in use and, where `quarantine` is
    given, is a quarantine place or is none."""
    if place.virtual:
        text = _("%(name)s is no place on a shelf. Name a store, a shelf or a ward.")
        raise _no("virtual_place", text, place, field)
    if not place.active:
        raise _no("inactive_place", _("%(name)s is no longer in use."), place, field)
    if quarantine is True and place.kind != Kind.QUARANTINE:
        raise _no("not_quarantine", _("%(name)s is no quarantine place."), place, field)
    if quarantine is False and place.kind == Kind.QUARANTINE:
        text = _("%(name)s is a quarantine place: put things into quarantine, or release them.")
        raise _no("quarantine_place", text, place, field)


def _no(code: str, text: str, place: StockPlace, field: str) -> Refused:
    return Refused(Finding(code, text % {"name": place.name}, field=field))


@step
def quarantine_place(place: StockPlace) -> StockPlace:
    """The quarantine place for what comes from `place`: the nearest one around it, made within the
    outermost place when there is none yet."""
    if place.kind == Kind.QUARANTINE:
        return place
    around = place
    while True:
        inside = StockPlace.objects.filter(kind=Kind.QUARANTINE, within=around, active=True)
        if found := inside.order_by("pk").first():
            return found
        if around.within is None:
            break
        around = around.within
    made, _fresh = StockPlace.objects.get_or_create(
        code=f"Q-{around.code}"[:40],
        defaults={
            "name": (_("Quarantine of %(name)s") % {"name": around.name})[:120],
            "kind": Kind.QUARANTINE,
            "within": around,
        },
    )
    stands(made, quarantine=True)
    return made
