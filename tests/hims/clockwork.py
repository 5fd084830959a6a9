"""A worker whose timers open a building each: an effect that would fail if it came twice."""

import os
import time
from pathlib import Path

from hims.celery import app
from hims.jobs import register_timer

__all__ = ["app", "open_building"]


def open_building(timer, now):
    """Note that we began; wait while the file HOLD is there; then leave a trace in the database."""
    from hims.models import Building  # Celery reads this module before Django is set up

    folder = Path(os.environ["CLOCKWORK"])
    with (folder / "begun").open("a") as begun:
        begun.write(f"{timer.subject} {os.getpid()}\n")
    Building.objects.create(code=timer.subject, name="opened by the clock")
    while (folder / "hold").exists():
        time.sleep(0.02)


register_timer("test.open_building", open_building)
