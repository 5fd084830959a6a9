"""What the ground floor remembers."""

from .audit import AuditEntry, IdempotentAnswer
from .base import Public, Trail, new_uid
from .care import CareRelationship
from .confirmations import Confirmation
from .devices import Device
from .people import AccessKey, Actor, Patient, Staff
from .places import Building, Door, Floor, Zone
from .timers import ClockBeat, Timer

__all__ = [
    "AccessKey",
    "Actor",
    "AuditEntry",
    "Building",
    "CareRelationship",
    "ClockBeat",
    "Confirmation",
    "Device",
    "Door",
    "Floor",
    "IdempotentAnswer",
    "Patient",
    "Public",
    "Staff",
    "Timer",
    "Trail",
    "Zone",
    "new_uid",
]
