"""What the second floor remembers."""

from .bearers import BEARERS
from .duress import Duress
from .gateways import Gateway, GatewayHealth
from .maps import Coverage, Fingerprint, RadioMap
from .positions import EngineStatus, Position
from .sightings import Scan, Sighting
from .stays import OpenStay, Stay
from .tags import Tag, TagAssignment, TagHealth, UnknownTransmitter

__all__ = [
    "BEARERS",
    "Coverage",
    "Duress",
    "EngineStatus",
    "Fingerprint",
    "Gateway",
    "GatewayHealth",
    "OpenStay",
    "Position",
    "RadioMap",
    "Scan",
    "Sighting",
    "Stay",
    "Tag",
    "TagAssignment",
    "TagHealth",
    "UnknownTransmitter",
]
