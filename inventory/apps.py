"""First floor: equipment now; products, lots and the stock ledger with their first story."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self):
        from inventory import rules  # noqa: F401  (fills the read gate and the navigation)
