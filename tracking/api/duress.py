"""A call for help by a program on somebody's behalf: their phone, their badge's own gateway."""

from drf_spectacular.utils import extend_schema

from hims.api.base import ApiDoor
from tracking.actions.duress import raise_duress

from .shapes import DuressShape


class DuressCall(ApiDoor):
    """Call for help as oneself."""

    permissions = {"POST": "duress.raise"}

    @extend_schema(request=None, responses={201: DuressShape})
    def post(self, request):
        return self.act(raise_duress, word=_worded)


def _worded(call) -> dict:
    return {"id": str(call.uid), "raised_at": call.raised_at.isoformat()}
