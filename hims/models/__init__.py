"""What the ground floor remembers."""

from .alerts import (
    Alert,
    AlertEvent,
    AlertOccurrence,
    AlertRule,
    AlertSuppression,
    Channel,
    Delivery,
    InterruptionBudget,
    Priority,
)
from .appointments import (
    Appointment,
    AppointmentSeries,
    AppointmentService,
    Schedule,
    ScheduleClosure,
    WaitingListEntry,
)
from .audit import AuditEntry, AuditLeaf, AuditSeal, IdempotentAnswer
from .base import Public, Trail, new_uid
from .care import CareRelationship
from .confirmations import Confirmation
from .departments import Department, Shift
from .devices import Device
from .encounters import BedAssignment, Encounter, Milestone
from .flow import CrowdingReading, DowntimeSheet, RoomSuggestion, WaitPrediction
from .inbox import CodeMapping, InboxMessage, Interface
from .people import AccessKey, Actor, Patient, Staff
from .places import Building, Door, Floor, Zone
from .records import (
    BreakGlass,
    CareTeamMember,
    Document,
    PatientContact,
    PatientIdentifier,
    PatientMerge,
)
from .reports import (
    Breach,
    ReportDocument,
    ReportEdition,
    ReportProgress,
    ReportRow,
    ReportRule,
    ReportSchedule,
    ReportSignature,
)
from .rooms import BedSpace, BedSpaceEvent, Capability, Cleaning, CleaningTask, LeavingSign
from .timers import ClockBeat, Timer

__all__ = [
    "AccessKey",
    "Actor",
    "Alert",
    "AlertEvent",
    "AlertOccurrence",
    "AlertRule",
    "AlertSuppression",
    "Appointment",
    "AppointmentSeries",
    "AppointmentService",
    "AuditEntry",
    "AuditLeaf",
    "AuditSeal",
    "BedAssignment",
    "BedSpace",
    "BedSpaceEvent",
    "Breach",
    "BreakGlass",
    "Building",
    "Capability",
    "CareRelationship",
    "CareTeamMember",
    "Channel",
    "Cleaning",
    "CleaningTask",
    "ClockBeat",
    "CodeMapping",
    "Confirmation",
    "CrowdingReading",
    "Delivery",
    "Department",
    "Device",
    "Document",
    "Door",
    "DowntimeSheet",
    "Encounter",
    "Floor",
    "IdempotentAnswer",
    "InboxMessage",
    "Interface",
    "InterruptionBudget",
    "LeavingSign",
    "Milestone",
    "Patient",
    "PatientContact",
    "PatientIdentifier",
    "PatientMerge",
    "Priority",
    "Public",
    "ReportDocument",
    "ReportEdition",
    "ReportProgress",
    "ReportRow",
    "ReportRule",
    "ReportSchedule",
    "ReportSignature",
    "RoomSuggestion",
    "Schedule",
    "ScheduleClosure",
    "Shift",
    "Staff",
    "Timer",
    "Trail",
    "WaitPrediction",
    "WaitingListEntry",
    "Zone",
    "new_uid",
]
