"""The label of a dispense, for a printer. A label that is fetched is a label that is printed: it
is counted, and what comes after the first says that it is a reprint."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema

from hims.api.base import ApiDoor
from pharmacy.actions.labels import print_label
from pharmacy.domain.label import Label
from pharmacy.printing import pdf
from pharmacy.queries.labels import label_of, printable
from pharmacy.wire.zpl import zpl


class Pdf(ApiDoor):
    """The label as PDF, for any printer."""

    permissions = {"GET": "dispensing.print"}

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request, uid):
        label = printed(request.user, uid)
        return HttpResponse(pdf([label], title=label.medicine), content_type="application/pdf")


class Zpl(ApiDoor):
    """The label in the language of Zebra's label printers."""

    permissions = {"GET": "dispensing.print"}

    @extend_schema(responses={(200, "application/zpl"): OpenApiTypes.STR})
    def get(self, request, uid):
        return HttpResponse(zpl(printed(request.user, uid)), content_type="application/zpl")


def printed(viewer, uid) -> Label:
    """The label with its number, which is counted."""
    now = timezone.now()
    dispense = printable(viewer, uid)
    copy = print_label(actor=viewer, now=now, dispense=dispense)
    return label_of(dispense, copy=copy, now=now)
