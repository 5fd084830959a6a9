"""A photo of a code: `POST /api/scans/image/`. It says what it sees and does nothing."""

import base64

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from hims import subjects
from hims.api.base import ApiDoor, valid
from hims.api.parsed import ParsedShape, parsed
from hims.codes import Barcode, NotAPicture, read_picture
from hims.wire.codes import Code

WHY_NOT = {
    "unreadable": (
        415,
        _("This is no picture that can be read. Send a PNG, JPEG, WebP, GIF or BMP."),
    ),
    "large": (413, _("The picture is larger than 10 MB. Send a smaller one.")),
    "pixels": (413, _("The picture has more than 25 million pixels. Send a smaller one.")),
    "slow": (413, _("This picture takes too long to read. Send a smaller one, or type the code.")),
}


class NoPicture(exceptions.APIException):
    """The bytes are no picture, in one of four ways, each with its status and its sentence."""

    default_detail = _("Not a picture")

    def __init__(self, code: str):
        self.status_code, text = WHY_NOT[code]
        super().__init__(str(text), code)


class PhotoBody(serializers.Serializer):
    image = serializers.FileField(allow_empty_file=True)


class BarcodeShape(serializers.Serializer):
    symbology = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    raw = serializers.CharField(allow_blank=True, help_text="The bytes of the symbol, in base64.")
    code = serializers.CharField(
        allow_blank=True, help_text="The text as a scanner would send it to POST /api/scans/."
    )
    confirmed = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    parsed = ParsedShape()
    subject = serializers.DictField(allow_null=True)


class PhotoShape(serializers.Serializer):
    barcodes = BarcodeShape(many=True)


class Photos(ApiDoor):
    """The barcodes of a photo. An empty list when there is none; one that is not confirmed may be
    misread, and must be scanned again or typed."""

    permissions = {"POST": "scan.record"}
    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PhotoBody}, responses={200: PhotoShape})
    def post(self, request):
        image = valid(PhotoBody, request.data)["image"]
        try:
            barcodes = read_picture(image.read(), known=_is_known)
        except NotAPicture as no:
            raise NoPicture(no.code) from None
        return Response({"barcodes": [_worded(request.user, barcode) for barcode in barcodes]})


def _is_known(code: Code) -> bool:
    return subjects.find(code.text, code) is not None


def _worded(viewer, barcode: Barcode) -> dict:
    found = subjects.find(barcode.code.text, barcode.code) if barcode.confirmed else None
    return {
        "symbology": barcode.symbology,
        "text": barcode.text,
        "raw": base64.b64encode(barcode.raw).decode(),
        "code": barcode.typed,
        "confirmed": barcode.confirmed,
        "reason": barcode.reason,
        "parsed": parsed(barcode.code),
        "subject": subjects.shown(viewer, found) if found else None,
    }
