"""The shapes of the second floor's JSON, for checking what comes in and telling what goes out."""

from rest_framework import serializers


class AssetStateBody(serializers.Serializer):
    state = serializers.ChoiceField(["free", "in_use", "dirty", "broken"])
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class AssetSightingBody(serializers.Serializer):
    zone = serializers.CharField(max_length=80, help_text="Code or id of the zone.")
    there = serializers.BooleanField(default=True)
    source = serializers.ChoiceField(["scan", "pick"], default="pick")


class CandidateShape(serializers.Serializer):
    zone = serializers.CharField(help_text="Code of the zone.")
    zone_name = serializers.CharField()
    probability = serializers.FloatField()


class PositionShape(serializers.Serializer):
    zone = serializers.CharField(allow_null=True, help_text="Code of the zone.")
    zone_name = serializers.CharField(allow_null=True)
    floor = serializers.CharField(allow_null=True)
    building = serializers.CharField(allow_null=True)
    level = serializers.ChoiceField(["zone", "area", "floor", "unknown"])
    probability = serializers.FloatField()
    words = serializers.CharField()
    candidates = CandidateShape(many=True)
    since = serializers.DateTimeField()
    seen_at = serializers.DateTimeField()
    age_s = serializers.FloatField()
    source = serializers.ChoiceField(["radio", "sighting"])
    x = serializers.FloatField(allow_null=True, help_text="Metres.")
    y = serializers.FloatField(allow_null=True, help_text="Metres.")
    evidence = serializers.ListField(child=serializers.DictField())


class AssetShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    kind_name = serializers.CharField()
    status = serializers.ChoiceField(["unknown", "free", "in_use", "dirty", "broken"])
    available = serializers.BooleanField(allow_null=True)
    reasons = serializers.ListField(child=serializers.CharField())
    service_due_on = serializers.DateField(allow_null=True)
    warned_not_there = serializers.BooleanField()
    walk_s = serializers.IntegerField(allow_null=True)
    position = PositionShape(allow_null=True)


class AssetPage(serializers.Serializer):
    results = AssetShape(many=True)
    next = serializers.URLField(allow_null=True)


class AssetStateShape(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.CharField()
    state_at = serializers.DateTimeField()


class SightingShape(serializers.Serializer):
    id = serializers.UUIDField()
    zone = serializers.CharField()
    source = serializers.CharField()


class StayShape(serializers.Serializer):
    id = serializers.CharField()
    asset = serializers.UUIDField()
    asset_name = serializers.CharField()
    zone = serializers.UUIDField()
    zone_name = serializers.CharField()
    floor = serializers.CharField()
    probability = serializers.FloatField()
    source = serializers.CharField()

    def get_fields(self):
        fields = super().get_fields()  # `from` is a word of the language and cannot be declared
        fields["from"] = serializers.DateTimeField()
        fields["to"] = serializers.DateTimeField(allow_null=True)
        return fields


class StayPage(serializers.Serializer):
    results = StayShape(many=True)
    next = serializers.URLField(allow_null=True)


class DuressShape(serializers.Serializer):
    id = serializers.UUIDField()
    raised_at = serializers.DateTimeField()
