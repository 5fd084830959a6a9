"""What the third floor alerts of: a supply that stands ready for an order that ended."""

from hims.access.roles import Role
from hims.alert_rules import register_rule

READY_FOR_NOTHING = "pharmacy.supply_of_ended_order"

register_rule(
    READY_FOR_NOTHING,
    title="A picked supply's order was ended",
    priority="medium",
    owner_role=Role.PHARMACIST,
    acknowledge_within_s=900,
    escalates_to=[Role.PHARMACY_TECHNICIAN],
)
