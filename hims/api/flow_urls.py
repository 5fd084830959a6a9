"""Addresses below /api/flow/."""

from django.urls import path

from . import appointments
from .board import FlowBoard
from .encounters import Encounters, Milestones, OneEncounter, OneMilestone
from .rooms import DOORS, Rooms

urlpatterns = [
    path("board/", FlowBoard.as_view(), name="api-board"),
    path("appointments/", appointments.Appointments.as_view(), name="api-appointments"),
    path("appointments/slots/", appointments.Slots.as_view(), name="api-slots"),
    path("appointments/series/", appointments.SeriesDoor.as_view(), name="api-series"),
    path(
        "appointments/<uuid:uid>/",
        appointments.OneAppointment.as_view(),
        name="api-appointment",
    ),
    path("appointments/<uuid:uid>/check-in/", appointments.CheckIn.as_view(), name="api-check-in"),
    path("appointments/<uuid:uid>/begin/", appointments.Begin.as_view(), name="api-begin"),
    path("appointments/<uuid:uid>/end/", appointments.End.as_view(), name="api-end"),
    path("appointments/<uuid:uid>/no-show/", appointments.NoShow.as_view(), name="api-no-show"),
    path("appointments/<uuid:uid>/cancel/", appointments.Cancel.as_view(), name="api-cancel"),
    path(
        "appointments/<uuid:uid>/reschedule/",
        appointments.Reschedule.as_view(),
        name="api-reschedule",
    ),
    path("rooms/", Rooms.as_view(), name="api-rooms"),
    *(
        path(f"bed-spaces/<uuid:uid>/{word}/", door.as_view(), name=f"api-space-{word}")
        for word, door in DOORS.items()
    ),
    path("encounters/", Encounters.as_view(), name="api-encounters"),
    path("encounters/<uuid:uid>/", OneEncounter.as_view(), name="api-encounter"),
    path("encounters/<uuid:uid>/milestones/", Milestones.as_view(), name="api-milestones"),
    path(
        "encounters/<uuid:uid>/milestones/<int:number>/",
        OneMilestone.as_view(),
        name="api-milestone",
    ),
]
