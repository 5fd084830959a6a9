"""What the first floor alerts of: places that are to be filled up."""

from hims.access.roles import Role
from hims.alert_rules import register_rule

LOW_STOCK = "inventory.low_stock"

register_rule(
    LOW_STOCK,
    title="A place is to be filled up",
    priority="low",
    owner_role=Role.PHARMACY_TECHNICIAN,
    acknowledge_within_s=4 * 3600,
    escalates_to=[Role.PHARMACIST],
)
