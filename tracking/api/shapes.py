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


class HearingShape(serializers.Serializer):
    gateway = serializers.CharField()
    zone_name = serializers.CharField(allow_null=True, help_text="The room it hangs in.")
    floor = serializers.CharField(allow_null=True)
    rssi = serializers.FloatField(help_text="Middle strength in dBm.")
    at = serializers.DateTimeField(allow_null=True)
    age_s = serializers.FloatField(allow_null=True)
    hears_now = serializers.BooleanField()
    silent = serializers.BooleanField(help_text="It hears nothing at all any more.")


class SaidShape(serializers.Serializer):
    source = serializers.ChoiceField(["scan", "pick", "not_there"])
    zone_name = serializers.CharField()
    at = serializers.DateTimeField()
    age_s = serializers.FloatField()
    by = serializers.CharField(allow_blank=True, help_text="The kind of who said it.")


class CameShape(serializers.Serializer):
    to = serializers.CharField()
    door = serializers.ChoiceField(["door", "lift", "stairs"], allow_null=True)
    at = serializers.DateTimeField()

    def get_fields(self):
        fields = super().get_fields()
        fields["from"] = serializers.CharField()
        return fields


class AgainstShape(serializers.Serializer):
    code = serializers.CharField()
    about = serializers.DictField()


class MomentShape(serializers.Serializer):
    at = serializers.DateTimeField()
    level = serializers.ChoiceField(["zone", "area", "floor", "unknown"])
    zone = serializers.CharField(allow_null=True)
    probability = serializers.FloatField()
    x = serializers.FloatField(allow_null=True)
    y = serializers.FloatField(allow_null=True)
    heard = serializers.BooleanField()
    candidates = serializers.ListField(child=serializers.DictField())
    gateways = serializers.ListField(child=serializers.DictField())


class EvidenceShape(serializers.Serializer):
    zone = serializers.CharField(allow_null=True, help_text="Code of the zone.")
    level = serializers.ChoiceField(["zone", "area", "floor", "unknown"])
    probability = serializers.FloatField()
    age_s = serializers.FloatField(allow_null=True)
    candidates = CandidateShape(many=True)
    raw = serializers.ChoiceField(
        ["kept", "none", "off", "unreadable"], help_text="Whether raw readings stand behind this."
    )
    gateways = HearingShape(many=True)
    said = SaidShape(many=True)
    came = CameShape(allow_null=True)
    against = AgainstShape(many=True)
    replay = MomentShape(many=True, required=False)
