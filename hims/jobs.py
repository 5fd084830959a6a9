"""Background work. The row is the job: a message only wakes the reader sooner than the clock would.

`wake` never fails and never holds up who calls it: without a broker the work is done a second or
two later, when the clock comes by. Work with a due time is a `Timer` row (hims.actions.timers),
whose kinds each floor registers here.
"""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from celery import Celery
from django.conf import settings
from django.db import transaction

import hims.broker  # noqa: F401  (teaches kombu our filesystem transport)

if TYPE_CHECKING:
    from datetime import datetime

    from hims.models import Timer

RESTS_S = 5.0  # after the broker failed, so long nobody tries to wake anyone
TimerFunction = Callable[["Timer", "datetime"], None]

log = logging.getLogger(__name__)


def broker_folder() -> Path:
    """Where the embedded broker keeps its messages: `filesystem:///PATH` names another folder."""
    path = urlsplit(settings.CELERY_BROKER_URL).path
    return Path(path) if path.strip("/") else Path(settings.HIMS_VAR) / "broker"


def _configuration() -> dict[str, Any]:
    url = settings.CELERY_BROKER_URL
    options: dict[str, Any] = {}
    if url.startswith("filesystem:"):
        options = {"folder": str(broker_folder()), "polling_interval": 0.1}
        url = "filesystem://localhost"
    elif url.startswith("redis"):
        options = {"socket_connect_timeout": 1.0, "socket_timeout": 5.0}
    return {
        "broker_url": url,
        "broker_transport_options": options,
        "broker_connection_timeout": 1.0,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_store_eager_result": False,
        "worker_prefetch_multiplier": 1,
        "worker_enable_remote_control": False,
        "worker_hijack_root_logger": False,
        "timezone": "UTC",
        "enable_utc": True,
    }


app = Celery("hims", set_as_current=True)
app.conf.update(_configuration())
app.autodiscover_tasks()

_resting_until = 0.0


def wake(task_name: str, *ids: int | str) -> None:
    """After the commit, ask a worker to run the task of that name with these ids now.

    A hint only: whoever calls it has written the row that says what is to be done.
    """
    transaction.on_commit(lambda: _send(task_name, ids), robust=True)


def _send(task_name: str, ids: tuple[int | str, ...]) -> None:
    global _resting_until
    if time.monotonic() < _resting_until:
        return
    try:
        app.send_task(task_name, args=ids, retry=False, ignore_result=True)
    except Exception as error:
        _resting_until = time.monotonic() + RESTS_S
        log.warning("nobody could be woken for %s, the clock will come by: %s", task_name, error)


_timer_functions: dict[str, TimerFunction] = {}


def register_timer(kind: str, function: TimerFunction) -> None:
    """Hand down what is to be done when a timer of `kind` is due.

    `function(timer, now)` is a @step: it runs inside the gate as the clock, in a transaction that
    also marks the timer done. What it does outside the database may happen twice after a crash.
    """
    known = _timer_functions.setdefault(kind, function)
    if known is not function:
        raise ValueError(f"timers of kind {kind} have a function already")


def timer_function(kind: str) -> TimerFunction:
    """What was registered for `kind`; LookupError if nothing was."""
    try:
        return _timer_functions[kind]
    except KeyError:
        raise LookupError(f"nobody knows what to do for a timer of kind {kind}") from None
