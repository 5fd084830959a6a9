"""The shapes of the stock's JSON, for checking what comes in and telling what goes out."""

from typing import Any

from rest_framework import serializers

from inventory.actions.stock.reading import MOST_LINES
from inventory.actions.stock.wasting import REASONS
from inventory.models import Movement

LONGEST_SCAN = 2000
BASE_UNITS = "Base units, the smallest part that is ever dispensed."
PLACE = "Code or id of a place."


class LineBody(serializers.Serializer):
    """One line: what it is about (scan, lot or product) and how many."""

    scan = serializers.CharField(
        max_length=LONGEST_SCAN,
        trim_whitespace=False,
        required=False,
        allow_blank=True,
        help_text="What a scanner read, with its separators.",
    )
    lot = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Id of a lot."
    )
    product = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Code of a product."
    )
    lot_number = serializers.CharField(max_length=80, required=False, allow_blank=True)
    expiry = serializers.DateField(required=False, allow_null=True)
    quantity = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="A scanned pack without a quantity is one pack.",
    )
    unit = serializers.CharField(
        max_length=80,
        required=False,
        allow_blank=True,
        help_text='"base" (the default), the product\'s unit, or the name of one of its packs.',
    )
    unscanned = serializers.CharField(
        max_length=120,
        required=False,
        allow_blank=True,
        help_text="Why a pack that is to be scanned was not.",
    )


class CountLineBody(LineBody):
    version = serializers.IntegerField(
        min_value=0,
        max_value=2**62,
        required=False,
        help_text="The version of the level that the counter saw; 0 where there was none.",
    )


class _Lined(serializers.Serializer):
    """Lines, or the fields of one line beside the others."""

    line_body: type[LineBody] = LineBody

    def to_internal_value(self, data: Any) -> dict:
        if isinstance(data, dict) and "lines" not in data:
            names = self.line_body().get_fields().keys() & data.keys()
            if names:
                data = dict(data) | {"lines": [{name: data[name] for name in names}]}
        return super().to_internal_value(data)


class _Lines(_Lined):
    lines = LineBody(many=True, max_length=MOST_LINES)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class _Documented(_Lines):
    document = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


def _place(**more: Any) -> serializers.CharField:
    return serializers.CharField(max_length=80, help_text=PLACE, **more)


class ReceiptBody(_Documented):
    place = _place()
    supplier = serializers.CharField(max_length=40, required=False, help_text="Code of a supplier.")
    into_quarantine = serializers.BooleanField(default=False)


class TransferBody(_Documented):
    to = _place()

    def get_fields(self) -> dict:
        return super().get_fields() | {"from": _place()}


class CountBody(_Lined):
    line_body = CountLineBody
    place = _place()
    lines = CountLineBody(many=True, max_length=MOST_LINES)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class FoundBody(_Lines):
    place = _place()
    into_quarantine = serializers.BooleanField(default=False)


class WasteBody(_Lined):
    place = _place()
    lines = LineBody(many=True, max_length=MOST_LINES)
    why = serializers.ChoiceField(list(REASONS))
    words = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    confirmation = serializers.CharField(
        max_length=80,
        required=False,
        allow_blank=True,
        default="",
        help_text="A second person's one-time yes; see /api/stock/wastes/confirmations/.",
    )


class ReturnBody(_Documented):
    place = _place()

    def get_fields(self) -> dict:
        given_back = _place(required=False)
        given_back.help_text = "Code or id of a place; without it, it comes back from patients."
        return super().get_fields() | {"from": given_back}


class QuarantineBody(_Lines):
    place = _place()
    to = _place(required=False)


class LotStateBody(serializers.Serializer):
    lot = serializers.UUIDField()
    reason = serializers.CharField(max_length=300)


class ReversalBody(serializers.Serializer):
    movement = serializers.UUIDField()
    reason = serializers.CharField(max_length=300)


class ReviewBody(serializers.Serializer):
    accepted = serializers.BooleanField()
    words = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


# --- what goes out ------------------------------------------------------------------------------


class MovementLineShape(serializers.Serializer):
    lot = serializers.UUIDField()
    lot_number = serializers.CharField()
    product = serializers.CharField(help_text="Code of the product.")
    place = serializers.CharField(help_text="Code of the place, or the kind of a virtual one.")
    quantity = serializers.IntegerField(help_text=f"{BASE_UNITS} Negative: they left.")
    balance = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)


class CountShape(serializers.Serializer):
    id = serializers.UUIDField()
    lot = serializers.UUIDField()
    counted = serializers.IntegerField()
    seen = serializers.IntegerField()
    seen_version = serializers.IntegerField()
    found = serializers.BooleanField()


class MovementShape(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True, help_text="Null where a count agreed.")
    kind = serializers.ChoiceField(Movement.Kind.values)
    at = serializers.DateTimeField()
    by = serializers.CharField()
    witness = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    document = serializers.CharField()
    reverses = serializers.UUIDField(allow_null=True)
    lines = MovementLineShape(many=True)
    place = serializers.CharField(allow_null=True, help_text="Where it lies now.")
    findings = serializers.ListField(child=serializers.DictField())
    counts = CountShape(many=True)


class LevelShape(serializers.Serializer):
    product = serializers.CharField()
    product_name = serializers.CharField()
    lot = serializers.UUIDField()
    lot_number = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    status = serializers.CharField(help_text="released, quarantined, recalled or expired.")
    usable = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="Why it may not be used.")
    place = serializers.CharField()
    place_name = serializers.CharField()
    quantity = serializers.IntegerField(help_text=BASE_UNITS)
    said = serializers.CharField(help_text="The quantity as people say it.")
    version = serializers.IntegerField(help_text="What a count of it must name.")


class LevelPage(serializers.Serializer):
    results = LevelShape(many=True)
    next = serializers.URLField(allow_null=True)


class SuggestionShape(serializers.Serializer):
    lot = serializers.UUIDField()
    lot_number = serializers.CharField()
    expiry = serializers.DateField(allow_null=True)
    place = serializers.CharField()
    quantity = serializers.IntegerField()
    reason = serializers.CharField()


class SuggestionsShape(serializers.Serializer):
    takes = SuggestionShape(many=True)
    short = serializers.IntegerField(help_text="Base units that cannot be had there.")
    alternatives = serializers.ListField(child=serializers.DictField())


class ConfirmationAskedShape(serializers.Serializer):
    confirmation = serializers.UUIDField()
    shown = serializers.DictField()
    expires_at = serializers.DateTimeField()


class LotStateShape(serializers.Serializer):
    lot = serializers.UUIDField()
    status = serializers.CharField()


class ReviewShape(serializers.Serializer):
    id = serializers.UUIDField()
    accepted = serializers.BooleanField()
    reviewed_at = serializers.DateTimeField()
