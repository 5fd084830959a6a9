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
