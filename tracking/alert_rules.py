"""What the second floor alerts of: gateways that fell silent, and an engine that stands still."""

from hims.access.roles import Role
from hims.alert_rules import register_rule

SILENT_GATEWAYS = "tracking.silent_gateways"
ENGINE_STILL = "tracking.engine_still"

register_rule(
    SILENT_GATEWAYS,
    title="Gateways are silent",
    priority="medium",
    owner_role=Role.BIOMEDICAL_ENGINEER,
    clears_after_s=60,
    threshold_min=3.0,
    acknowledge_within_s=1800,
    escalates_to=[Role.ADMINISTRATOR],
)
register_rule(
    ENGINE_STILL,
    title="Places are not followed",
    priority="high",
    owner_role=Role.ADMINISTRATOR,
    delay_s=30,
    clears_after_s=10,
    acknowledge_within_s=300,
    escalates_to=[Role.BIOMEDICAL_ENGINEER, Role.MANAGER],
)
