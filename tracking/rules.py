"""Who may read what of the second floor, and its entries in the navigation."""

from django.utils.translation import gettext_lazy as _

from hims.access.scopes import holding, register
from hims.live import register_kind
from hims.queries.board import register_whereabouts
from hims.web.page import Place, register_caller, register_place
from hims.web.sections import Section, register_layer, register_section

from . import alert_rules, models, subjects  # noqa: F401  (they register themselves)
from .queries.duress import open_count
from .queries.whereabouts import patients_at


def _equipment_only(viewer, queryset):
    """Places of equipment. A patient's needs a care relationship, and there is none yet; a staff
    member's is given by name only through a question with a reason (actions/staff_places.py)."""
    if not viewer.may("assets.view"):
        return queryset.none()
    return queryset.filter(asset_id__isnull=False)


def _scans_of_things(viewer, queryset):
    """A scan of a wristband or a badge in a room is somebody's place too."""
    if not viewer.may("transmitters.view"):
        return queryset.none()
    return queryset.exclude(kind__in=[models.Scan.Kind.PATIENT, models.Scan.Kind.STAFF])


register(models.Position, _equipment_only)
register(models.OpenStay, _equipment_only)
register(models.Stay, _equipment_only)
register(models.Sighting, _equipment_only)
register(models.TagAssignment, _equipment_only)
register(models.Coverage, holding("coverage.view"))
register(models.Duress, holding("duress.view"))
register(models.EngineStatus, holding("transmitters.view"))
register(models.Fingerprint, holding("coverage.view"))
register(models.Gateway, holding("transmitters.view"))
register(models.GatewayHealth, holding("transmitters.view"))
register(models.RadioMap, holding("coverage.view"))
register(models.Scan, _scans_of_things)
register(models.Tag, holding("tags.view"))
register(models.TagHealth, holding("tags.view"))
register(models.UnknownTransmitter, holding("transmitters.view"))

register_place(Place(40, "locate", _("Locate"), "locate", "assets.view"))
register_place(Place(43, "scan", _("Scan"), "scan", "scan.record"))
register_place(Place(41, "map", _("Map"), "map", "map.view"))
register_place(Place(51, "help", _("Help"), "bell", "duress.view"))
register_place(Place(44, "staff-places", _("Staff"), "people", "staff_position.ask"))
register_caller(open_count, "help")
register_whereabouts(patients_at)


def _told_to(permission: str):
    """Whole events for those who hold `permission`: their rows name no person."""

    def may_see(viewer, event):
        return event if viewer.may(permission) else None

    return may_see


def _equipment_told(viewer, event):
    if not viewer.may("assets.view"):
        return None
    return event.only(lambda row: row.get("bearer") == "asset")


register_kind("position", _equipment_told)
register_kind("staff_count", _told_to("staff_counts.view"))
register_kind("duress", _told_to("duress.view"))
register_kind("engine", _told_to("map.view"))

register_section(Section(50, "tags", _("Tags"), _("Which tag is fastened to what."), "tags.view"))
register_section(
    Section(
        60, "gateways", _("Gateways"), _("Where they hang and how they are."), "transmitters.view"
    )
)
register_section(
    Section(
        70,
        "unknown-transmitters",
        _("Unknown devices"),
        _("Heard on the radio, not registered: adopt them or leave them."),
        "transmitters.view",
    )
)
register_section(
    Section(
        80,
        "coverage",
        _("Coverage"),
        _("How well each room is heard, and what was learnt from scans."),
        "coverage.view",
    )
)
register_section(
    Section(
        85,
        "survey",
        _("Survey walk"),
        _("Teach the rooms with a phone: scan the room, wait, next."),
        "survey.stand",
    )
)
register_layer("gateways-drawn", "transmitters.view")
