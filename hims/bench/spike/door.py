"""The bench's doors: a key is checked, then nothing is done, or ten statements are, or readings
are taken by serializers and bulk_create as DRF would have it."""

from datetime import UTC, datetime

from django.db import connection
from rest_framework import serializers
from rest_framework.response import Response

from hims.access.roles import ROLE_TABLE, Role
from hims.action import action
from hims.api.base import ApiDoor, valid
from hims.bench.spike import rows
from hims.bench.spike.ten import ten_statements

ROLE_TABLE["bench.ten"] = {Role.PORTER}


class Ping(ApiDoor):
    """The least that a program can ask."""

    permissions = {"GET": "api.view"}

    def get(self, request):
        return Response({"pong": True})


@action("bench.ten")
def take_ten(*, actor, now, thing: int, quantity: int) -> int:
    """An action whose own part is ten statements; returns the movement's number."""
    with connection.cursor() as cursor:
        return ten_statements(cursor, thing=thing, quantity=quantity, now=now)


class Asked(serializers.Serializer):
    thing = serializers.IntegerField(min_value=1)
    quantity = serializers.IntegerField(min_value=1, max_value=100)


class Ten(ApiDoor):
    """An action through DRF and the gate, of the size of a dispense."""

    permissions = {"POST": "bench.ten"}

    def post(self, request):
        asked = valid(Asked, request.data)
        return self.act(take_ten, word=lambda movement: {"movement": movement}, **asked)


class Reading(serializers.Serializer):
    tag = serializers.CharField(max_length=80)
    gateway = serializers.CharField(max_length=80)
    rssi = serializers.IntegerField(min_value=-127, max_value=10)
    at = serializers.FloatField()


class Readings(ApiDoor):
    """Readings through DRF's serializers into a table: the price of not having a door of their
    own."""

    permissions = {"POST": "readings.post"}

    def post(self, request):
        taken = Reading(data=request.data.get("readings"), many=True)
        taken.is_valid(raise_exception=True)
        for row in taken.validated_data:
            row["at"] = datetime.fromtimestamp(row["at"], UTC)
        rows.Reading.objects.bulk_create([rows.Reading(**row) for row in taken.validated_data])
        return Response({"accepted": len(taken.validated_data), "rejected": []}, status=202)
