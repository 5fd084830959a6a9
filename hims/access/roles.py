"""The role table: data, printed by `manage.py permissions`, checked by the gates and the pages.

A permission is the name of an action or of something to look at. The same word is used by
`@action`, by `@page` and by the API.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    PORTER = "porter"
    NURSE = "nurse"
    CHARGE_NURSE = "charge_nurse"
    PHYSICIAN = "physician"
    PHARMACIST = "pharmacist"
    PHARMACY_TECHNICIAN = "pharmacy_technician"
    BIOMEDICAL_ENGINEER = "biomedical_engineer"
    RECEPTIONIST = "receptionist"
    CLEANER = "cleaner"
    MANAGER = "manager"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = {
    Role.PORTER: _("porter"),
    Role.NURSE: _("nurse"),
    Role.CHARGE_NURSE: _("charge nurse"),
    Role.PHYSICIAN: _("physician"),
    Role.PHARMACIST: _("pharmacist"),
    Role.PHARMACY_TECHNICIAN: _("pharmacy technician"),
    Role.BIOMEDICAL_ENGINEER: _("biomedical engineer"),
    Role.RECEPTIONIST: _("receptionist"),
    Role.CLEANER: _("cleaner"),
    Role.MANAGER: _("manager"),
    Role.PRIVACY_OFFICER: _("privacy officer"),
    Role.ADMINISTRATOR: _("administrator"),
}

EVERYBODY = set(Role)
CLINICAL = {Role.NURSE, Role.CHARGE_NURSE, Role.PHYSICIAN}
PHARMACY = {Role.PHARMACIST, Role.PHARMACY_TECHNICIAN}
TECHNICAL = {Role.BIOMEDICAL_ENGINEER, Role.ADMINISTRATOR}
FLOOR_STAFF = CLINICAL | PHARMACY | {Role.PORTER, Role.BIOMEDICAL_ENGINEER, Role.CLEANER}
BEDSIDE = {Role.NURSE, Role.CHARGE_NURSE}
REPORTING = {
    *(Role.MANAGER, Role.CHARGE_NURSE, Role.PHARMACIST, Role.BIOMEDICAL_ENGINEER),
    Role.PRIVACY_OFFICER,
}
FLOW = CLINICAL | {Role.RECEPTIONIST, Role.MANAGER}

# permission -> the roles that hold it
ROLE_TABLE: dict[str, set[Role]] = {
    "home.view": EVERYBODY,
    "api.view": EVERYBODY,
    "session.begin": EVERYBODY,
    "session.end": EVERYBODY,
    "self.view": EVERYBODY,
    "self.change_password": EVERYBODY,
    "self.set_pin": EVERYBODY,
    "assets.view": EVERYBODY,
    "map.view": EVERYBODY,
    "stays.view": EVERYBODY,
    "places.view": EVERYBODY,
    "asset.set_state": FLOOR_STAFF,
    "asset.reserve": FLOOR_STAFF,
    "asset.release": FLOOR_STAFF,
    "sighting.found": FLOOR_STAFF,
    "sighting.not_there": FLOOR_STAFF,
    "scan.record": FLOOR_STAFF,
    "scanner.test": EVERYBODY,
    "find_rate.view": {Role.CHARGE_NURSE, Role.MANAGER, Role.BIOMEDICAL_ENGINEER},
    "staff_counts.view": EVERYBODY - {Role.PORTER},
    "staff_position.ask": {Role.CHARGE_NURSE, Role.PRIVACY_OFFICER},
    "duress.raise": EVERYBODY,
    "duress.view": EVERYBODY,
    "duress.end": {Role.CHARGE_NURSE, Role.MANAGER, Role.ADMINISTRATOR},
    "patients.view": CLINICAL | PHARMACY | {Role.PRIVACY_OFFICER, Role.RECEPTIONIST},
    "patients.search": CLINICAL | {Role.RECEPTIONIST, Role.PHARMACIST},
    "patient.register": CLINICAL | {Role.RECEPTIONIST},
    "patient.change": CLINICAL | {Role.RECEPTIONIST},
    "patient.merge": {Role.RECEPTIONIST, Role.CHARGE_NURSE},
    "patient.unmerge": {Role.RECEPTIONIST, Role.CHARGE_NURSE},
    "document.add": CLINICAL | {Role.RECEPTIONIST, Role.PHARMACIST},
    "document.withdraw": CLINICAL | {Role.RECEPTIONIST},
    "documents.view": CLINICAL | {Role.PHARMACIST},
    "contact.change": CLINICAL | {Role.RECEPTIONIST},
    "care_team.change": CLINICAL,
    "glass.break": CLINICAL | {Role.PHARMACIST},
    "glass.end": CLINICAL | {Role.PHARMACIST},
    "glass.review": {Role.PRIVACY_OFFICER},
    "shift.begin": EVERYBODY,
    "shift.end": EVERYBODY,
    "shift.plan": {Role.CHARGE_NURSE, Role.MANAGER},
    "department.change": TECHNICAL | {Role.MANAGER},
    "rooms.view": EVERYBODY,
    "bed_space.change": TECHNICAL | {Role.CHARGE_NURSE},
    "bed_space.open": BEDSIDE,
    "bed_space.close": BEDSIDE,
    "bed_space.reserve": BEDSIDE,
    "bed_space.release": BEDSIDE,
    "bed_space.occupy": CLINICAL,
    "bed_space.left": CLINICAL | {Role.CLEANER, Role.PORTER},
    "bed_space.ready": BEDSIDE | {Role.CLEANER},
    "bed_space.block": BEDSIDE,
    "bed_space.unblock": BEDSIDE,
    "bed_space.away": CLINICAL | {Role.PORTER},
    "bed_space.back": CLINICAL | {Role.PORTER},
    "bed_space.undo": BEDSIDE | {Role.CLEANER},
    "bed_space.sign": CLINICAL,
    "cleaning.view": {Role.CLEANER, Role.CHARGE_NURSE},
    "cleaning.request": BEDSIDE,
    "cleaning.claim": BEDSIDE | {Role.CLEANER},
    "cleaning.start": BEDSIDE | {Role.CLEANER},
    "cleaning.done": BEDSIDE | {Role.CLEANER},
    "flow.view": FLOW,
    "encounter.begin": CLINICAL | {Role.RECEPTIONIST},
    "encounter.change": CLINICAL | {Role.RECEPTIONIST},
    "encounter.milestone": CLINICAL | {Role.RECEPTIONIST},
    "encounter.correct": CLINICAL,
    "encounter.end": CLINICAL | {Role.RECEPTIONIST},
    "encounter.cancel": CLINICAL | {Role.RECEPTIONIST},
    "suggestion.answer": BEDSIDE,
    "downtime.write": {Role.CHARGE_NURSE} | TECHNICAL,
    "alerts.view": EVERYBODY,
    "alert.acknowledge": EVERYBODY,
    "alert.assign": EVERYBODY,
    "alert.snooze": EVERYBODY,
    "alert.resolve": EVERYBODY,
    "alert.suppress": {Role.CHARGE_NURSE, Role.MANAGER} | TECHNICAL,
    "alert_rules.view": {Role.CHARGE_NURSE, Role.MANAGER} | TECHNICAL,
    "alert_rule.change": {Role.MANAGER} | TECHNICAL,
    "channel.change": EVERYBODY,
    "appointments.view": CLINICAL | {Role.RECEPTIONIST, Role.MANAGER},
    "appointment.book": CLINICAL | {Role.RECEPTIONIST},
    "appointment.change": CLINICAL | {Role.RECEPTIONIST},
    "appointment.check_in": CLINICAL | {Role.RECEPTIONIST},
    "schedule.change": {Role.RECEPTIONIST, Role.CHARGE_NURSE, Role.MANAGER},
    "waiting_list.change": CLINICAL | {Role.RECEPTIONIST},
    "inbox.view": {Role.ADMINISTRATOR, Role.MANAGER, Role.RECEPTIONIST},
    "inbox.replay": {Role.ADMINISTRATOR, Role.RECEPTIONIST},
    "inbox.settle": {Role.ADMINISTRATOR, Role.RECEPTIONIST},
    "interface.change": {Role.ADMINISTRATOR},
    "mapping.change": {Role.ADMINISTRATOR, Role.RECEPTIONIST},
    "reports.view": REPORTING,
    "reports.flow": {Role.MANAGER, Role.CHARGE_NURSE},
    "reports.stock": {Role.MANAGER, Role.PHARMACIST},
    "reports.controlled": {Role.MANAGER, Role.PHARMACIST},
    "reports.assets": {Role.MANAGER, Role.BIOMEDICAL_ENGINEER},
    "reports.access": {Role.PRIVACY_OFFICER},
    "report.ask": REPORTING,
    "report.gather": REPORTING,
    "report.settle": REPORTING,
    "report.cancel": REPORTING,
    "report.export": REPORTING,
    "report.sign": REPORTING,
    "report.check": EVERYBODY,
    "report_rules.view": REPORTING,
    "report_rule.change": {Role.MANAGER, Role.PRIVACY_OFFICER},
    "report_schedule.change": {Role.MANAGER, Role.PRIVACY_OFFICER},
    "breaches.view": REPORTING,
    "breach.own": REPORTING,
    "breach.act": REPORTING,
    "breach.close": REPORTING,
    "tag.assign": TECHNICAL | {Role.CHARGE_NURSE},
    "tag.release": TECHNICAL | {Role.CHARGE_NURSE},
    "tags.view": TECHNICAL | {Role.CHARGE_NURSE},
    "tag.add": TECHNICAL,
    "tag.adopt": TECHNICAL,
    "tag.change": TECHNICAL,
    "gateway.add": TECHNICAL,
    "gateway.adopt": TECHNICAL,
    "gateway.bind": {Role.ADMINISTRATOR},
    "gateway.place": TECHNICAL,
    "gateway.rename": TECHNICAL,
    "transmitters.view": TECHNICAL,
    "coverage.view": TECHNICAL,
    "survey.stand": TECHNICAL,
    "fingerprint.withdraw": TECHNICAL,
    "radio_map.propose": TECHNICAL,
    "radio_map.use": TECHNICAL,
    "places.change": TECHNICAL,
    "building.add": TECHNICAL,
    "building.rename": TECHNICAL,
    "floor.add": TECHNICAL,
    "floor.change": TECHNICAL,
    "floor.set_plan": TECHNICAL,
    "zone.add": TECHNICAL,
    "zone.change": TECHNICAL,
    "zone.draw": TECHNICAL,
    "door.add": TECHNICAL,
    "door.remove": TECHNICAL,
    "settings.view": TECHNICAL
    | {Role.PRIVACY_OFFICER, Role.CHARGE_NURSE, Role.PHARMACIST, Role.MANAGER},
    "phone.enrol": TECHNICAL | {Role.CHARGE_NURSE, Role.PHARMACIST, Role.MANAGER},
    "devices.view": {Role.BIOMEDICAL_ENGINEER, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR},
    "device.add": {Role.ADMINISTRATOR},
    "device.rotate": {Role.ADMINISTRATOR},
    "device.revoke": {Role.PRIVACY_OFFICER, Role.ADMINISTRATOR},
    "actors.view": {Role.PRIVACY_OFFICER, Role.ADMINISTRATOR},
    "actor.add": {Role.ADMINISTRATOR},
    "actor.change": {Role.ADMINISTRATOR},
    "actor.deactivate": {Role.PRIVACY_OFFICER, Role.ADMINISTRATOR},
    "actor.reactivate": {Role.ADMINISTRATOR},
    "actor.reset_password": {Role.ADMINISTRATOR},
    "token.issue": {Role.ADMINISTRATOR},
    "token.revoke": {Role.PRIVACY_OFFICER, Role.ADMINISTRATOR},
    "audit.view": {Role.PRIVACY_OFFICER, Role.MANAGER},
    "readings.post": {Role.ADMINISTRATOR},
    "stock.view": PHARMACY | CLINICAL | {Role.MANAGER, Role.PORTER},
    "product.change": {Role.PHARMACIST},
    "stock.receive": PHARMACY,
    "stock.transfer": PHARMACY | {Role.CHARGE_NURSE},
    "stock.count": PHARMACY | {Role.NURSE, Role.CHARGE_NURSE},
    "stock.waste": PHARMACY | {Role.NURSE, Role.CHARGE_NURSE},
    "stock.return": PHARMACY | {Role.NURSE, Role.CHARGE_NURSE},
    "stock.quarantine": PHARMACY | {Role.CHARGE_NURSE},
    "stock.release": {Role.PHARMACIST},
    "stock.found": PHARMACY | {Role.NURSE, Role.CHARGE_NURSE},
    "stock.reverse": {Role.PHARMACIST},
    "count.review": {Role.PHARMACIST},
    "lot.quarantine": PHARMACY | {Role.CHARGE_NURSE},
    "lot.release": {Role.PHARMACIST},
    "lot.change": {Role.PHARMACIST},
    "par.change": {Role.PHARMACIST, Role.CHARGE_NURSE},
    "top_up.run": PHARMACY,
    "top_up.begin": PHARMACY,
    "top_up.count": PHARMACY,
    "top_up.pick": PHARMACY,
    "top_up.leave": PHARMACY,
    "top_up.deliver": PHARMACY,
    "top_up.cancel": PHARMACY,
    "purchase.suggest": PHARMACY,
    "purchase.change": PHARMACY,
    "purchase.order": PHARMACY,
    "purchase.receive": PHARMACY,
    "purchase.cancel": PHARMACY,
    "recall.open": {Role.PHARMACIST},
    "recall.withdraw": {Role.PHARMACIST},
    "recall.collect": PHARMACY | {Role.PORTER, Role.NURSE, Role.CHARGE_NURSE},
    "recall.close": {Role.PHARMACIST},
    "recalls.view": PHARMACY | {Role.MANAGER, Role.PORTER, Role.NURSE, Role.CHARGE_NURSE},
    "care.begin": CLINICAL | {Role.PHARMACIST},
    "confirmation.ask": PHARMACY | CLINICAL,
    "confirmation.give": PHARMACY | CLINICAL,
    "pharmacy.view": PHARMACY,
    "orders.view": PHARMACY | CLINICAL,
    "order.enter": {Role.PHYSICIAN, Role.PHARMACIST},
    "order.change": {Role.PHYSICIAN, Role.PHARMACIST},
    "allergy.change": CLINICAL | {Role.PHARMACIST},
    "weight.record": CLINICAL | {Role.PHARMACIST},
    "dispensing.claim": PHARMACY,
    "dispensing.pick": PHARMACY,
    "dispensing.verify": {Role.PHARMACIST},
    "dispensing.hold": {Role.PHARMACIST},
    "dispensing.answer": {Role.PHYSICIAN, Role.PHARMACIST},
    "dispensing.hand_over": PHARMACY | {Role.NURSE, Role.CHARGE_NURSE},
    "dispensing.return": PHARMACY,
    "dispensing.print": PHARMACY,
    "pharmacy.dispense": PHARMACY,
    "pharmacy.emergency": PHARMACY | {Role.CHARGE_NURSE},
    "formulary.change": {Role.PHARMACIST},
    "knowledge.change": {Role.PHARMACIST},
    "rule.note": PHARMACY | {Role.PHYSICIAN, Role.CHARGE_NURSE},
    "rule_scores.view": {Role.PHARMACIST, Role.MANAGER},
}

# what a device may do follows from the scopes of its key
SCOPE_TABLE: dict[str, set[str]] = {
    "readings": {"readings.post"},
    "scans": {"scan.record"},
    "observations": {"observation.record"},
    "hl7": {"hl7.receive"},
    "events": {"assets.view", "map.view", "events.follow"},
    "wait_sign": {"wait_sign.show"},
}

# the clock wakes due rows; nobody can sign in as it
CLOCK_PERMISSIONS = {
    *("timer.run", "positions.follow", "session.refuse", "stays.partition", "house.tidy"),
    *("radio_map.propose", "radio_map.settle", "coverage.note", "lots.expire"),
    *("alerts.mend", "delivery.claim", "delivery.settle"),
    *("gateways.watch", "levels.watch"),
    *("stuck.watch", "crowding.note", "downtime.write"),
    *("audit.seal", "breach.note"),
    *("report.ask", "report.gather", "report.settle", "report.schedule"),
    *("reports.flow", "reports.stock", "reports.controlled", "reports.assets", "reports.access"),
}


def permissions_of_roles(roles: list[str]) -> frozenset[str]:
    """All permissions that these roles hold together."""
    return frozenset(name for name, holders in ROLE_TABLE.items() if holders & set(roles))


def permissions_of_scopes(scopes: list[str]) -> frozenset[str]:
    """All permissions that these device scopes open."""
    return frozenset().union(*(SCOPE_TABLE.get(scope, set()) for scope in scopes))
