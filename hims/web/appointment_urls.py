"""Addresses below /appointments/."""

from django.urls import path

from . import appointment_booking, appointments, schedules, waiting_list

urlpatterns = [
    path("", appointments.day, name="appointments"),
    path("check-in/", appointments.check_in_by_code, name="check-in-by-code"),
    path("book/", appointment_booking.book, name="book-appointment"),
    path("waiting/", waiting_list.waiting_page, name="appointment-waiting"),
    path("waiting/add/", waiting_list.add, name="add-waiting"),
    path("waiting/<uuid:uid>/offer/", waiting_list.offer, name="offer-waiting"),
    path("waiting/<uuid:uid>/accept/", waiting_list.accept, name="accept-waiting"),
    path("waiting/<uuid:uid>/decline/", waiting_list.decline, name="decline-waiting"),
    path("waiting/<uuid:uid>/withdraw/", waiting_list.withdraw, name="withdraw-waiting"),
    path("occupancy/", schedules.occupancy_page, name="appointment-occupancy"),
    path("schedules/", schedules.schedules_page, name="appointment-schedules"),
    path("schedules/add/", schedules.add_hours, name="add-hours"),
    path("schedules/<uuid:uid>/end/", schedules.end_hours, name="end-hours"),
    path("services/add/", schedules.add_service, name="add-service"),
    path("services/<uuid:uid>/", schedules.change_service, name="service"),
    path("closures/add/", schedules.close, name="close-time"),
    path("closures/<uuid:uid>/open/", schedules.open_again, name="open-time"),
    path("<uuid:uid>/", appointments.one, name="appointment"),
    path("<uuid:uid>/check-in/", appointments.check_in, name="check-in"),
    path("<uuid:uid>/begin/", appointments.begin, name="begin-appointment"),
    path("<uuid:uid>/end/", appointments.end, name="end-appointment"),
    path("<uuid:uid>/no-show/", appointments.no_show, name="no-show"),
    path("<uuid:uid>/cancel/", appointments.cancel, name="cancel-appointment"),
    path("<uuid:uid>/reschedule/", appointments.reschedule, name="reschedule-appointment"),
]
