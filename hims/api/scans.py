"""A code was read somewhere: `POST /api/scans/`, for scanners and for the pages' own scan boxes."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from hims import subjects
from hims.api.base import ApiDoor, valid
from hims.api.parsed import ParsedShape, parsed
from hims.errors import Finding, Invalid
from hims.models import Zone
from hims.wire import own_codes
from tracking.actions.scans import LONGEST_CODE, record_scan
from tracking.models import Scan


class ScanBody(serializers.Serializer):
    code = serializers.CharField(max_length=LONGEST_CODE, trim_whitespace=False)
    scanner = serializers.CharField(max_length=120, required=False, allow_blank=True)
    at = serializers.DateTimeField(required=False)
    zone = serializers.CharField(max_length=80, required=False, allow_blank=True)
    symbology = serializers.CharField(max_length=40, required=False, allow_blank=True)


class ScanShape(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Scan.Kind.values)
    parsed = ParsedShape()
    reason = serializers.CharField(allow_null=True)
    findings = serializers.ListField(child=serializers.DictField())
    subject = serializers.DictField(allow_null=True)
    effects = serializers.ListField(child=serializers.DictField())


class Scans(ApiDoor):
    """Keep a scan and say what it was. An unknown code is kept too, and said to be unknown."""

    permissions = {"POST": "scan.record"}

    @extend_schema(request=ScanBody, responses={201: ScanShape})
    def post(self, request):
        asked = valid(ScanBody, request.data)
        if text := asked.pop("zone", ""):
            asked["zone"] = _zone(text)
        return self.act(record_scan, word=lambda read: worded(request.user, read), **asked)


def worded(viewer, read) -> dict:
    """A scan as JSON (CONTRACT, `POST /api/scans/`)."""
    return {
        "id": str(read.scan.uid),
        "kind": read.scan.kind,
        "parsed": parsed(read.code),
        "reason": read.scan.reason or None,
        "findings": [finding.as_dict() for finding in read.findings],
        "subject": subjects.shown(viewer, read.found) if read.found else None,
        "effects": read.effects,
    }


def _zone(text: str) -> Zone:
    """The zone by its code, its printed sign or its id."""
    own = own_codes.parsed(text)
    code = own[1] if own and own[0] == "zone" else text
    zone = Zone.objects.filter(code=code).first()
    if zone is None:
        try:
            uid = serializers.UUIDField().to_internal_value(text)
        except serializers.ValidationError:
            uid = None
        zone = uid and Zone.objects.filter(uid=uid).first()
    if not zone:
        raise Invalid(Finding("unknown_zone", f"No zone has the code {text!r}.", field="zone"))
    return zone
