"""Run the simulated hospital: its gateways and scanners post to a HIMS server as real ones do."""

import os
import signal
import threading
import time

from django.core.management.base import BaseCommand, CommandError

from tracking.domain.simulation import Simulation
from tracking.domain.simulation.hospital import RESTING_S
from tracking.feeds.simulated import Gateways, Line, Porters
from tracking.queries.simulated import cast

STEP_S = 1.0
SCAN_EVERY_S = {True: 8.0, False: 25.0}
"""Seconds between two scans, without radio and beside it."""
SAID_EVERY_S = 60.0


class Command(BaseCommand):
    help = (
        "Simulates the people, equipment and gateways of the registered hospital, and posts what"
        " they would post. The key needs the scopes readings and scans."
    )

    def add_arguments(self, parser):
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="the server's address")
        parser.add_argument(
            "--key",
            default=os.environ.get("HIMS_SIMULATION_KEY", ""),
            help="a device's key; default: HIMS_SIMULATION_KEY, which other users cannot read",
        )
        parser.add_argument(
            "--rate",
            type=float,
            default=1 / RESTING_S,
            help="packets a second of a tag that lies still (default %(default).2f)",
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, another day")
        parser.add_argument("--scans-only", action="store_true", help="no radio, people scan")

    def handle(self, *, url, key, rate, seed, scans_only, **options):
        if not key:
            raise CommandError("Give a device's key with --key or in HIMS_SIMULATION_KEY.")
        if not 0.01 <= rate <= 10:
            raise CommandError("The rate is between 0.01 and 10 packets a second.")
        found = cast()
        if not found.plan.rooms:
            raise CommandError("No room of this hospital is drawn: nobody can walk through it.")
        if not scans_only and not (found.tags and found.plan.gateways):
            raise CommandError("There is no tag or no placed gateway: run with --scans-only.")
        try:
            line = Line(url, key, self.say)
        except ValueError as error:
            raise CommandError(str(error)) from error
        stop = threading.Event()
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, lambda *_: stop.set())
        try:
            self.run(found, line, stop, rate, seed, scans_only)
        finally:
            line.close()
        self.say("stopped")

    def run(self, found, line, stop, rate, seed, scans_only) -> None:
        simulation = gateways = None
        if not scans_only:
            simulation = Simulation(
                found.plan, found.tags, seed=seed, members=found.members, resting_s=1 / rate
            )
            gateways = Gateways(simulation, line, seed)
        porters = Porters(found, simulation, line, seed)
        heard = f"{len(found.plan.gateways)} gateways, {len(found.tags)} tags"
        self.say(
            f"{len(found.plan.rooms)} rooms, {heard if gateways else 'no radio'},"
            f" posting to {line.host}:{line.port or ''}"
        )
        next_scan = time.monotonic() + SCAN_EVERY_S[scans_only] / 2
        next_word = time.monotonic() + SAID_EVERY_S
        before = time.monotonic()
        while not stop.wait(max(0.0, before + STEP_S - time.monotonic())):
            # After a pause (a sleeping laptop) the hospital goes on, it does not catch up.
            before = max(before + STEP_S, time.monotonic() - STEP_S)
            if simulation and gateways:
                gateways.post(simulation.step(STEP_S), STEP_S * 0.9, stop.wait)
            if time.monotonic() >= next_scan:
                porters.scan()
                next_scan = time.monotonic() + SCAN_EVERY_S[scans_only]
            if time.monotonic() >= next_word:
                heard = f"{gateways.readings} readings, " if gateways else ""
                self.say(f"{heard}{porters.scans} scans taken, {line.lost} posts lost")
                next_word = time.monotonic() + SAID_EVERY_S

    def say(self, text: str) -> None:
        self.stderr.write(f"simulated hospital: {text}")
