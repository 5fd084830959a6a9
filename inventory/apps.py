"""First floor: equipment now; products, lots and the stock ledger with their first story."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self):
        from inventory import reports, rules  # noqa: F401  (reports, read gate, navigation)
