"""Places that hold less than they should, as what alerts are kept by: the stock page's figures."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from hims.queries.actors import console
from hims.queries.standing import Standing, difference
from inventory.alert_rules import LOW_STOCK
from inventory.domain.quantities import said
from inventory.queries.waiting import Low, low

MOST = 5_000  # a hospital with more of these has another problem


def standing(now: datetime) -> list[Standing]:
    """Each product that is to be filled up somewhere, grouped by the place."""
    rows = low(viewer=console(), today=timezone.localdate(now), most=MOST)
    return [_standing(row) for row in rows]


def changed(now: datetime) -> bool:
    """Whether anything fell low or was filled up."""
    return any(difference(LOW_STOCK, standing(now)))


def _standing(row: Low) -> Standing:
    product = row.product
    amounts = {
        "product": product.name,
        "there": said(row.there, product.unit, product.base_per_unit),
        "par": said(row.par, product.unit, product.base_per_unit),
    }
    return Standing(
        group_key=f"place:{row.place.uid}",
        subject=f"product:{product.uid}",
        title=_("To be filled up: %(place)s") % {"place": row.place.name},
        text=_("%(product)s: %(there)s of %(par)s") % amounts,
        url=f"/stock/places/{row.place.uid}/",
    )
