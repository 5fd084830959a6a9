"""Recalls for programs: look before, open, fetch, withdraw, close, and read what became of them."""

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one, visible_to
from hims.api.base import ApiDoor, paged, valid
from hims.errors import Finding, Refused
from inventory.actions import recalls as actions
from inventory.domain.quantities import MOST
from inventory.models import Lot, Recall, StockPlace
from inventory.queries import recalls as queries
from inventory.queries.scanned import resolve


class LotsBody(serializers.Serializer):
    lots = serializers.ListField(
        child=serializers.CharField(max_length=400),
        min_length=1,
        max_length=queries.MOST_LINES,
        help_text="Each a lot's id, a pack's code, a lot's number, or `product, lot`.",
    )


class RecallBody(LotsBody):
    reference = serializers.CharField(max_length=120)
    reason = serializers.CharField(max_length=500)


class WhyBody(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class CloseBody(WhyBody):
    despite_open = serializers.BooleanField(default=False)


class CollectBody(serializers.Serializer):
    lot = serializers.CharField(max_length=400, help_text="Its id, or the code of a pack.")
    place = serializers.CharField(max_length=40, help_text="Code of the place.")
    collected = serializers.IntegerField(min_value=0, max_value=MOST, help_text="Base units.")


class CalledShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    product = serializers.CharField()
    units = serializers.IntegerField()


class EmptiedShape(serializers.Serializer):
    place = serializers.CharField()
    product = serializers.CharField()
    units = serializers.IntegerField()
    left = serializers.IntegerField()
    empties = serializers.BooleanField()


class PreviewShape(serializers.Serializer):
    lots = CalledShape(many=True)
    places = EmptiedShape(many=True)
    not_found = serializers.ListField(child=serializers.DictField())


class RecallShape(serializers.Serializer):
    id = serializers.UUIDField()
    reference = serializers.CharField()
    reason = serializers.CharField()
    status = serializers.ChoiceField(Recall.Status.values)
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RecallPage(serializers.Serializer):
    results = RecallShape(many=True)
    next = serializers.CharField(allow_null=True)


class WholeRecallShape(RecallShape):
    report = serializers.DictField()
    left = serializers.ListField(child=serializers.DictField())


class TaskShape(serializers.Serializer):
    id = serializers.UUIDField()
    place = serializers.CharField()
    lot = serializers.UUIDField()
    expected = serializers.IntegerField()
    collected = serializers.IntegerField()


class Preview(ApiDoor):
    """What a recall of these lots would set aside; nothing is changed."""

    permissions = {"POST": "recall.open"}

    @extend_schema(request=LotsBody, responses=PreviewShape)
    def post(self, request):
        asked = valid(LotsBody, request.data)
        named = _named(request, asked["lots"])
        seen = queries.preview([lot for line in named for lot in line.lots], viewer=request.user)
        return Response(
            {
                "lots": [
                    {
                        "id": str(lot.uid),
                        "number": lot.number,
                        "product": lot.product.code,
                        "units": units,
                    }
                    for lot, units in seen.rows
                ],
                "places": [
                    {
                        "place": one.place.code,
                        "product": one.product.code,
                        "units": one.units,
                        "left": one.left,
                        "empties": one.empties,
                    }
                    for one in seen.places
                ],
                "not_found": [
                    {"text": line.text, "why": line.problem} for line in named if line.problem
                ],
            }
        )


class Recalls(ApiDoor):
    """All recalls; a new one."""

    permissions = {"GET": "recalls.view", "POST": "recall.open"}

    @extend_schema(
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses=RecallPage,
    )
    def get(self, request):
        rows = visible_to(request.user, Recall.objects.select_related("opened_by"))
        return Response(paged(request, rows, worded))

    @extend_schema(request=RecallBody, responses={201: RecallShape})
    def post(self, request):
        asked = valid(RecallBody, request.data)
        named = _named(request, asked.pop("lots"))
        if wrong := [
            Finding("unknown_lot", f"{line.text}: {line.problem}", field=f"lots.{number}")
            for number, line in enumerate(named)
            if line.problem
        ]:
            raise Refused(*wrong)
        lots = {lot.pk: lot for line in named for lot in line.lots}
        return self.act(actions.open_recall, word=worded, lots=list(lots.values()), **asked)


class OneRecall(ApiDoor):
    """One recall with its account and what is still to be fetched."""

    permissions = {"GET": "recalls.view"}

    @extend_schema(operation_id="stock_recall_retrieve", responses=WholeRecallShape)
    def get(self, request, uid):
        recall = _the_recall(request, uid)
        left = queries.left_of(recall, viewer=request.user)
        return Response(
            worded(recall)
            | {
                "report": recall.report or queries.report(recall),
                "left": [
                    {
                        "lot": str(one.lot.uid),
                        "place": one.place.code,
                        "there": one.there,
                        "done": one.done,
                        "collected": one.task.collected if one.task else None,
                    }
                    for one in left
                ],
            }
        )


class Withdrawals(ApiDoor):
    """The recall was in error: every lot is what it was before."""

    permissions = {"POST": "recall.withdraw"}

    @extend_schema(request=WhyBody, responses={201: RecallShape})
    def post(self, request, uid):
        recall = _the_recall(request, uid)
        asked = valid(WhyBody, request.data)
        return self.act(actions.withdraw_recall, word=worded, recall=recall, **asked)


class Closings(ApiDoor):
    """The end of a recall, with its report."""

    permissions = {"POST": "recall.close"}

    @extend_schema(request=CloseBody, responses={201: RecallShape})
    def post(self, request, uid):
        recall = _the_recall(request, uid)
        asked = valid(CloseBody, request.data)
        return self.act(actions.close_recall, word=worded, recall=recall, **asked)


class Collections(ApiDoor):
    """Recalled units were counted out of a place and go to quarantine."""

    permissions = {"POST": "recall.collect"}

    @extend_schema(request=CollectBody, responses={201: TaskShape})
    def post(self, request, uid):
        recall = _the_recall(request, uid)
        asked = valid(CollectBody, request.data)
        return self.act(
            actions.collect,
            word=_task,
            recall=recall,
            lot=_lot(request, asked["lot"]),
            place=the_one(request.user, StockPlace.objects.all(), code=asked["place"]),
            collected=asked["collected"],
        )


def worded(recall: Recall) -> dict:
    """A recall as JSON."""
    return {
        "id": str(recall.uid),
        "reference": recall.reference,
        "reason": recall.reason,
        "status": recall.status,
        "opened_at": recall.opened_at.isoformat(),
        "opened_by": recall.opened_by.name,
        "ended_at": recall.ended_at.isoformat() if recall.ended_at else None,
    }


def _task(task) -> dict:
    return {
        "id": str(task.uid),
        "place": task.place.code,
        "lot": str(task.lot.uid),
        "expected": task.expected,
        "collected": task.collected,
    }


def _the_recall(request, uid) -> Recall:
    return the_one(request.user, Recall.objects.select_related("opened_by"), uid=uid)


def _named(request, texts: list[str]) -> list[queries.Named]:
    """The lots of each text: by id, or as people write them."""
    text = "\n".join(queries.LINES.sub(" ", one) for one in texts)
    return queries.named_by(text, viewer=request.user, now=timezone.now())


def _lot(request, text: str) -> Lot:
    try:
        lots = Lot.objects.select_related("product")
        return the_one(request.user, lots, uid=UUID(text))
    except ValueError:
        one = resolve(text, viewer=request.user, now=timezone.now())
    if one.lot is None or not one.readable:
        found = one.reading or (Finding("unknown_lot", "This is no lot that is known here."),)
        raise Refused(*found)
    return one.lot
