"""Machines that knock and their keys: add, list, rotate, revoke."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q
from django.utils import timezone

from hims.actions import devices as actions
from hims.errors import Refused
from hims.models import Device
from hims.queries.actors import console
from hims.queries.devices import devices
from tracking.actions.gateways import bind_gateway
from tracking.models import Gateway
from tracking.wire.addresses import normalise


class Command(BaseCommand):
    help = "Add, list, rotate or revoke a device. A key is shown once, as the last word."

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add", help="a new device; prints its key once")
        add.add_argument("name")
        kinds = [value for value in Device.Kind.values if value != Device.Kind.PHONE]
        add.add_argument("--kind", required=True, choices=kinds)
        add.add_argument(
            "--scope",
            required=True,
            help=f"what its key opens, separated by commas: {', '.join(Device.Scope.values)}",
        )
        verbs.add_parser("list", help="all devices and phones")
        rotate = verbs.add_parser("rotate", help="a new key; the old one stays open for a while")
        rotate.add_argument("name")
        rotate.add_argument(
            "--overlap", type=int, default=24, metavar="HOURS", help="default: 24 hours"
        )
        verbs.add_parser("revoke", help="close all its keys at once").add_argument("name")

    def handle(self, *, verb, **options):
        try:
            getattr(self, f"_{verb}")(console(), timezone.now(), options)
        except Refused as refused:
            raise CommandError(str(refused)) from refused

    def _add(self, actor, now, options):
        device, secret = actions.add_device(
            actor=actor,
            now=now,
            name=options["name"],
            kind=options["kind"],
            scopes=[word.strip() for word in options["scope"].split(",") if word.strip()],
        )
        gateway = self._gateway_of(device)
        if gateway:
            bind_gateway(actor=actor, now=now, gateway=gateway, device=device)
            self.stdout.write(
                f"It stands for the gateway {gateway.address}, and its key for no other."
            )
        self.stdout.write(
            f"{device.actor.username} ({device.kind}) may post {', '.join(device.scopes)}. "
            "The key is shown this one time:"
        )
        self.stdout.write(secret)

    def _gateway_of(self, device) -> Gateway | None:
        """The gateway that a device of kind gateway was named after, by address or by name."""
        if device.kind != Device.Kind.GATEWAY:
            return None
        name = device.actor.username
        named = Gateway.objects.filter(Q(address=normalise(name)) | Q(name=name), device=None)[:2]
        return named[0] if len(named) == 1 else None

    def _list(self, actor, now, options):
        rows = [("NAME", "KIND", "SCOPES", "KEY", "LAST SEEN")]
        for device in devices(actor, now):
            seen = device.last_seen_at
            rows.append(
                (
                    device.actor.username,
                    device.kind,
                    ",".join(device.scopes) or "-",
                    self._key_words(device),
                    f"{seen:%Y-%m-%d %H:%M} UTC" if seen else "never",
                )
            )
        widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write(line.rstrip())

    def _key_words(self, device) -> str:
        if not device.is_open:
            return "revoked"
        if device.is_open_for_ever:
            return "open"
        return f"open until {device.closes_at:%Y-%m-%d %H:%M} UTC"

    def _rotate(self, actor, now, options):
        device = self._named(options["name"])
        overlap = timedelta(hours=options["overlap"])
        secret = actions.rotate_device(actor=actor, now=now, device=device, overlap=overlap)
        closes = f"{now + overlap:%Y-%m-%d %H:%M} UTC"
        self.stdout.write(
            f"The keys that {device.actor.username} had close at {closes} "
            f"({options['overlap']} h). The new key is shown this one time:"
        )
        self.stdout.write(secret)

    def _revoke(self, actor, now, options):
        device = self._named(options["name"])
        actions.revoke_device(actor=actor, now=now, device=device, reason="revoked at the console")
        self.stdout.write(f"All keys of {device.actor.username} are closed.")

    def _named(self, name) -> Device:
        device = Device.objects.filter(actor__username=name).select_related("actor").first()
        if device is None:
            raise CommandError(f"There is no device named {name}. `device list` shows them all.")
        return device
