"""What the dispensing doors take and give, for the description of the API."""

from rest_framework import serializers


class OverrideBody(serializers.Serializer):
    finding = serializers.CharField(max_length=80)
    reason = serializers.CharField(max_length=400, help_text="A code of the list, or words.")
    text = serializers.CharField(max_length=300, required=False, allow_blank=True)


class DispenseLineBody(serializers.Serializer):
    scan = serializers.CharField(
        max_length=4096, required=False, help_text="What a scanner read; or `lot`."
    )
    lot = serializers.UUIDField(required=False)
    quantity = serializers.CharField(max_length=40, help_text="Whole base units, unless `unit`.")
    unit = serializers.CharField(
        max_length=40, required=False, help_text="base (the default), or the product's unit."
    )


class DispenseBody(serializers.Serializer):
    order = serializers.UUIDField()
    lines = DispenseLineBody(many=True)
    place = serializers.CharField(max_length=60, help_text="Code or id of the place to take from.")
    confirmation = serializers.CharField(
        max_length=60, required=False, help_text="The id of the second person's yes."
    )
    overrides = OverrideBody(many=True, required=False)


class DispensedShape(serializers.Serializer):
    dispense = serializers.UUIDField()
    movement = serializers.UUIDField()
    label = serializers.DictField(  # type: ignore[assignment]
        child=serializers.CharField(), help_text="Addresses of the label as pdf and as zpl."
    )
    status = serializers.CharField()
    quantity = serializers.IntegerField()
    owed = serializers.UUIDField(allow_null=True)
    owed_quantity = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.DictField())


class DispensedLineShape(serializers.Serializer):
    lot = serializers.UUIDField()
    lot_number = serializers.CharField()
    place = serializers.CharField()
    quantity = serializers.IntegerField()
    returned = serializers.IntegerField()
    serials = serializers.ListField(child=serializers.CharField())
    scanned = serializers.BooleanField()


class DispenseShape(serializers.Serializer):
    id = serializers.UUIDField()
    status = serializers.CharField()
    order = serializers.UUIDField()
    patient = serializers.UUIDField()
    product = serializers.UUIDField(allow_null=True)
    product_name = serializers.CharField()
    wanted = serializers.IntegerField(help_text="Base units of the product, as all quantities.")
    urgency = serializers.IntegerField(help_text="0 at once, 1 urgent, 2 routine.")
    promised_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    place = serializers.CharField(allow_null=True)
    verified_by = serializers.CharField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    claimed_by = serializers.CharField(allow_null=True)
    claimed_until = serializers.DateTimeField(allow_null=True)
    dispensed_by = serializers.CharField(allow_null=True)
    dispensed_at = serializers.DateTimeField(allow_null=True)
    movement = serializers.UUIDField(allow_null=True)
    handed_over_at = serializers.DateTimeField(allow_null=True)
    handed_over_to = serializers.CharField()
    owed_from = serializers.UUIDField(allow_null=True)
    prints = serializers.IntegerField()
    labels = serializers.DictField(allow_null=True)
    lines = DispensedLineShape(many=True)


class DispensePage(serializers.Serializer):
    results = DispenseShape(many=True)
    next = serializers.CharField(allow_null=True)


class VerifyBody(serializers.Serializer):
    overrides = OverrideBody(many=True, required=False)


class HoldBody(serializers.Serializer):
    question = serializers.CharField(max_length=500)


class ClarificationAnswerBody(serializers.Serializer):
    answer = serializers.CharField(max_length=500)


class ReasonBody(serializers.Serializer):
    reason = serializers.CharField(max_length=300)


class ClarificationShape(serializers.Serializer):
    id = serializers.UUIDField()
    dispense = serializers.UUIDField()
    question = serializers.CharField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    answer = serializers.CharField(allow_blank=True)
    answered_by = serializers.CharField(allow_null=True)


class ClarificationPage(serializers.Serializer):
    results = ClarificationShape(many=True)
    next = serializers.CharField(allow_null=True)


class PickBody(serializers.Serializer):
    scan = serializers.CharField(max_length=4096)
    place = serializers.CharField(max_length=60)
    quantity = serializers.CharField(
        max_length=40, required=False, help_text="In the product's unit; one pack if left out."
    )


class PickedShape(serializers.Serializer):
    lot = serializers.UUIDField()
    lot_number = serializers.CharField()
    quantity = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.DictField())


class HandOverBody(serializers.Serializer):
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=200, help_text="What was scanned from the bag."
    )
    wristband = serializers.CharField(max_length=200, required=False)
    collector = serializers.CharField(max_length=120, required=False)


class BackLineBody(serializers.Serializer):
    lot = serializers.UUIDField()
    quantity = serializers.CharField(max_length=40, help_text="Whole base units.")
    to = serializers.ChoiceField(["quarantine", "waste"], required=False)
    serials = serializers.ListField(child=serializers.CharField(max_length=20), required=False)


class DispenseReturnBody(serializers.Serializer):
    lines = BackLineBody(many=True)
    reason = serializers.CharField(max_length=300)
    confirmation = serializers.CharField(max_length=60, required=False)


class ReturnedShape(serializers.Serializer):
    movements = serializers.ListField(child=serializers.UUIDField())
    status = serializers.CharField()


class AskShape(serializers.Serializer):
    confirmation = serializers.UUIDField()
    expires_at = serializers.DateTimeField()


class EmergencyBody(serializers.Serializer):
    patient = serializers.CharField(
        max_length=120, help_text="Id, wristband code or whole record number."
    )
    dose = serializers.CharField(max_length=40)
    unit = serializers.CharField(max_length=20)
    route = serializers.CharField(max_length=30)
    timing = serializers.CharField(max_length=120, required=False)
    reason = serializers.CharField(max_length=500)
    lines = DispenseLineBody(many=True)
    place = serializers.CharField(max_length=60)
    confirmation = serializers.CharField(max_length=60, required=False)
    overrides = OverrideBody(many=True, required=False)
