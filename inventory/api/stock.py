"""Programs say what happened to stock."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from hims.access.scopes import the_one
from hims.actions.confirmations import ask_confirmation
from hims.api.base import ApiDoor, valid
from inventory.actions.stock import counting, moving, reversing, wasting
from inventory.actions.stock.moving import Done
from inventory.models import Count, Lot, Movement
from inventory.queries.movements import movements

from . import named, shapes


class Receipts(ApiDoor):
    """A delivery came."""

    permissions = {"POST": "stock.receive"}

    @extend_schema(request=shapes.ReceiptBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.ReceiptBody, request.data)
        asked["place"] = named.place(request, asked["place"], "place")
        if text := asked.pop("supplier", ""):
            asked["supplier"] = named.supplier(request, text)
        return self.act(moving.receive, word=_worded(request, "receipt"), **asked)


class Transfers(ApiDoor):
    """Stock went from one place to another."""

    permissions = {"POST": "stock.transfer"}

    @extend_schema(request=shapes.TransferBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.TransferBody, request.data)
        asked["source"] = named.place(request, asked.pop("from"), "from")
        asked["target"] = named.place(request, asked.pop("to"), "to")
        return self.act(moving.transfer, word=_worded(request, "transfer"), **asked)


class Counts(ApiDoor):
    """Somebody counted."""

    permissions = {"POST": "stock.count"}

    @extend_schema(request=shapes.CountBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.CountBody, request.data)
        asked["place"] = named.place(request, asked["place"], "place")
        return self.act(counting.count, word=_worded(request, "count"), **asked)


class FoundStock(ApiDoor):
    """Packs are in somebody's hand that the ledger knows nothing of."""

    permissions = {"POST": "stock.found"}

    @extend_schema(request=shapes.FoundBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.FoundBody, request.data)
        asked["place"] = named.place(request, asked["place"], "place")
        return self.act(counting.found, word=_worded(request, "found"), **asked)


class Wastes(ApiDoor):
    """Stock was destroyed."""

    permissions = {"POST": "stock.waste"}

    @extend_schema(request=shapes.WasteBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.WasteBody, request.data)
        asked["place"] = named.place(request, asked["place"], "place")
        return self.act(wasting.waste, word=_worded(request, "waste"), **asked)


class WasteConfirmations(ApiDoor):
    """Ask a second person to see a waste, with the body of the waste; its id goes into it."""

    permissions = {"POST": "confirmation.ask"}

    @extend_schema(request=shapes.WasteBody, responses={201: shapes.ConfirmationAskedShape})
    def post(self, request):
        asked = valid(shapes.WasteBody, request.data)
        question = wasting.question(
            actor=request.user,
            now=timezone.now(),
            place=named.place(request, asked["place"], "place"),
            lines=asked["lines"],
            why=asked["why"],
        )
        key = getattr(request, "auth", None)
        came_from = f"key {key.pk}" if key is not None else request.browser
        return self.act(ask_confirmation, word=_question, asked_from=came_from, **question)


class Returns(ApiDoor):
    """Stock came back; it waits in quarantine."""

    permissions = {"POST": "stock.return"}

    @extend_schema(request=shapes.ReturnBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.ReturnBody, request.data)
        asked["place"] = named.place(request, asked["place"], "place")
        if text := asked.pop("from", ""):
            asked["source"] = named.place(request, text, "from")
        return self.act(moving.give_back, word=_worded(request, "return"), **asked)


class Quarantines(ApiDoor):
    """Stock is set aside."""

    permissions = {"POST": "stock.quarantine"}

    @extend_schema(request=shapes.QuarantineBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = _with_target(request)
        return self.act(moving.quarantine, word=_worded(request, "quarantine"), **asked)


class Releases(ApiDoor):
    """A pharmacist lets stock out of quarantine."""

    permissions = {"POST": "stock.release"}

    @extend_schema(request=shapes.QuarantineBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = _with_target(request)
        return self.act(moving.release, word=_worded(request, "release"), **asked)


class LotQuarantines(ApiDoor):
    """A whole lot may not be used, wherever it lies."""

    permissions = {"POST": "lot.quarantine"}

    @extend_schema(request=shapes.LotStateBody, responses={201: shapes.LotStateShape})
    def post(self, request):
        asked = valid(shapes.LotStateBody, request.data)
        lot = the_one(request.user, Lot.objects.all(), uid=asked["lot"])
        return self.act(moving.quarantine_lot, word=_lot, lot=lot, reason=asked["reason"])


class LotReleases(ApiDoor):
    """A lot that was in quarantine may be used again."""

    permissions = {"POST": "lot.release"}

    @extend_schema(request=shapes.LotStateBody, responses={201: shapes.LotStateShape})
    def post(self, request):
        asked = valid(shapes.LotStateBody, request.data)
        lot = the_one(request.user, Lot.objects.all(), uid=asked["lot"])
        return self.act(moving.release_lot, word=_lot, lot=lot, reason=asked["reason"])


class Reversals(ApiDoor):
    """A movement was a mistake and is taken back."""

    permissions = {"POST": "stock.reverse"}

    @extend_schema(request=shapes.ReversalBody, responses={201: shapes.MovementShape})
    def post(self, request):
        asked = valid(shapes.ReversalBody, request.data)
        movement = the_one(request.user, Movement.objects.all(), uid=asked["movement"])
        return self.act(
            reversing.reverse,
            word=_worded(request, "reversal"),
            movement=movement,
            reason=asked["reason"],
        )


class Reviews(ApiDoor):
    """Somebody else looks at a difference, or at found stock."""

    permissions = {"POST": "count.review"}

    @extend_schema(request=shapes.ReviewBody, responses={201: shapes.ReviewShape})
    def post(self, request, uid):
        count = the_one(request.user, Count.objects.all(), uid=uid)
        asked = valid(shapes.ReviewBody, request.data)
        word = {"accepted": asked["accepted"]}
        return self.act(
            counting.review, word=lambda done: _reviewed(done) | word, count=count, **asked
        )


def _with_target(request: Any) -> dict[str, Any]:
    asked = valid(shapes.QuarantineBody, request.data)
    asked["place"] = named.place(request, asked["place"], "place")
    if text := asked.pop("to", ""):
        asked["target"] = named.place(request, text, "to")
    return asked


# --- what is answered ---------------------------------------------------------------------------


def _worded(request: HttpRequest, kind: str):
    """How what was done is said: the movement, with notes and counts."""

    def word(done: Done) -> dict[str, Any]:
        made = None
        if done.posted:
            made = movements(viewer=request.user).get(pk=done.posted.id)
        first = made or done.counts[0]
        return {
            "id": str(made.uid) if made else None,
            "kind": kind,
            "at": first.at.isoformat(),
            "by": first.actor.name,
            "witness": made.witness.name if made and made.witness else None,
            "reason": made.reason if made else "",
            "document": made.document if made else "",
            "reverses": str(made.reverses.uid) if made and made.reverses else None,
            "lines": [_line(line) for line in made.lines.all()] if made else [],
            "place": done.place.code if done.place else None,
            "findings": [note.as_dict() for note in done.notes],
            "counts": [_count(one) for one in done.counts],
        }

    return word


def _line(line: Any) -> dict[str, Any]:
    return {
        "lot": str(line.lot.uid),
        "lot_number": line.lot.number,
        "product": line.lot.product.code,
        "place": line.place.kind if line.virtual else line.place.code,
        "quantity": line.quantity,
        "balance": line.balance_after,
        "version": line.seq,
    }


def _count(one: Count) -> dict[str, Any]:
    return {
        "id": str(one.uid),
        "lot": str(one.lot.uid),
        "counted": one.counted,
        "seen": one.seen_quantity,
        "seen_version": one.seen_version,
        "found": one.found,
    }


def _lot(lot: Lot) -> dict[str, Any]:
    return {"lot": str(lot.uid), "status": lot.status}


def _question(asked: Any) -> dict[str, Any]:
    return {
        "confirmation": str(asked.uid),
        "shown": asked.shown,
        "expires_at": asked.expires_at.isoformat(),
    }


def _reviewed(count: Count) -> dict[str, Any]:
    return {"id": str(count.uid), "reviewed_at": count.reviewed_at.isoformat()}
