"""Worker and clock of all floors: `celery -A hims.celery worker`, `celery -A hims.celery beat`."""

import logging
import os
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hims.settings")

from celery.beat import Scheduler
from celery.schedules import crontab
from django.db import DatabaseError, InterfaceError, close_old_connections

from hims.jobs import app

TICK_S = 1.0

log = logging.getLogger(__name__)

app.conf.beat_scheduler = "hims.celery:Clock"
app.conf.beat_max_loop_interval = TICK_S
app.conf.beat_schedule = {
    "tick": {
        "task": "hims.tasks.tick",
        "schedule": TICK_S,
        # A tick that nobody took in time is stale: the next one does the same.
        "options": {"expires": 10.0, "retry": False},
    },
    "tidy": {
        "task": "hims.tasks.tidy_house",
        "schedule": crontab(minute=7, hour="*/6"),
        "options": {"expires": 3600.0, "retry": False},
    },
    "alerts": {
        "task": "hims.tasks.mend_alerts",
        "schedule": 15.0,
        "options": {"expires": 15.0, "retry": False},
    },
    "gateways": {
        "task": "tracking.tasks.watch_gateways",
        "schedule": 20.0,
        "options": {"expires": 20.0, "retry": False},
    },
    "levels": {
        "task": "inventory.tasks.watch_levels",
        "schedule": 60.0,
        "options": {"expires": 60.0, "retry": False},
    },
    "flow": {
        "task": "hims.tasks.watch_flow",
        "schedule": 30.0,
        "options": {"expires": 30.0, "retry": False},
    },
    "reports": {
        "task": "hims.tasks.mend_reports",
        "schedule": 30.0,
        "options": {"expires": 30.0, "retry": False},
    },
    "schedules": {
        "task": "hims.tasks.watch_reports",
        "schedule": 60.0,
        "options": {"expires": 60.0, "retry": False},
    },
    "seal": {
        "task": "hims.tasks.seal_trail",
        "schedule": 600.0,
        "options": {"expires": 600.0, "retry": False},
    },
    "downtime": {
        "task": "hims.tasks.write_downtime",
        "schedule": 60.0,
        "options": {"expires": 60.0, "retry": False},
    },
    "months": {
        "task": "tracking.tasks.prepare_stay_months",
        "schedule": crontab(minute=17, hour="*/6"),
        "options": {"expires": 3600.0, "retry": False},
    },
    "maps": {
        "task": "tracking.tasks.learn_maps",
        "schedule": 60.0,
        "options": {"expires": 60.0, "retry": False},
    },
    "expiry": {
        "task": "inventory.tasks.expire",
        "schedule": 300.0,
        "options": {"expires": 300.0, "retry": False},
    },
}


class Clock(Scheduler):
    """Beat without a file (the schedule is code), that says in the database that it lives, and
    does the worker's most urgent work while there is no worker."""

    said_at = 0.0

    def tick(self, *args, **kwargs):
        waits = super().tick(*args, **kwargs)
        if time.monotonic() - self.said_at >= TICK_S:
            self.said_at = time.monotonic()
            self._say()
        return waits

    def _say(self) -> None:
        from django.utils import timezone

        from hims.tasks import sign_of_life, stand_in

        try:
            close_old_connections()
            sign_of_life("clock")
            stand_in(timezone.now())
        except (DatabaseError, InterfaceError) as error:
            log.warning("the clock could not say that it lives: %s", error)
