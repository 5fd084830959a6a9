"""Third floor: formulary, orders, checks and dispensing."""

from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    name = "pharmacy"

    def ready(self):
        from pharmacy import reports, rules  # noqa: F401  (reports, read gate, navigation)
