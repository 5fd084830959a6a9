"""`manage.py migrate`: Django's own, then the application role's rights on what is there now."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from hims.database.growing import quickly
from hims.database.rights import grant_to_application


class Command(migrate.Command):
    """Migrate as the owner and hand the tables to the application role."""

    def handle(self, *args: Any, **options: Any) -> None:
        with quickly():
            super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            grant_to_application(connections[options["database"]])
