"""What has served its time is thrown away: kept answers, ended sessions, timers long done."""

from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings

from hims.action import action
from hims.models import Actor, IdempotentAnswer, Timer

TIMERS_KEPT = timedelta(days=90)


@action("house.tidy")
def tidy(*, actor: Actor, now: datetime) -> dict[str, int]:
    """Delete answers past their expiry, sessions that ended, and timers done 90 days ago.

    Returns how many answers and timers went.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return {
        "answers": IdempotentAnswer.objects.filter(expires_at__lt=now).delete()[0],
        "timers": Timer.objects.filter(done_at__lt=now - TIMERS_KEPT).delete()[0],
    }
