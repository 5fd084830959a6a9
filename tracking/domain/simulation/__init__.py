"""A simulated hospital: people and equipment walk, gateways hear them through walls.

`plan` is the building, `walking` who goes where, `radio` who hears whom; `Simulation` steps all
three. Everything random comes from one seed, so a run can be repeated.
"""

from .hospital import Heard, Simulation
from .plan import DoorIn, GatewayIn, Plan, RoomIn
from .walking import IN_BED, TagIn

__all__ = ["IN_BED", "DoorIn", "GatewayIn", "Heard", "Plan", "RoomIn", "Simulation", "TagIn"]
