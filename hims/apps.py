"""The ground floor: people, places, gates, and the frame of the pages."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HimsConfig(AppConfig):
    name = "hims"
    verbose_name = "HIMS"

    def ready(self):
        from hims import (  # noqa: F401  (production; photos in health; what `verify` checks)
            checks,
            codes,
            verifiers,
        )
        from hims.access import rules  # noqa: F401  (fills the read gate)
        from hims.actions import reminders, waiting_list  # noqa: F401  (their timers)
        from hims.web import places  # noqa: F401  (fills the navigation)

        post_migrate.connect(_born_with, sender=self)


def _born_with(using, **kwargs):
    """The clock and the console are there from the first migration on: "who" is never empty."""
    from hims.models import Actor

    for kind, name in [("clock", "The clock"), ("console", "The operator's console")]:
        Actor.objects.using(using).get_or_create(
            kind=kind, defaults={"username": f"hims-{kind}", "name": name, "password": "!"}
        )
