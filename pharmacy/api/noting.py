"""A door that keeps what the checks stopped: a refusal rolls back, so it is told afterwards."""

from collections.abc import Callable
from typing import Any, cast

from django.utils import timezone
from rest_framework.response import Response

from hims.api.base import ApiDoor
from hims.errors import Finding, Invalid, Refused
from hims.models import Actor
from pharmacy.actions.firings import note_once
from pharmacy.models import MedicationOrder


def act_and_note(
    door: ApiDoor, action: Callable, *, about: MedicationOrder | None = None, **asked: Any
) -> Response:
    """`door.act(action, …)`; rules that refused it are kept for their score, once per key."""
    try:
        response = door.act(action, **asked)
    except Refused as refused:
        if not isinstance(refused, Invalid):
            _note(door, refused.findings, about)
        raise
    if response.status_code == 409:
        _note(door, [Finding(**one) for one in response.data["findings"]], about)
    return response


def _note(door: ApiDoor, findings: list[Finding], about: MedicationOrder | None) -> None:
    key = door.request.headers.get("Idempotency-Key")
    actor = cast(Actor, door.request.user)
    note_once(key, findings, actor=actor, now=timezone.now(), order=about)
