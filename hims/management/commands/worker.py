"""`manage.py worker`: one worker in one process, for the demo and small sites.

The same as `celery -A hims.celery worker -P solo` without Celery's command line, whose modules
cost half a second and ten megabytes. Larger sites use that command line, with `-c`.
"""

from django.core.management.base import BaseCommand

from hims.celery import app


class Command(BaseCommand):
    help = "Run one background worker until it is stopped."
    requires_system_checks = []

    def handle(self, **options):
        worker = app.Worker(
            pool_cls="solo",
            loglevel="WARNING",
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        worker.start()
        raise SystemExit(worker.exitcode)
