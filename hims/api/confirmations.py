"""A second person's yes, for programs that they hold in their own hands."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.scopes import the_one
from hims.actions.confirmations import give_confirmation
from hims.models import Confirmation
from hims.queries.confirmations import to_answer

from .base import ApiDoor, paged, valid


class AnswerBody(serializers.Serializer):
    answer = serializers.ChoiceField(["yes", "no"])
    why = serializers.CharField(max_length=300, required=False)

    def validate(self, given):
        if given["answer"] == "no" and not given.get("why"):
            raise serializers.ValidationError({"why": "Say why not, in a few words."})
        return given


class ConfirmationShape(serializers.Serializer):
    id = serializers.UUIDField()
    purpose = serializers.CharField()
    shown = serializers.DictField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    given_by = serializers.CharField(allow_null=True)
    refused = serializers.CharField(allow_blank=True)


class Confirmations(ApiDoor):
    """What waits for the caller's yes."""

    permissions = {"GET": "confirmation.give"}

    @extend_schema(responses={200: ConfirmationShape(many=True)})
    def get(self, request):
        waiting = to_answer(request.user, timezone.now()).select_related("given_by")
        return Response(paged(request, waiting, worded))


class OneConfirmation(ApiDoor):
    """Say yes, or no and why; after a yes its id is the one-time token."""

    permissions = {"POST": "confirmation.give"}

    @extend_schema(request=AnswerBody, responses={200: ConfirmationShape})
    def post(self, request, uid):
        asked = the_one(request.user, Confirmation.objects.all(), uid=uid)
        body = valid(AnswerBody, request.data)
        return self.act(
            give_confirmation,
            word=worded,
            status=200,
            confirmation=asked,
            given_from=came_from(request),
            refused=body.get("why", "") if body["answer"] == "no" else "",
        )


def came_from(request) -> str:
    """The browser or the key that a request came with."""
    key = getattr(request, "auth", None)
    return f"key {key.pk}" if key is not None else request.browser


def worded(asked: Confirmation) -> dict:
    return {
        "id": str(asked.uid),
        "purpose": asked.purpose,
        "shown": asked.shown,
        "asked_by": asked.asked_by.name,
        "asked_at": asked.asked_at.isoformat(),
        "expires_at": asked.expires_at.isoformat(),
        "given_by": asked.given_by.name if asked.given_by else None,
        "refused": asked.refused,
    }
