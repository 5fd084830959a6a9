"""Third floor: formulary, orders, checks and dispensing."""

from django.apps import AppConfig


class PharmacyConfig(AppConfig):
    name = "pharmacy"

    def ready(self):
        from pharmacy import rules  # noqa: F401  (fills the read gate and the navigation)
