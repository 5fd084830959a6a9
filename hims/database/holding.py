"""Who uses the embedded server: a shared lock per process, and the last to leave stops it."""

import atexit
import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hims.database import cluster
from hims.database.cluster import LOCK, Server
from hims.database.errors import DatabaseUnavailable
from hims.database.facts import home

A_MOMENT_S = 3.0


@dataclass
class _Holding:
    lock: IO
    pid: int  # a forked child shares its parent's lock and must not let go of it for both


_held: dict[Path, _Holding] = {}
_guard = threading.Lock()


def ensure_running(var: Path) -> Server:
    """Start the server of `var` if it does not run, and hold it until this process ends.

    Calling it again is cheap and mends a server that was killed meanwhile. Raises
    DatabaseUnavailable with one sentence when it cannot start.
    """
    var = Path(var)
    with _guard:
        new = var not in _held
        if new:
            _held[var] = _Holding(_shared_lock(var), os.getpid())
        try:
            return cluster.running(var) or cluster.start(var)
        except BaseException:
            if new:
                _held.pop(var).lock.close()
            raise


@contextlib.contextmanager
def using(var: Path) -> Iterator[Server]:
    """Hold the server of `var` for a block; if nobody else does, it stops at the end.

    Inside a process that held it before, it is still held after.
    """
    held_before = Path(var) in _held
    server = ensure_running(var)
    try:
        yield server
    finally:
        if not held_before:
            leave(var)


def leave(var: Path) -> None:
    """Let go of the server of `var`; the last to leave stops it and waits until it is down."""
    var = Path(var)
    with _guard:
        holding = _held.pop(var, None)
        if holding is None:
            return
        with holding.lock as lock:
            if holding.pid != os.getpid():
                return
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                # Others use it, or its keeper saw us go first and is stopping it: then wait.
                fcntl.flock(lock, fcntl.LOCK_SH)
                return
            if server := cluster.running(var):
                cluster.stop(server)


def remove(var: Path) -> None:
    """Delete the embedded database of `var` and everything in it. Refused while others use it."""
    leave(var)
    if not home(var).exists():
        return
    with open(home(var) / LOCK, "a") as lock:
        if not _mine_alone(lock):
            raise DatabaseUnavailable(
                f"The database in {var} is in use: end the commands that use it first."
            )
        if server := cluster.running(var):
            cluster.stop(server)
        cluster.destroy(var)


def _mine_alone(lock: IO) -> bool:
    """Take the exclusive lock, unless others still use the server after a moment.

    The moment is for the keeper of a server that just stopped: it may hold the lock while it ends.
    """
    give_up = time.monotonic() + A_MOMENT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)


@atexit.register
def _leave_all() -> None:
    for var in list(_held):
        leave(var)


def _shared_lock(var: Path) -> IO:
    folder = home(var)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = open(folder / LOCK, "a")  # noqa: SIM115 -- held until the process ends
    except OSError as error:
        raise DatabaseUnavailable(
            f"The folder {folder} cannot be made or written ({error.strerror}): name another one "
            "with HIMS_VAR."
        ) from error
    fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a stopping server finishes
    return lock
