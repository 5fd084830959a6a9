"""`manage.py demo`: the whole house on one machine, with a simulated hospital inside."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from hims import broker, database, demonstration, jobs
from hims.children import Child, stop_all
from hims.management.commands import serve
from tracking.queries import spool

MLLP_PORT = 2575
HOST = "127.0.0.1"  # demonstration accounts are for this machine only
READY_S = 180
STOP_S = 8
ASK_S = 5
PAUSE_S = 1  # before what fell over is started again
PORT_S = 4  # so long a killed demo's server may still be letting go of its port
ENDED, BUSY = 1, 2
SIMULATION = ("simulation", "visits")  # they knock at the doors, and the rest goes on without them


class Stopped(Exception):
    """Somebody wants the demo to end."""


class Command(BaseCommand):
    help = "Run the demonstration hospital on this machine until you stop it (Ctrl-C)."
    requires_system_checks = []  # they read every page; `make check` runs them

    def add_arguments(self, parser):
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--for", type=float, dest="seconds", metavar="SECONDS", help="stop so long after ready"
        )
        parser.add_argument(
            "--reset", action="store_true", help="begin with a new demonstration hospital"
        )
        parser.add_argument(
            "--no-simulation", action="store_true", help="nobody moves; only your own readings"
        )
        parser.add_argument(
            "--no-radio", action="store_true", help="no gateways: the house lives from scans"
        )

    def handle(self, *, port, seconds, reset, no_simulation, no_radio, **options):
        if settings.PRODUCTION:
            raise CommandError("The demonstration does not run with HIMS_ENV=production.")
        self.wanted_to_stop = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        children: list[Child] = []
        with ExitStack() as held:
            try:
                note = held.enter_context(self._alone(port))
                self._port_is_free(port, note)
                self._write_note(note, {"pid": os.getpid(), "port": port})
                held.callback(self._write_note, note, {})
                if reset:
                    self._reset()
                if settings.DATABASES["default"]["EMBEDDED"]:
                    self._progress("Starting the database")
                    held.enter_context(database.using(settings.HIMS_VAR))
                access = self._prepare()
                mllp = self._free_port(MLLP_PORT)
                children += self._children(port, mllp, access, no_simulation, no_radio)
                self._run(children, port, seconds, access, mllp)
            except Stopped:
                pass
            finally:
                self._stop(children)
            held.callback(self._say, "Stopped.")

    # --- Before ------------------------------------------------------------------------------

    def _alone(self, port: int) -> IO[str]:
        """The lock of this data folder's one demo."""
        settings.HIMS_VAR.mkdir(parents=True, exist_ok=True)
        note = (settings.HIMS_VAR / "demo.lock").open("a+")
        try:
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = self._read_note(note)
            note.close()
            raise CommandError(
                f"A demo is running on this data already: process {first.get('pid', 'unknown')}, "
                f"http://{HOST}:{first.get('port', '?')}/ . Stop it first, or name another folder "
                "with HIMS_VAR.",
                returncode=BUSY,
            ) from None
        return note

    def _read_note(self, note: IO[str]) -> dict[str, Any]:
        note.seek(0)
        try:
            return json.load(note)
        except ValueError:
            return {}

    def _write_note(self, note: IO[str], content: dict[str, Any]) -> None:
        note.seek(0)
        note.truncate()
        json.dump(content, note)
        note.flush()

    def _port_is_free(self, port: int, note: IO[str]) -> None:
        """Refuse a taken port; wait a moment if it may be a killed demo's that lets go of it."""
        if not 1 <= port <= 65535:
            raise CommandError("A port is a number from 1 to 65535.", returncode=BUSY)
        killed = self._read_note(note).get("port") == port
        end = time.monotonic() + (PORT_S if killed else 0)
        while True:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                    return
                except OSError as error:
                    if time.monotonic() < end:
                        time.sleep(0.2)
                        continue
                    raise CommandError(
                        f"Port {port} cannot be used ({error.strerror}). "
                        "Choose another one with --port.",
                        returncode=BUSY,
                    ) from None

    def _free_port(self, wanted: int) -> int:
        """The wanted port, or one that is free where somebody has it."""
        for port in (wanted, 0):
            with socket.socket() as probe, suppress(OSError):
                probe.bind((HOST, port))
                return probe.getsockname()[1]
        raise CommandError("No port is free for HL7 messages.", returncode=BUSY)

    def _reset(self) -> None:
        if not settings.DATABASES["default"]["EMBEDDED"]:
            raise CommandError("--reset removes the embedded database only, not DATABASE_URL's.")
        self._say("Removing the old demonstration hospital")
        database.remove(settings.HIMS_VAR)
        shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
        shutil.rmtree(spool.folder(), ignore_errors=True)  # its keys are those of the old database

    def _prepare(self) -> demonstration.Access:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self._progress("Making the tables")
            migrate = [sys.executable, _manage_py(), "migrate", "--verbosity", "0"]
            owner = {**os.environ, "HIMS_DB_ROLE": "owner"}
            if subprocess.run(migrate, env=owner, start_new_session=True).returncode:
                raise CommandError("The tables could not be made; the reason is above.")
        access = demonstration.load(now=timezone.now(), progress=self._progress)
        connection.close()
        broker.empty(jobs.broker_folder())
        Path(settings.STATIC_ROOT).mkdir(exist_ok=True)  # whitenoise looks whether it is there
        return access

    # --- While it runs -----------------------------------------------------------------------

    def _children(
        self,
        port: int,
        mllp: int,
        access: demonstration.Access,
        no_simulation: bool,
        no_radio: bool,
    ) -> list[Child]:
        """All programs of the house, in the order in which they are started. `mllp` is the port of
        HL7 messages."""
        manage = [sys.executable, _manage_py()]
        commands = {
            "web": serve.command(HOST, port, workers=1),
            "engine": [*manage, "engine", "--skip-checks"],
            "worker": [*manage, "worker"],
            "clock": [*manage, "clock"],
            "mllp": [
                *manage,
                "mllp",
                f"--port={mllp}",
                "--processes=1",
                "--workers=2",
                "--skip-checks",
            ],
        }
        if not no_simulation:
            simulate = [*manage, "simulate", "--skip-checks", "--url", f"http://{HOST}:{port}"]
            commands["simulation"] = [*simulate, "--scans-only"] if no_radio else simulate
            commands["visits"] = [*manage, "simulate_visits", "--skip-checks", f"--port={mllp}"]
        environment = {key: value for key, value in os.environ.items() if key != "HIMS_DB_ROLE"}
        environment |= {"HIMS_VAR": str(settings.HIMS_VAR), "PYTHONUNBUFFERED": "1"}
        # Not in the command, which others could read.
        environment["HIMS_SIMULATION_KEY"] = access.key
        if not environment.get("HIMS_DOWNTIME_FOLDER"):
            environment["HIMS_DOWNTIME_FOLDER"] = str(settings.HIMS_VAR / "downtime")
            environment["HIMS_DOWNTIME_PASSWORD"] = access.sheets
        environment["CELERY_SKIP_CHECKS"] = "1"
        environment.setdefault("DJANGO_SETTINGS_MODULE", "hims.settings")
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")])
        )
        logs = settings.HIMS_VAR / "log"
        return [
            Child(name, command, logs / f"{name}.log", environment)
            for name, command in commands.items()
        ]

    def _run(
        self,
        children: list[Child],
        port: int,
        seconds: float | None,
        access: demonstration.Access,
        mllp: int,
    ) -> None:
        self._progress("Starting " + ", ".join(child.name for child in children))
        first = [child for child in children if child.name not in SIMULATION]
        later = [child for child in children if child.name in SIMULATION]
        for child in first:
            child.start()
        address = f"http://{HOST}:{port}"
        self._wait_until_ready(children, address)
        for child in later:
            child.start()
        self._say_welcome(address, access, mllp)
        end = time.monotonic() + seconds if seconds is not None else float("inf")
        while time.monotonic() < end:
            self._watch(children)
            time.sleep(min(0.25, max(0.0, end - time.monotonic())))
        self._say(f"{seconds:g} seconds are over")

    def _wait_until_ready(self, children: list[Child], address: str) -> None:
        end = time.monotonic() + READY_S
        said_at, missing = time.monotonic(), "the web server"
        while time.monotonic() < end:
            self._watch(children)
            missing = _what_is_missing(address)
            if not missing:
                return
            if time.monotonic() - said_at > 5:
                said_at = time.monotonic()
                self._say(f"Still waiting for {missing}")
            time.sleep(0.2)
        raise CommandError(
            f"Not ready after {READY_S} s: waiting for {missing}. "
            f"The logs are in {settings.HIMS_VAR / 'log'}.",
            returncode=ENDED,
        )

    def _watch(self, children: list[Child]) -> None:
        """Start again what fell over; give up when it keeps falling over."""
        self._heed()
        for child in children:
            sentence = child.fell_over()
            if sentence is None:
                continue
            if child.may_start_again():
                self._say(f"{sentence}. Starting it again")
                time.sleep(PAUSE_S)
                child.start()
            elif child.name in SIMULATION:
                self._say(f"{sentence}. It does not stay up: going on without it.")
            else:
                raise CommandError(f"{sentence}. It does not stay up; giving up.", returncode=ENDED)

    # --- Signals: noted where they come, heeded where nothing is half done ---------------------

    def _note_signal(self, number, frame) -> None:
        self.wanted_to_stop = True

    def _heed(self) -> None:
        if self.wanted_to_stop:
            raise Stopped

    # --- Words -------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        text = text[:1].upper() + text[1:]
        self.stdout.write(text if text.endswith((".", "…")) else f"{text} …")
        self.stdout.flush()

    def _progress(self, text: str) -> None:
        self._heed()
        self._say(text)

    def _say_welcome(self, address: str, access: demonstration.Access, mllp: int) -> None:
        wide = max(map(len, access.people), default=0)
        lines = ["", f"The demonstration hospital is open at {address}/", "", "Sign in as"]
        lines += [
            f"  {name:<{wide}}  {role.value.replace('_', ' ')}"
            for name, role in access.people.items()
        ]
        lines += [
            f"with the password {access.password} (on an enrolled phone: PIN {access.pin}).",
            "",
            f"Things to try, with what is to be seen: {address}/try/",
            f"The sign of the waiting room: {address}/flow/wait/?key={access.sign}",
            f"HL7 messages of {demonstration.SENDER} are taken at mllp://{HOST}:{mllp}",
            "",
            f"Logs are in {settings.HIMS_VAR / 'log'}. Stop with Ctrl-C.",
            "",
            f"ready {address}/",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _stop(self, children: list[Child]) -> None:
        if any(not child.has_stopped() for child in children):
            self._say("Stopping")
        stop_all(list(reversed(children)), STOP_S)


def _manage_py() -> str:
    return str(Path(settings.BASE_DIR) / "manage.py")


def _what_is_missing(address: str) -> str:
    """What is not up yet, in words; "" when pages, worker, clock and engine are."""
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=ASK_S):  # noqa: S310
            pass
        with urllib.request.urlopen(f"{address}/", timeout=ASK_S):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        if error.code != 503:
            return f"the pages ({error.code})"
        try:
            checks = json.load(error)["checks"]
        except (ValueError, KeyError):
            return "the pages (503)"
        return "; ".join(check["text"] for check in checks.values() if not check["well"])
    except OSError:
        return "the web server"
