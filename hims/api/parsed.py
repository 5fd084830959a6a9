"""What a code says, as JSON: the same words for scans and for photos (CONTRACT, `parsed`)."""

from rest_framework import serializers

from hims.wire.codes import FORMATS, Code


class ParsedShape(serializers.Serializer):
    format = serializers.ChoiceField(FORMATS)
    elements = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)
    )
    gtin = serializers.CharField(allow_null=True)
    lot = serializers.CharField(allow_null=True)
    expiry = serializers.DateField(allow_null=True)
    serial = serializers.CharField(allow_null=True)


def parsed(code: Code) -> dict:
    """What a code says. Of one of our own codes the prefix says it all."""
    return {
        "format": code.format,
        "elements": [] if code.format == "own" else [list(element) for element in code.elements],
        "gtin": code.gtin,
        "lot": code.lot,
        "expiry": code.expiry and code.expiry.isoformat(),
        "serial": code.serial,
    }
