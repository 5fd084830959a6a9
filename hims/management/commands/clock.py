"""`manage.py clock`: the one clock of a site, that wakes the workers.

The same as `celery -A hims.celery beat`, without Celery's command line.
"""

from django.core.management.base import BaseCommand

from hims.celery import app


class Command(BaseCommand):
    help = "Run the clock until it is stopped; a site has one."
    requires_system_checks = []

    def handle(self, **options):
        app.Beat(loglevel="WARNING", quiet=True).run()
