"""Addresses of rooms, beds, cleaning and departments."""

from django.urls import path

from . import beds, cleaning, departments, rooms
from . import rooms_presses as presses

urlpatterns = [
    path("flow/rooms/", rooms.room_board, name="rooms"),
    path("flow/beds/", beds.bed_board, name="beds"),
    path("flow/beds/give/", presses.give, name="give-bed"),
    path("flow/cleaning/", cleaning.cleaning_list, name="cleaning"),
    path("flow/cleaning/scan/", cleaning.scanned, name="scan-cleaning"),
    *(
        path(f"flow/bed-spaces/<uuid:uid>/{word}/", view, name=name)
        for word, view, name in (
            ("reserve", presses.reserve, "reserve-space"),
            ("occupy", presses.occupy, "occupy-space"),
            ("release", presses.release, "release-space"),
            ("left", presses.left, "left-space"),
            ("away", presses.away, "away-space"),
            ("back", presses.back, "back-space"),
            ("ready", presses.ready, "ready-space"),
            ("block", presses.block, "block-space"),
            ("unblock", presses.unblock, "unblock-space"),
            ("undo", presses.undo, "undo-space"),
            ("open", presses.open_space, "open-space"),
            ("close", presses.close_space, "close-space"),
            ("extra", presses.extra, "extra-space"),
            ("not-clean", presses.request_cleaning, "request-cleaning"),
            ("claim", presses.claim, "claim-cleaning"),
            ("give-up", presses.give_up, "give-up-cleaning"),
            ("start", presses.start, "start-cleaning"),
            ("done", presses.done, "done-cleaning"),
        )
    ),
    path("settings/departments/", departments.departments, name="departments"),
    path("settings/departments/add/", departments.add_department, name="add-department"),
    path("settings/departments/<uuid:uid>/", departments.one_department, name="department"),
    path(
        "settings/departments/<uuid:uid>/spaces/",
        departments.department_spaces,
        name="department-spaces",
    ),
    path("settings/departments/<uuid:uid>/spaces/add/", departments.add_space, name="add-space"),
    path("settings/bed-spaces/<uuid:uid>/", departments.one_space, name="bed-space"),
]
