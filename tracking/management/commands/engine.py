"""`manage.py engine`: run the positioning engine until it is told to stop."""

from django.core.management.base import BaseCommand, CommandError

from tracking.feeds.engine import Engine
from tracking.feeds.link import socket_path
from tracking.feeds.listener import AlreadyRunning


class Command(BaseCommand):
    help = "Run the positioning engine: readings and sightings in, positions and stays out."

    def handle(self, **options):
        try:
            Engine(socket_path()).run()
        except AlreadyRunning as error:
            raise CommandError(f"{str(error).capitalize()}.", returncode=2) from None
