"""The ground floor: people, places, gates, and the frame of the pages."""

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class HimsConfig(AppConfig):
    name = "hims"
    verbose_name = "HIMS"

    def ready(self):
        from hims import (  # noqa: F401  (production; photos in health; reports; what `verify` checks)
            checks,
            codes,
            reports,
            verifiers,
        )
        from hims.access import rules  # noqa: F401  (fills the read gate)
        from hims.actions import (  # noqa: F401  (their timers)
            alerts,
            downtime,
            movements,
            reminders,
            stuck,
            waiting_list,
        )
        from hims.actions.reports import breaches  # noqa: F401  (its alert)
        from hims.web import places  # noqa: F401  (fills the navigation)

        post_migrate.connect(_born_with, sender=self)


def _born_with(using, **kwargs):
    """The clock and the console are there from the first migration on: "who" is never empty."""
    from hims.models import Actor

    for kind, name in [("clock", "The clock"), ("console", "The operator's console")]:
        Actor.objects.using(using).get_or_create(
            kind=kind, defaults={"username": f"hims-{kind}", "name": name, "password": "!"}
        )
    _rules_are_born(using)


def _rules_are_born(using):
    """Every alert rule has its row, so that the hospital can change it before its first use."""
    from hims.actions.alerts.raising import as_row
    from hims.alert_rules import born_rules
    from hims.models import AlertRule

    if AlertRule._meta.db_table in connections[using].introspection.table_names():
        for born in born_rules():
            AlertRule.objects.using(using).get_or_create(code=born.code, defaults=as_row(born))
