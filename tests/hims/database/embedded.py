"""Embedded servers of a test: processes that use one, connections to it, its end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from hims import database
from hims.database.facts import database_settings

CHECKOUT = Path(__file__).resolve().parents[3]
IS_ROOT = os.geteuid() == 0
HOLD = "print(database.ensure_running(var).pid, flush=True); input()"


def started(code: str, var: Path, *, python: str = sys.executable, **more) -> subprocess.Popen:
    """Start a process that has `database` and `var` at hand and runs `code`."""
    env = {"PATH": os.environ["PATH"], "HIMS_DB_DURABLE": "0", "PYTHONPATH": str(CHECKOUT)}
    env |= more.pop("env", {})
    opening = f"from hims import database; from pathlib import Path; var = Path({str(var)!r})\n"
    return subprocess.Popen(
        [python, "-c", opening + code],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def connect(var: Path, user: str = "hims_app", dbname: str = "hims") -> psycopg.Connection:
    """A connection to the server of this folder."""
    facts = database_settings(var=var, url=None)
    return psycopg.connect(
        host=facts["HOST"], port=facts["PORT"], user=user, dbname=dbname, **facts["OPTIONS"]
    )


def eventually(true: Callable[[], object], within_s: float = 20) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def killed(server: database.Server) -> None:
    """kill -9 of the server itself."""
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: not Path(f"/proc/{server.pid}").exists())
