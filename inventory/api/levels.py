"""Programs ask what lies where, and which of it to take first."""

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from hims.access.scopes import visible_to
from hims.api.base import ApiDoor, paged, whole_number
from inventory.domain import fefo
from inventory.domain.quantities import MOST, said
from inventory.models import Lot, StockLevel, StockPlace
from inventory.queries.stock import alternatives, levels, on_hand, said_first

from . import named, shapes


class Levels(ApiDoor):
    """What lies where."""

    permissions = {"GET": "stock.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("product", str, description="Code or id of a product."),
            OpenApiParameter("lot", str, description="Id or number of a lot."),
            OpenApiParameter("place", str, description=shapes.PLACE),
            OpenApiParameter("empty", bool, description="Levels of nothing, too."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses=shapes.LevelPage,
    )
    def get(self, request):
        asked = request.query_params
        empty = asked.get("empty", "").lower() in {"true", "1"}
        found = levels(viewer=request.user, empty=empty)
        if text := asked.get("product"):
            found = found.filter(lot__product=named.product(request, text))
        if text := asked.get("lot"):
            found = (
                found.filter(lot__uid=uid)
                if (uid := named.uid_of(text))
                else found.filter(lot__number=text)
            )
        if text := asked.get("place"):
            found = found.filter(place=named.place(request, text, "place"))
        today = timezone.localdate(timezone.now())
        return Response(paged(request, found, lambda level: _level(level, today)))


class Suggestions(ApiDoor):
    """Which lots to take first, and why; ways out where there is not enough."""

    permissions = {"GET": "stock.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("product", str, required=True),
            OpenApiParameter("place", str, required=True),
            OpenApiParameter("quantity", int, description=shapes.BASE_UNITS),
        ],
        responses=shapes.SuggestionsShape,
    )
    def get(self, request):
        asked = request.query_params
        now = timezone.now()
        today = timezone.localdate(now)
        product = named.product(request, asked.get("product", ""))
        place = named.place(request, asked.get("place", ""), "place")
        wanted = whole_number(asked.get("quantity"), 1, 1, MOST, "quantity")
        stock = fefo.in_order(on_hand(product, [place]), today)
        takes, short = fefo.suggested(stock, wanted, today)
        lots = visible_to(request.user, Lot.objects.filter(pk__in=[one.lot for one in takes]))
        by_key = lots.in_bulk()
        results = [
            {
                "lot": str(by_key[one.lot].uid),
                "lot_number": by_key[one.lot].number,
                "expiry": by_key[one.lot].expiry,
                "place": place.code,
                "quantity": one.quantity,
                "reason": said_first(stock[n], stock[n + 1 :]),
            }
            for n, one in enumerate(takes)
        ]
        ways = alternatives(product, place, wanted, now, request.user) if short else []
        ways = [way for way in ways if way["kind"] != "other_lot"]
        return Response({"takes": results, "short": short, "alternatives": ways})


def _level(level: StockLevel, today: date) -> dict[str, Any]:
    lot, product, place = level.lot, level.lot.product, level.place
    reason = fefo.unusable(lot.status, lot.expiry, today)
    if place.kind == StockPlace.Kind.QUARANTINE:
        reason = reason or "quarantined"
    return {
        "product": product.code,
        "product_name": product.shown_name,
        "lot": str(lot.uid),
        "lot_number": lot.number,
        "expiry": lot.expiry,
        "status": lot.status,
        "usable": not reason,
        "reason": reason or None,
        "place": place.code,
        "place_name": place.name,
        "quantity": level.quantity,
        "said": said(level.quantity, product.unit, product.base_per_unit),
        "version": level.version,
    }
