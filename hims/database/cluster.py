"""The embedded server as a thing: is it running, start it, stop it. The caller holds the locks."""

import contextlib
import errno
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hims.database import creation
from hims.database.account import Account, account_for, within_reach
from hims.database.errors import DatabaseUnavailable, explain
from hims.database.facts import PORT, home, passwords_file, socket_folder
from hims.database.programs import find_programs

KEEPER = Path(__file__).with_name("keeper.py")
LOCK = "users.lock"  # shared by everyone who uses the server; exclusive to stop it
START_PATIENCE_S = 120  # recovery after a power cut reads the whole log once
LARGEST_LOG = 10 * 2**20
OPTIONS = {
    "listen_addresses": "",  # a socket in a private folder is the only way in
    "unix_socket_permissions": "0700",
    "port": PORT,
    "shared_buffers": "128MB",
    "max_connections": 100,
    "max_wal_size": "1GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",  # explain() reads them
    "password_encryption": "scram-sha-256",
}
FAST = {"fsync": "off", "full_page_writes": "off"}  # survives a kill, not a power cut


@dataclass(frozen=True)
class Server:
    """A running embedded server."""

    host: Path  # the folder of its socket
    port: int
    data: Path
    pid: int
    major: int


def running(var: Path) -> Server | None:
    """Return the server of `var` if it answers, else None."""
    data = home(var) / "data"
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        if len(lines) < 8 or lines[7].strip() != "ready" or not _alive(int(lines[0])):
            return None  # a killed server's workers may keep its socket open for a moment
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            probe.connect(str(socket_folder(var) / f".s.PGSQL.{PORT}"))
        major = int((data / "PG_VERSION").read_text())
        return Server(socket_folder(var), PORT, data, int(lines[0]), major)
    except (OSError, ValueError):
        return None


def start(var: Path) -> Server:
    """Start the server of `var`, making its data first if there are none.

    Two starters at once wait for each other and get the same server.
    """
    with _telling_what_is_wrong(var), _alone(var):
        if server := running(var):
            return server
        return _start(var)


def stop(server: Server) -> None:
    """End the server and wait until it has written everything."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(server.pid, signal.SIGINT)
    deadline = time.monotonic() + START_PATIENCE_S
    while _alive(server.pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def destroy(var: Path) -> None:
    """Delete a stopped server's data, socket folder, passwords and log; the locks stay."""
    for name in ("data", "data.new", "elsewhere", "socket"):
        path = home(var) / name
        target = path.resolve()
        if path.is_symlink():
            path.unlink()
        shutil.rmtree(target, ignore_errors=True)
    socket_path = socket_folder(var)
    if socket_path.is_symlink():
        socket_path.unlink()
    shutil.rmtree(socket_path, ignore_errors=True)
    passwords_file(var).unlink(missing_ok=True)
    (home(var) / "log").unlink(missing_ok=True)


@contextlib.contextmanager
def _alone(var: Path) -> Iterator[None]:
    with open(home(var) / "start.lock", "a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _telling_what_is_wrong(var: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = explain(error.strerror or str(error), home=home(var), log_file=home(var) / "log")
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}:
            raise DatabaseUnavailable(reason) from error
        raise DatabaseUnavailable(
            f"The embedded database did not start: {error.strerror} ({error.filename})."
        ) from error


def _start(var: Path) -> Server:
    data, durable = home(var) / "data", os.environ.get("HIMS_DB_DURABLE", "1") != "0"
    try:
        made_by = int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        made_by = None
    programs, account = find_programs(made_by), account_for(data)
    place = _place(var, account)
    programs = within_reach(programs, account, place)
    env = _environment(place)
    if made_by is None:
        creation.create(
            var,
            place / "data",
            programs=programs,
            account=account,
            env=env,
            durable=durable,
        )
        if account.elsewhere:
            data.symlink_to(place / "data")
    sockets = _private_socket_folder(var, account, place)
    _clear_a_dead_servers_claim(data)

    options = {**OPTIONS, "unix_socket_directories": sockets, **({} if durable else FAST)}
    log = home(var) / "log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".1"))
    command = [*account.prefix, str(programs.path("postgres")), "-D", str(data.resolve())]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        written = log.stat().st_size if log.exists() else 0
        keeper = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(KEEPER), str(home(var) / LOCK), str(log)),
                *(("-", "-") if account.uid is None else (str(account.uid), str(account.gid))),
                *command,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
            env=env,
        )
        while keeper.poll() is None and time.monotonic() < deadline:
            if server := running(var):
                _keepers.append(keeper)
                return server
            time.sleep(0.01)
        said = log.read_bytes()[written:].decode(errors="replace") if log.exists() else ""
        # After a kill the last workers of the old server may need a moment to notice.
        passing = "is still in use" in said or "already exists" in said
        if not passing or time.monotonic() > deadline - START_PATIENCE_S + 15:
            keeper.terminate()
            raise DatabaseUnavailable(explain(said, home=home(var), log_file=log))
        time.sleep(0.2)


_keepers: list[subprocess.Popen] = []  # kept, so that Python reaps those that ended


def _place(var: Path, account: Account) -> Path:
    """The folder that holds the data: our own, or one where the account may go."""
    if not account.elsewhere:
        return home(var)
    link = home(var) / "elsewhere"
    if not link.exists():
        link.unlink(missing_ok=True)
        place = Path(tempfile.mkdtemp(prefix="hims-", dir="/var/tmp"))
        os.chown(place, account.uid or 0, account.gid or 0)
        link.symlink_to(place)
    return link.resolve()


def _private_socket_folder(var: Path, account: Account, place: Path) -> Path:
    """Make the folder of the socket so that only we and the server may enter it."""
    folder = socket_folder(var)
    if account.elsewhere:
        target = place / "socket"
        if not target.exists():
            target.mkdir(mode=0o700)
            os.chown(target, account.uid or 0, account.gid or 0)
        if not folder.is_symlink():
            folder.symlink_to(target)
        return target
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or folder.is_symlink() or found.st_mode & 0o077:
        raise DatabaseUnavailable(
            f"{folder} is open to others, so the database will not put its socket there: remove "
            "it, or name a folder with a shorter path in HIMS_VAR."
        )
    return folder


def _environment(place: Path) -> dict[str, str]:
    """The server's surroundings: nothing of ours that could steer it (PGDATA, LC_MESSAGES)."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(place)}


def _clear_a_dead_servers_claim(data: Path) -> None:
    """Remove a postmaster.pid whose process is gone, or is not PostgreSQL any more.

    PostgreSQL does the first itself, but believes any process that has the number after a reboot.
    """
    path = data / "postmaster.pid"
    try:
        pid = int(path.read_text().split()[0])
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError, IndexError):
        return
    if b"postgres" not in told.split(b"\0")[0] or not _alive(pid):
        path.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    """Say whether a process runs; one that ended but was not yet collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (OSError, IndexError):
        return sys.platform != "linux"
