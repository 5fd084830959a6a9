"""What every remembered thing shares: a public identifier and a trail of its changes."""

import secrets
import time
from uuid import UUID

from django.db import models
from simple_history.models import HistoricalRecords

from hims.domain.identifiers import uuid7
from hims.gate import current


def new_uid() -> UUID:
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(10))


class Public(models.Model):
    """Known outside by `uid` (UUIDv7); the bigint key never leaves the house."""

    uid = models.UUIDField(default=new_uid, unique=True, editable=False)

    class Meta:
        abstract = True


class Trail(HistoricalRecords):
    """django-simple-history whose actor and reason come from the open write gate."""

    def get_history_user(self, instance):
        act = current()
        return act.actor if act else None

    def get_change_reason_for_object(self, instance, history_type, using):
        act = current()
        return act.reason or act.name if act else None
