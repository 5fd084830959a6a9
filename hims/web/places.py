"""The ground floor's entries in the navigation."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hims.live import register_kind
from hims.queries.confirmations import to_answer

from .alerts import may_hear
from .page import Place, register_caller, register_place
from .panels import Panel, register_panel
from .sections import Section, register_section

register_place(Place(10, "home", _("Home"), "home", "home.view"))
register_place(Place(15, "board", _("Board"), "list", "flow.view"))
register_place(Place(18, "cleaning", _("Cleaning"), "clean", "cleaning.view"))
register_place(Place(17, "beds", _("Beds"), "bed", "bed_space.reserve"))
register_place(Place(16, "rooms", _("Rooms"), "door", "rooms.view"))
register_place(Place(19, "appointments", _("Bookings"), "clock", "appointments.view"))
register_place(Place(60, "inbox", _("Messages"), "list", "inbox.settle"))
register_place(Place(20, "patients", _("Patients"), "people", "patients.view"))
register_place(Place(21, "shifts", _("Shifts"), "clock", "shift.begin"))
register_place(Place(50, "alerts", _("Alerts"), "bell", "alerts.view"))
register_place(Place(52, "confirmations", _("Confirm"), "check", "confirmation.give"))
register_place(Place(70, "reports", _("Reports"), "chart", "reports.view"))
register_place(Place(80, "audit", _("Trail"), "trail", "audit.view"))
register_place(Place(90, "settings", _("Settings"), "settings", "settings.view"))

register_section(
    Section(
        10,
        "people",
        _("People"),
        _("Who signs in, with which roles, badge and password."),
        "actors.view",
    )
)
register_section(
    Section(
        20,
        "devices",
        _("Devices and phones"),
        _("Gateways, scanners, interfaces and shared phones, and their keys."),
        "devices.view",
    )
)
register_section(
    Section(30, "tokens", _("Tokens"), _("Keys of people for the API."), "devices.view")
)
register_section(
    Section(
        40,
        "places",
        _("Places"),
        _("Buildings, floors and rooms; draw them when you like."),
        "places.change",
    )
)
register_section(
    Section(
        35,
        "alert-rules",
        _("Alerts"),
        _("Who is told of what, how soon, and how often people may be interrupted."),
        "alert_rules.view",
    )
)
register_section(
    Section(
        36,
        "report-rules",
        _("Targets of reports"),
        _("What the hospital holds itself to, the rules it follows, and which report comes when."),
        "report_rules.view",
    )
)
register_section(
    Section(
        22,
        "inbox",
        _("Messages of other systems"),
        _("What could not be applied, words without a meaning, and who may send."),
        "inbox.view",
    )
)
register_section(
    Section(
        42,
        "departments",
        _("Departments and beds"),
        _("What takes patients, its bed spaces, and what each can do."),
        "bed_space.change",
    )
)
register_section(
    Section(
        50,
        "glass-review",
        _("Opened in need"),
        _("Records that were opened without a care relationship, and what you found."),
        "glass.review",
    )
)
register_section(
    Section(
        90,
        "enrol-phone",
        _("Enrol this phone"),
        _("Make the phone in your hand one that badge and PIN open."),
        "phone.enrol",
    )
)

register_kind(
    "appointment", lambda viewer, event: event if viewer.may("appointments.view") else None
)
register_kind(
    "confirmation", lambda viewer, event: event if viewer.may("confirmation.ask") else None
)
register_kind("alert", may_hear)
register_kind("encounter", lambda viewer, event: event if viewer.may("flow.view") else None)
register_kind("room", lambda viewer, event: event if viewer.may("rooms.view") else None)
register_caller(lambda viewer: to_answer(viewer, timezone.now()).count(), "confirmations")
register_panel(Panel(5, "patient-kept", "patients.view"))
